import Core
import StreamLog
import TestSupport
import Testing
import Warehouse

/// Views over tables, streaming views and other views.
@Suite struct DerivedViewTests {
  private func orders() async throws -> WarehouseFixture {
    let fixture = try WarehouseFixture()
    try await fixture.run(
      """
      CREATE TABLE orders (id INT, customer VARCHAR(20), amount DECIMAL(10,2));
      CREATE TABLE customers (name VARCHAR(20), country VARCHAR(2));
      INSERT INTO orders VALUES (1, 'ann', 10), (2, 'bob', 20), (3, 'ann', 5);
      INSERT INTO customers VALUES ('ann', 'de'), ('bob', 'fr');
      """)
    return fixture
  }

  private func info(_ name: String, _ fixture: WarehouseFixture) async throws -> [String] {
    try await fixture.run(
      "SELECT is_stale, state, autorefresh FROM svv_mv_info WHERE name = '\(name)'"
    ).first ?? []
  }

  @Test func `a view over a table is filled when it is made, and follows by increments`()
    async throws
  {
    let fixture = try await orders()
    try await fixture.run(
      """
      CREATE MATERIALIZED VIEW totals AS
        SELECT customer, count(*) AS n, sum(amount) AS total, min(amount), max(amount),
               avg(amount) AS mean
        FROM orders GROUP BY customer
      """)
    #expect(try await info("totals", fixture) == ["f", "1", "f"])
    let rows = "SELECT customer, n, total, min, max FROM totals ORDER BY customer"
    #expect(
      try await fixture.run(rows) == [
        ["ann", "2", "15.00", "5.00", "10.00"], ["bob", "1", "20.00", "20.00", "20.00"],
      ])
    try await fixture.run("INSERT INTO orders VALUES (4, 'cem', 1), (5, 'ann', NULL)")
    #expect(try await info("totals", fixture) == ["t", "1", "f"])
    let told = try await fixture.session.notices("REFRESH MATERIALIZED VIEW totals")
    #expect(told == ["INFO: Materialized view totals was incrementally updated successfully."])
    #expect(
      try await fixture.run(rows) == [
        ["ann", "3", "15.00", "5.00", "10.00"], ["bob", "1", "20.00", "20.00", "20.00"],
        ["cem", "1", "1.00", "1.00", "1.00"],
      ])
    try await fixture.run(
      "UPDATE orders SET amount = 7 WHERE id = 1; DELETE FROM orders WHERE customer = 'bob'")
    try await fixture.run("REFRESH MATERIALIZED VIEW totals")
    #expect(
      try await fixture.run(rows) == [
        ["ann", "3", "12.00", "5.00", "7.00"], ["cem", "1", "1.00", "1.00", "1.00"],
      ])
    let again = try await fixture.session.notices("REFRESH MATERIALIZED VIEW totals")
    #expect(again == ["INFO: Materialized view totals is already up to date."])
    await fixture.close()
  }

  @Test func `a view over a join follows changes on both sides at once`() async throws {
    let fixture = try await orders()
    try await fixture.run(
      """
      CREATE MATERIALIZED VIEW by_country AS
        SELECT c.country, count(*) AS n, sum(o.amount) AS total
        FROM orders o JOIN customers c ON o.customer = c.name GROUP BY 1;
      CREATE MATERIALIZED VIEW pairs AS
        SELECT o.id, c.country FROM orders o, customers c WHERE o.customer = c.name;
      BEGIN;
      INSERT INTO customers VALUES ('cem', 'tr');
      INSERT INTO orders VALUES (4, 'cem', 3), (5, 'ann', 1);
      COMMIT;
      REFRESH MATERIALIZED VIEW by_country; REFRESH MATERIALIZED VIEW pairs;
      """)
    let countries = "SELECT country, n, total FROM by_country ORDER BY country"
    #expect(
      try await fixture.run(countries) == [
        ["de", "3", "16.00"], ["fr", "1", "20.00"], ["tr", "1", "3.00"],
      ])
    try await fixture.run(
      """
      DELETE FROM customers WHERE name = 'ann'; DELETE FROM orders WHERE id = 5;
      REFRESH MATERIALIZED VIEW by_country; REFRESH MATERIALIZED VIEW pairs;
      """)
    #expect(try await fixture.run(countries) == [["fr", "1", "20.00"], ["tr", "1", "3.00"]])
    #expect(
      try await fixture.run("SELECT id, country FROM pairs ORDER BY id") == [
        ["2", "fr"], ["4", "tr"],
      ])
    #expect(try await info("by_country", fixture) == ["f", "1", "f"])
    await fixture.close()
  }

  @Test func `views over views over a stream refresh themselves, and a cascade brings them along`()
    async throws
  {
    let fixture = try WarehouseFixture()
    _ = try await fixture.log.createStream("my_stream", shardCount: 2)
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA kds FROM KINESIS IAM_ROLE default;
      CREATE MATERIALIZED VIEW events AS
        SELECT json_extract_path_text(kinesis_data, 'kind') AS kind,
               json_extract_path_text(kinesis_data, 'n')::int AS n
        FROM kds.my_stream;
      CREATE MATERIALIZED VIEW kinds AS SELECT kind, count(*) AS c, sum(n) AS s FROM events GROUP BY 1;
      CREATE MATERIALIZED VIEW big AS SELECT kind FROM kinds WHERE s >= 5;
      """)
    try await fixture.put([#"{"kind":"a","n":3}"#, #"{"kind":"b","n":9}"#])
    let told = try await fixture.session.notices("REFRESH MATERIALIZED VIEW events CASCADE")
    #expect(told == ["INFO: Materialized view events was incrementally updated successfully."])
    #expect(
      try await fixture.run("SELECT * FROM kinds ORDER BY 1") == [
        ["a", "1", "3"], ["b", "1", "9"],
      ])
    #expect(try await fixture.run("SELECT * FROM big") == [["b"]])
    try await fixture.put([#"{"kind":"a","n":4}"#])
    try await fixture.run("REFRESH MATERIALIZED VIEW events; REFRESH MATERIALIZED VIEW big")
    let late = try await fixture.session.notices("REFRESH MATERIALIZED VIEW big")
    #expect(
      late == [
        "INFO: Materialized view big is already up to date.  However, it depends on another "
          + "materialized view that is not up to date."
      ])
    try await fixture.run("REFRESH MATERIALIZED VIEW big CASCADE")
    #expect(try await fixture.run("SELECT * FROM big ORDER BY 1") == [["a"], ["b"]])
    for view in ["events", "kinds", "big"] {
      try await fixture.run("ALTER MATERIALIZED VIEW \(view) AUTO REFRESH YES")
    }
    try await fixture.put([#"{"kind":"c","n":50}"#])
    let isSeen = await eventually {
      (try? await fixture.run("SELECT * FROM big WHERE kind = 'c'")) == [["c"]]
    }
    #expect(isSeen)
    await fixture.close()
  }

  @Test func `a view over a stream can group, and skips what it cannot read`() async throws {
    let fixture = try WarehouseFixture()
    _ = try await fixture.log.createStream("my_stream", shardCount: 1)
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA kds FROM KINESIS IAM_ROLE default;
      CREATE MATERIALIZED VIEW totals AS
        SELECT json_extract_path_text(kinesis_data, 'k') AS k, count(*) AS n,
               sum(json_extract_path_text(kinesis_data, 'v')::int) AS s
        FROM kds.my_stream GROUP BY 1 HAVING count(*) > 1;
      CREATE MATERIALIZED VIEW everything AS SELECT count(*) AS n FROM kds.my_stream;
      """)
    #expect(try await fixture.run("SELECT * FROM everything") == [["0"]])
    try await fixture.put([#"{"k":"a","v":1}"#, #"{"k":"b","v":2}"#])
    try await fixture.run("REFRESH MATERIALIZED VIEW totals")
    try await fixture.put([#"{"k":"a","v":"x"}"#, #"{"k":"a","v":10}"#])
    try await fixture.run("REFRESH MATERIALIZED VIEW totals; REFRESH MATERIALIZED VIEW everything")
    #expect(try await fixture.run("SELECT * FROM totals") == [["a", "2", "11"]])
    #expect(try await fixture.run("SELECT * FROM everything") == [["4"]])
    #expect(
      try await fixture.run(
        "SELECT mv_name, skipped_rows FROM sys_stream_scan_states WHERE skipped_rows > 0")
        == [["totals", "1"]])
    await fixture.close()
  }

  @Test func `rows deleted from a view over a stream go from the views over it, and stay gone`()
    async throws
  {
    let fixture = try WarehouseFixture()
    _ = try await fixture.log.createStream("my_stream", shardCount: 1)
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA kds FROM KINESIS IAM_ROLE default;
      CREATE MATERIALIZED VIEW events AS
        SELECT json_extract_path_text(kinesis_data, 'k') AS k FROM kds.my_stream;
      CREATE MATERIALIZED VIEW counts AS SELECT k, count(*) AS n FROM events GROUP BY k;
      """)
    try await fixture.put([#"{"k":"a"}"#, #"{"k":"b"}"#, #"{"k":"a"}"#])
    try await fixture.run("REFRESH MATERIALIZED VIEW events CASCADE")
    #expect(try await fixture.session.tags("DELETE FROM events e WHERE e.k = 'a'") == ["DELETE 2"])
    #expect(try await info("counts", fixture).first == "t")
    try await fixture.put([#"{"k":"c"}"#])
    try await fixture.run("REFRESH MATERIALIZED VIEW events CASCADE")
    #expect(try await fixture.run("SELECT * FROM counts ORDER BY 1") == [["b", "1"], ["c", "1"]])
    try await fixture.run("TRUNCATE events; REFRESH MATERIALIZED VIEW counts")
    #expect(try await fixture.run("SELECT * FROM counts") == [])
    let refused = await fixture.session.failure("DELETE FROM counts")
    #expect(refused?.sqlState == "42809")
    await fixture.close()
  }

  @Test func `what cannot be kept by changes is computed anew, and says so`() async throws {
    let fixture = try await orders()
    let told = try await fixture.session.notices(
      """
      CREATE MATERIALIZED VIEW spread AS
        SELECT customer, count(DISTINCT id) AS ids, median(amount) AS middle
        FROM orders GROUP BY customer
      """)
    #expect(told.first?.contains("will be recomputed from scratch for every REFRESH") == true)
    #expect(try await info("spread", fixture) == ["f", "0", "f"])
    try await fixture.run("INSERT INTO orders VALUES (9, 'bob', 40)")
    #expect(try await info("spread", fixture).first == "t")
    let refreshed = try await fixture.session.notices("REFRESH MATERIALIZED VIEW spread")
    #expect(refreshed == ["INFO: Materialized view spread was recomputed successfully."])
    #expect(
      try await fixture.run("SELECT ids, middle FROM spread WHERE customer = 'bob'").first?.first
        == "2")
    let mutable = await fixture.session.failure(
      "CREATE MATERIALIZED VIEW m AUTO REFRESH YES AS SELECT id, getdate() AS t FROM orders")
    #expect(mutable?.sqlState == "0A000")
    await fixture.close()
  }

  @Test func `a base that loses a column leaves its view as it was, not refreshable`() async throws
  {
    let fixture = try await orders()
    try await fixture.run(
      """
      CREATE MATERIALIZED VIEW totals AS SELECT customer, sum(amount) AS s FROM orders GROUP BY 1;
      ALTER TABLE orders ADD COLUMN note VARCHAR(5);
      INSERT INTO orders VALUES (7, 'dee', 2, 'x');
      REFRESH MATERIALIZED VIEW totals;
      ALTER TABLE orders DROP COLUMN note;
      ALTER TABLE orders RENAME COLUMN amount TO price;
      """)
    #expect(try await info("totals", fixture)[1] == "104")
    #expect(try await fixture.run("SELECT count(*) FROM totals") == [["3"]])
    try await fixture.run("INSERT INTO orders VALUES (8, 'eve', 2)")
    let error = await fixture.session.failure("REFRESH MATERIALIZED VIEW totals")
    #expect(error?.message == "Refresh failed. A base table column was renamed")
    let history = try await fixture.run(
      "SELECT status FROM sys_mv_refresh_history ORDER BY transaction_id DESC LIMIT 1")
    #expect(history == [["Refresh failed. A base table column was renamed"]])
    let drop = await fixture.session.failure("DROP TABLE orders")
    #expect(drop?.sqlState == "2BP01")
    try await fixture.run("DROP TABLE orders CASCADE")
    #expect(try await fixture.run("SELECT count(*) FROM svv_mv_info") == [["0"]])
    await fixture.close()
  }

  @Test func `a transaction that writes while a view is made is in the view once`() async throws {
    let fixture = try await orders()
    let writer = try fixture.warehouse.makeSession(user: "weir")
    _ = try await writer.rows("BEGIN; INSERT INTO orders VALUES (10, 'zoe', 1)")
    async let made: [[String]] = fixture.run(
      "CREATE MATERIALIZED VIEW n AS SELECT count(*) AS n FROM orders")
    _ = try await writer.rows("INSERT INTO orders VALUES (11, 'zoe', 1); COMMIT")
    _ = try await made
    _ = try await writer.rows("INSERT INTO orders VALUES (12, 'zoe', 1)")
    try await fixture.run("REFRESH MATERIALIZED VIEW n")
    #expect(try await fixture.run("SELECT n FROM n") == [["6"]])
    await writer.close()
    await fixture.close()
  }

  @Test func `dependencies can be read, and bar dropping`() async throws {
    let fixture = try await orders()
    try await fixture.run(
      """
      CREATE MATERIALIZED VIEW a AS SELECT customer, amount FROM orders;
      CREATE MATERIALIZED VIEW b AS SELECT customer, sum(amount) AS s FROM a GROUP BY 1;
      """)
    #expect(
      try await fixture.run("SELECT name, ref_name FROM stv_mv_deps ORDER BY 1")
        == [["a", "orders"], ["b", "a"]])
    let error = await fixture.session.failure("DROP MATERIALIZED VIEW a")
    #expect(error?.sqlState == "2BP01")
    try await fixture.run(
      "CREATE OR REPLACE MATERIALIZED VIEW b AS SELECT max(amount) AS m FROM a")
    #expect(try await fixture.run("SELECT * FROM b") == [["20.00"]])
    try await fixture.run("DROP MATERIALIZED VIEW a CASCADE")
    #expect(try await fixture.run("SELECT count(*) FROM svv_mv_info") == [["0"]])
    await fixture.close()
  }

  @Test func `skipped records are kept with their bytes, and tried again when mended`()
    async throws
  {
    let fixture = try WarehouseFixture()
    _ = try await fixture.log.createStream("my_stream", shardCount: 1)
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA kds FROM KINESIS IAM_ROLE default;
      CREATE MATERIALIZED VIEW v AS
        SELECT json_extract_path_text(kinesis_data, 'n')::int AS n FROM kds.my_stream;
      """)
    try await fixture.put([#"{"n":1}"#, #"{"n":"two"}"#, #"{"n":3}"#])
    _ = try await fixture.log.append(
      [NewRecord(partitionKey: "raw", data: [0xFF, 0x00])], to: "my_stream")
    try await fixture.run("REFRESH MATERIALIZED VIEW v")
    #expect(try await fixture.run("SELECT n FROM v ORDER BY n") == [["1"], ["3"]])
    let kept = try await fixture.run(
      "SELECT partition_key, kinesis_data, attempts FROM sys_weir_dead_letters ORDER BY 1")
    #expect(kept.map { [$0[0], $0[2]] } == [["k1", "1"], ["raw", "1"]])
    #expect(try await fixture.run("CALL weir.replay_errors('v')") == [["0", "2"]])
    let sequence = try await fixture.run(
      "SELECT sequence_number FROM sys_weir_dead_letters WHERE partition_key = 'k1'")[0][0]
    try await fixture.run(#"CALL weir.mend_error('v', '\#(sequence)', '{"n":2}')"#)
    #expect(try await fixture.run("CALL weir.replay_errors('public.v')") == [["1", "1"]])
    #expect(try await fixture.run("SELECT n FROM v ORDER BY n") == [["1"], ["2"], ["3"]])
    #expect(try await fixture.run("CALL weir.purge_errors('v')") == [["1"]])
    #expect(await fixture.session.failure("CALL weir.replay_errors('w')")?.sqlState == "22023")
    await fixture.close()
  }

  @Test func `a producer waits for its own record in every view that refreshes itself`()
    async throws
  {
    let fixture = try WarehouseFixture()
    _ = try await fixture.log.createStream("my_stream", shardCount: 2)
    try await fixture.warehouse.start()
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA kds FROM KINESIS IAM_ROLE default;
      CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS
        SELECT json_extract_path_text(kinesis_data, 'n')::int AS n FROM kds.my_stream;
      CREATE MATERIALIZED VIEW w AUTO REFRESH YES AS SELECT count(*) AS c, sum(n) AS s FROM v;
      """)
    for n in 1...5 {
      let results = try await fixture.log.append(
        [NewRecord(partitionKey: "k\(n)", data: Array(#"{"n":\#(n)}"#.utf8))], to: "my_stream")
      let sequence = "\(try #require(results.first).sequence)"
      let shard = "\(try #require(results.first).shard)"
      let told = try await fixture.run(
        "SELECT weir.wait_for('my_stream', '\(shard)', '\(sequence)')")
      #expect(told.first?.prefix(2) == ["t", "2"])
      #expect(try await fixture.run("SELECT c FROM w") == [["\(n)"]])
    }
    let lag = try await fixture.run(
      "SELECT mv_name, sum(rows_refreshed) FROM sys_weir_view_lag_history GROUP BY 1 ORDER BY 1")
    #expect(lag.first == ["v", "5"])
    let progress = try await fixture.run(
      "SELECT records_behind, percent_done, seconds_to_catch_up FROM sys_weir_view_progress")
    #expect(progress == [["0", "100", "0"]])
    let unknown = await fixture.session.failure("SELECT weir.wait_for('my_stream', '0', '77')")
    #expect(unknown?.sqlState == "22023")
    await fixture.close()
  }

  @Test func `a subscription is told of every change of a view once, with what went`() async throws
  {
    let fixture = try await orders()
    try await fixture.warehouse.start()
    let reader = try fixture.warehouse.makeSession(user: "weir")
    try await fixture.run(
      """
      CREATE MATERIALIZED VIEW totals AS
        SELECT customer, count(*) AS n FROM orders GROUP BY customer
      """)
    _ = try await reader.rows(
      """
      DECLARE v CURSOR FOR SUBSCRIBE TO totals WITH SNAPSHOT;
      DECLARE t CURSOR FOR SUBSCRIBE TO orders
      """)
    func diffs(_ fetch: String) async throws -> [[String]] {
      try await reader.rows(fetch).map { [$0[0]] + $0.dropFirst(2) }
    }
    #expect(
      try await diffs("FETCH ALL FROM v").sorted { $0[1] < $1[1] }
        == [["1", "ann", "2"], ["1", "bob", "1"]])
    for statement in [
      "INSERT INTO orders VALUES (4, 'bob', 1)", "DELETE FROM orders WHERE id = 1",
      "REFRESH MATERIALIZED VIEW totals",
    ] { try await fixture.run(statement) }
    let changes = try await diffs("FETCH ALL FROM v WAIT 5 SECONDS")
    #expect(
      changes.map { $0.joined(separator: " ") }.sorted()
        == ["-1 ann 2", "-1 bob 1", "1 ann 1", "1 bob 2"])
    #expect(
      try await diffs("FETCH 10 FROM t").map { "\($0[0]) \($0[1])" } == ["1 4", "-1 1"])
    #expect(try await diffs("FETCH ALL FROM v") == [])
    async let waiting = diffs("FETCH 1 FROM t WAIT 10 SECONDS")
    try await fixture.run("UPDATE orders SET amount = 9 WHERE id = 4")
    #expect(try await waiting.map { $0[0] } == ["-1"])
    _ = try await reader.rows("CLOSE t")
    try await fixture.run("DROP MATERIALIZED VIEW totals; INSERT INTO orders VALUES (6, 'eve', 1)")
    #expect(await reader.failure("FETCH 1 FROM v")?.sqlState == "55000")
    await reader.close()
    await fixture.close()
  }
}
