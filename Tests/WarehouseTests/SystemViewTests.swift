import Core
import Foundation
import Testing
import Warehouse

@Suite struct SystemViewTests {
  /// A view as its page documents it.
  struct Documented: Sendable, CustomTestStringConvertible {
    var name: String
    var columns: [String] = []

    var testDescription: String { name }

    static let all: [Documented] = {
      let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("Data/system-views.txt").path
      let text = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
      var all: [Documented] = []
      for line in text.split(separator: "\n") where !line.hasPrefix("#") {
        if line.hasPrefix("view ") {
          all.append(Documented(name: String(line.dropFirst(5).prefix { $0 != ":" })))
        } else if !all.isEmpty {
          all[all.count - 1].columns.append(String(line.drop { $0 == " " }))
        }
      }
      return all
    }()
  }

  /// The type that stands for a documented one: texts of every kind are VARCHAR here.
  private static func type(_ documented: String) -> String {
    switch documented.prefix(while: { $0 != "(" }) {
    case "character", "char", "varchar", "text", "name": "character varying"
    case "int": "integer"
    case "oid", "long": "bigint"
    case "timestamp": "timestamp without time zone"
    case let other: String(other)
    }
  }

  @Test func `the documented views are all there to be tested`() {
    #expect(Documented.all.count == 40)
  }

  @Test(arguments: Documented.all)
  func `a system view has the documented columns in their order`(
    _ view: Documented
  ) async throws {
    let fixture = try WarehouseFixture()
    let found = try await fixture.session.columns("SELECT * FROM \(view.name)")
    let documented = view.columns.map { column in
      let words = column.split(separator: " ", maxSplits: 1).map(String.init)
      return words[0] + " " + Self.type(words[1])
    }
    #expect(found.map { "\($0.name) \($0.type.name)" } == documented)
    await fixture.close()
  }

  @Test func `a system view is found in pg_catalog too`() async throws {
    let fixture = try WarehouseFixture()
    #expect(try await fixture.run("SELECT count(*) FROM pg_catalog.svv_tables") == [["0"]])
    #expect(try await fixture.run("SELECT count(*) FROM pg_catalog.pg_table_def") == [["0"]])
    await fixture.close()
  }

  @Test func `what users made is listed, and what holds it is not`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run(
      """
      CREATE SCHEMA shop;
      CREATE TABLE shop.orders (id BIGINT NOT NULL, amount DECIMAL(12, 2), note VARCHAR(20));
      CREATE VIEW big_orders AS SELECT * FROM shop.orders WHERE amount > 100;
      CREATE MATERIALIZED VIEW sums AS SELECT id, sum(amount) AS total FROM shop.orders GROUP BY id;
      INSERT INTO shop.orders VALUES (1, 5.5, 'a');
      REFRESH MATERIALIZED VIEW sums
      """)
    let tables = try await fixture.run(
      "SELECT table_schema, table_name, table_type FROM svv_tables ORDER BY 1, 2")
    #expect(
      tables == [
        ["public", "big_orders", "VIEW"], ["public", "sums", "VIEW"],
        ["shop", "orders", "BASE TABLE"],
      ])
    let columns = try await fixture.run(
      """
      SELECT column_name, ordinal_position, is_nullable, data_type, character_maximum_length,
             numeric_precision, numeric_scale
      FROM svv_columns WHERE table_name = 'orders' ORDER BY ordinal_position
      """)
    #expect(
      columns == [
        ["id", "1", "NO", "bigint", "NULL", "64", "0"],
        ["amount", "2", "YES", "numeric", "NULL", "12", "2"],
        ["note", "3", "YES", "character varying", "20", "NULL", "NULL"],
      ])
    let all = try await fixture.run(
      "SELECT count(*) FROM svv_all_columns WHERE table_name LIKE 'mv_%'")
    #expect(all == [["0"]])
    await fixture.close()
  }

  @Test func `SVV_TABLE_INFO shows tables with rows, and the table behind a view`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run(
      """
      CREATE TABLE orders (id BIGINT, note VARCHAR); CREATE TABLE nothing (id BIGINT);
      INSERT INTO orders VALUES (1, 'a'), (2, 'b');
      CREATE MATERIALIZED VIEW copies AS SELECT id FROM orders
      """)
    let rows = try await fixture.run(
      """
      SELECT "schema", "table", tbl_rows, max_varchar FROM svv_table_info ORDER BY 2
      """)
    #expect(
      rows == [["public", "mv_tbl__copies__0", "2", "NULL"], ["public", "orders", "2", "256"]])
    await fixture.close()
  }

  @Test func `PG_TABLE_DEF gives types with their lengths`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run(
      "CREATE TABLE t (a INT NOT NULL, b VARCHAR, c DECIMAL(8, 3), d TIMESTAMP, e SUPER)")
    let rows = try await fixture.run(
      """
      SELECT "column", type, "notnull" FROM pg_table_def WHERE tablename = 't'
      """)
    #expect(
      rows == [
        ["a", "integer", "t"], ["b", "character varying(256)", "f"],
        ["c", "numeric(8,3)", "f"], ["d", "timestamp without time zone", "f"],
        ["e", "super", "f"],
      ])
    await fixture.close()
  }

  @Test func `schemas are local or external`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.run("CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default")
    let rows = try await fixture.run(
      "SELECT schema_name, schema_type FROM svv_all_schemas ORDER BY 1")
    #expect(rows == [["k", "external"], ["public", "local"]])
    #expect(try await fixture.run("SELECT schema_name FROM svv_redshift_schemas") == [["public"]])
    await fixture.close()
  }
}
