import Core
import LocalPostgres
import TestSupport
import Testing
import Warehouse

/// Tables of a PostgreSQL server in the warehouse's statements.
@Suite struct FederationTests {
  private static let customers = """
    CREATE TABLE customers (
      customer_id integer PRIMARY KEY, name text, last_login date, recent_orders integer);
    INSERT INTO customers SELECT g, 'c' || g, date '2026-11-01' + g % 20, g * 2
      FROM generate_series(1, 500) g;
    """

  @Test func `a federated table joins with the warehouse's own in one statement`() async throws {
    let fixture = try await FederatedFixture(tables: Self.customers)
    try await fixture.run(
      """
      CREATE TABLE current_sales (customer_id integer, monthly_total decimal(12, 2));
      INSERT INTO current_sales VALUES (1, 10.50), (2, 20), (1000, 5)
      """)
    let rows = try await fixture.run(
      """
      SELECT live.customer_id, live.recent_orders, current.monthly_total
      FROM live.customers live
      JOIN current_sales current ON live.customer_id = current.customer_id
      WHERE live.last_login >= DATE '2026-11-02' ORDER BY 1
      """)
    #expect(rows == [["1", "2", "10.50"], ["2", "4", "20.00"]])
    await fixture.close()
  }

  @Test func `what the server was sent is told, with its rows`() async throws {
    let fixture = try await FederatedFixture(tables: Self.customers)
    try await fixture.run("SELECT name FROM live.customers WHERE customer_id BETWEEN 3 AND 5")
    try await fixture.run("SELECT * FROM live.customers LIMIT 7")
    let detail = try await fixture.run(
      """
      SELECT source_type, table_name, external_query_text, returned_rows,
             returned_bytes > 0, duration > 0, query_id = (
               SELECT query_id FROM sys_query_history WHERE query_text LIKE 'SELECT name%')
        FROM sys_external_query_detail ORDER BY query_id
      """)
    #expect(
      detail.first == [
        "PG", "live.customers",
        "SELECT \"customer_id\", \"name\" FROM \"public\".\"customers\" "
          + "WHERE (\"customer_id\" >= '3' AND \"customer_id\" <= '5')", "3", "t", "t", "t",
      ])
    #expect(detail.last?[2].hasSuffix("LIMIT 7") == true)
    #expect(detail.last?[3] == "7")
    let federated = try await fixture.run(
      "SELECT trim(sourcetype), querytext, num_rows FROM svl_federated_query ORDER BY query")
    #expect(federated.count == 2)
    #expect(federated.first?[2] == "3")
    await fixture.close()
  }

  @Test func `two scans of a statement see one moment, also while others write`() async throws {
    let fixture = try await FederatedFixture(
      tables: "CREATE TABLE counters (a bigint, b bigint); INSERT INTO counters VALUES (0, 0)")
    let writer = Task {
      for _ in 0..<40 {
        _ = try? await fixture.remote("UPDATE counters SET a = a + 1; SELECT pg_sleep(0.002)")
      }
    }
    var moments: Set<String> = []
    for _ in 0..<40 {
      let rows = try await fixture.run(
        "SELECT x.a, y.a FROM live.counters x CROSS JOIN live.counters y")
      #expect(rows.count == 1 && rows[0][0] == rows[0][1])
      moments.insert(rows[0][0])
    }
    await writer.value
    #expect(moments.count > 1)
    await fixture.close()
  }

  @Test func `a transaction keeps its moment, and leaves nothing open behind it`() async throws {
    let fixture = try await FederatedFixture(tables: Self.customers)
    try await fixture.run("BEGIN")
    #expect(try await fixture.run("SELECT count(*) FROM live.customers") == [["500"]])
    try await fixture.remote("DELETE FROM customers WHERE customer_id <= 100")
    #expect(try await fixture.run("SELECT count(*) FROM live.customers") == [["500"]])
    #expect(try await fixture.connections() == "idle in transaction")
    try await fixture.run("COMMIT")
    #expect(try await fixture.connections() == "")
    #expect(try await fixture.run("SELECT count(*) FROM live.customers") == [["400"]])
    #expect(try await fixture.connections() == "")
    await fixture.close()
  }

  @Test func `rows go into tables of the warehouse`() async throws {
    let fixture = try await FederatedFixture(tables: Self.customers)
    try await fixture.run(
      """
      CREATE TABLE copied AS SELECT * FROM live.customers WHERE customer_id <= 10;
      INSERT INTO copied SELECT * FROM live.customers WHERE customer_id > 490;
      DELETE FROM copied USING live.customers l WHERE copied.customer_id = l.customer_id
        AND l.name = 'c495';
      """)
    #expect(try await fixture.run("SELECT count(*), max(name) FROM copied") == [["19", "c9"]])
    let tags = try await fixture.session.tags("INSERT INTO copied SELECT * FROM live.customers")
    #expect(tags == ["INSERT 0 500"])
    await fixture.close()
  }

  @Test func `an ordinary view over a federated table works, also after a restart`() async throws {
    let fixture = try await FederatedFixture(tables: Self.customers)
    try await fixture.run(
      """
      CREATE VIEW early AS SELECT customer_id, name FROM live.customers WHERE customer_id < 4
        WITH NO SCHEMA BINDING;
      CREATE VIEW earliest AS SELECT * FROM public.early WHERE customer_id < 3
        WITH NO SCHEMA BINDING;
      """)
    #expect(
      try await fixture.run("SELECT * FROM earliest ORDER BY 1") == [["1", "c1"], ["2", "c2"]])
    let bound = await fixture.failure("CREATE VIEW bound AS SELECT name FROM live.customers")
    #expect(bound?.sqlState == "0A000")
    #expect(bound?.message.hasSuffix("must be created WITH NO SCHEMA BINDING") == true)
    let (directory, configuration) = (
      fixture.warehouse.directory, fixture.warehouse.warehouse.federationConfiguration
    )
    await fixture.close()
    let again = try WarehouseFixture(directory: directory, federation: configuration)
    #expect(try await again.run("SELECT count(*) FROM earliest") == [["2"]])
    let text = try await again.run("SELECT external_query_text FROM sys_external_query_detail")
    #expect(text.first?.first?.contains("\"customer_id\" < '3'") == true)
    await again.close()
  }

  @Test func `nothing can be written or made there`() async throws {
    let fixture = try await FederatedFixture(tables: Self.customers)
    for sql in [
      "INSERT INTO live.customers VALUES (1)", "UPDATE live.customers SET name = ''",
      "DELETE FROM live.customers", "TRUNCATE live.customers", "DROP TABLE live.customers",
      "CREATE TABLE live.t (a int)", "CREATE TABLE live.t AS SELECT 1",
      "ALTER TABLE live.customers ADD COLUMN x int", "SELECT 1 INTO live.t",
      "CREATE VIEW live.v AS SELECT 1",
      "MERGE INTO live.customers USING live.customers s ON customers.customer_id = s.customer_id "
        + "WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT VALUES (1)",
    ] {
      let failure = await fixture.failure(sql)
      #expect(failure?.sqlState == "0A000", "\(sql): \(failure?.message ?? "did not fail")")
      #expect(failure?.message == "Operation not supported on external tables")
    }
    let view = await fixture.failure(
      "CREATE MATERIALIZED VIEW m AS SELECT name FROM live.customers")
    #expect(view?.message == "a materialized view cannot read the external table \"customers\"")
    #expect(try await fixture.remote("SELECT count(*) FROM customers") == "500")
    await fixture.close()
  }

  @Test func `tables that come and change are seen at once`() async throws {
    let fixture = try await FederatedFixture(tables: Self.customers)
    #expect(await fixture.failure("SELECT * FROM live.late")?.sqlState == "42P01")
    try await fixture.remote("CREATE TABLE late (a int); INSERT INTO late VALUES (1)")
    #expect(try await fixture.run("SELECT * FROM live.late") == [["1"]])
    try await fixture.remote("ALTER TABLE late ADD COLUMN b text DEFAULT 'x'")
    #expect(try await fixture.run("SELECT b FROM live.late") == [["x"]])
    #expect(try await fixture.run("SELECT * FROM live.late") == [["1", "x"]])
    try await fixture.remote("DROP TABLE late")
    let gone = await fixture.failure("SELECT * FROM live.late")
    #expect(gone?.sqlState == "42P01")
    #expect(gone?.message == "relation \"live.late\" does not exist")
    #expect(gone?.position == 15)
    #expect(await fixture.failure("SELECT nope FROM live.customers")?.sqlState == "42703")
    await fixture.close()
  }

  @Test func `schemas are made, listed and dropped as in Redshift`() async throws {
    let fixture = try await FederatedFixture(tables: Self.customers)
    // Else PostgreSQL itself does not know how many rows there are.
    try await fixture.remote("ANALYZE")
    #expect(await fixture.failure(fixture.create("live"))?.sqlState == "42P06")
    let notices = try await fixture.session.notices(
      fixture.create("live").replacing("SCHEMA live", with: "SCHEMA IF NOT EXISTS live"))
    #expect(notices == ["NOTICE: schema \"live\" already exists, skipping"])
    let rows = try await fixture.run(
      "SELECT eskind, schemaname, databasename, esoptions FROM svv_external_schemas")
    #expect(rows.first?.prefix(3) == ["3", "live", fixture.database])
    #expect(rows.first?.last?.contains(fixture.server.password) == false)
    let tables = try await fixture.run(
      "SELECT schemaname, tablename, tabletype FROM svv_external_tables")
    #expect(tables == [["live", "customers", "TABLE"]])
    let columns = try await fixture.run(
      "SELECT columnname, external_type, is_nullable FROM svv_external_columns ORDER BY columnnum")
    #expect(columns.first == ["customer_id", "integer", "false"])
    #expect(columns.count == 4)
    let tier = try await fixture.run(
      """
      SELECT relation, row_count, byte_count > 0, monthly_cost_usd > 0, cost_in_tier_above_usd
        FROM sys_weir_tiers WHERE tier = 'live'
      """)
    #expect(tier.map { Array($0.prefix(4)) } == [["live", "500", "t", "t"]])
    // What the server has is not among the warehouse's own.
    #expect(try await fixture.run("SELECT count(*) FROM svv_redshift_tables") == [["0"]])
    try await fixture.run("SELECT count(*) FROM live.customers; DROP SCHEMA live")
    #expect(await fixture.failure("SELECT * FROM live.customers")?.sqlState == "3F000")
    #expect(try await fixture.connections() == "")
    try await fixture.run(fixture.create("live"))
    #expect(try await fixture.run("SELECT count(*) FROM live.customers") == [["500"]])
    await fixture.close()
  }

  @Test func `what DuckDB calls a server cannot be named`() async throws {
    let fixture = try await FederatedFixture(tables: Self.customers)
    try await fixture.run("SELECT count(*) FROM live.customers")
    for name in ["weir_fed_live.customers", "weir_fed_live.public.customers"] {
      #expect(await fixture.failure("SELECT * FROM \(name)") != nil)
    }
    await fixture.close()
  }

  @Test func `clauses are checked`() async throws {
    let fixture = try await FederatedFixture(tables: Self.customers)
    for (change, with, state) in [
      ("DATABASE '\(fixture.database)'", "", "42601"),
      ("URI '\(FederatedFixture.uri)'", "", "42601"),
      ("SECRET_ARN '\(FederatedFixture.secret)'", "", "42601"),
      ("IAM_ROLE", "REGION 'x' IAM_ROLE", "42601"), ("IAM_ROLE", "PORT 99999 IAM_ROLE", "22023"),
      ("URI '", "URI 'postgres://", "22023"),
    ] {
      let sql = fixture.create("other").replacing(change, with: with)
      #expect(await fixture.failure(sql)?.sqlState == state, "\(change)")
    }
    let notices = try await fixture.session.notices(
      fixture.create("unknown", secret: "arn:none"))
    #expect(notices.first?.contains("the secret \"arn:none\" is not configured") == true)
    let failure = await fixture.failure("SELECT * FROM unknown.customers")
    #expect(failure?.sqlState == "28000")
    #expect(failure?.hint?.contains("\"arn:none\": { username") == true)
    try await fixture.run(fixture.create("afar", uri: "db.example.com"))
    let afar = await fixture.failure("SELECT * FROM afar.customers")
    #expect(afar?.sqlState == "08001")
    #expect(afar?.hint?.contains("endpoints") == true)
    await fixture.close()
  }
}
