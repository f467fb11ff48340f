import Core
import DuckDB
import StreamLog
import TestSupport
import Testing
import Warehouse

@Suite struct MigrationTests {
  /// Takes away what format 2 has brought, as Weir wrote version 1.
  private func makeOld(_ directory: TemporaryDirectory) throws {
    let database = try Database(path: directory.file("warehouse/dev.duckdb"))
    let connection = try database.connect()
    let id = try connection.scalar("SELECT max(id) FROM weir.materialized_view") ?? 0
    let storage =
      try connection.rows("SELECT table_name FROM duckdb_tables() WHERE table_name LIKE 'mv_tbl_%'")
      .first?.first.flatMap { $0 } ?? ""
    let schema =
      try connection.rows(
        "SELECT schema_name FROM duckdb_tables() WHERE table_name = '\(storage)'"
      ).first?.first.flatMap { $0 } ?? ""
    try connection.execute(
      """
      DROP VIEW public.v; DROP VIEW weir.mv_rows_\(id);
      ALTER TABLE \(schema)."\(storage)" DROP COLUMN weir_refresh;
      CREATE VIEW public.v AS SELECT * FROM \(schema)."\(storage)"
      """)
    let views = try connection.rows(
      "SELECT view_name FROM duckdb_views() WHERE schema_name = 'weir' AND NOT internal")
    for view in views { try connection.execute("DROP VIEW weir.\"\(view[0] ?? "")\"") }
    for table in [
      "view_base", "view_version", "view_seen", "dead_letter", "lag_minute", "view_mark",
    ] {
      try connection.execute("DROP TABLE weir.\(table)")
    }
    try connection.execute(
      """
      ALTER TABLE weir.materialized_view DROP COLUMN state;
      ALTER TABLE weir.refresh_history DROP COLUMN row_count;
      UPDATE weir.format SET version = 1
      """)
  }

  @Test func `a warehouse of format 1 is brought up with its rows and positions`() async throws {
    let directory = try TemporaryDirectory()
    let old = try WarehouseFixture(directory: directory)
    try await old.log.createStream("my_stream", shardCount: 2)
    try await old.put(["{\"a\": 1}", "{\"a\": 2}"])
    try await old.run(
      """
      CREATE EXTERNAL SCHEMA s FROM KINESIS IAM_ROLE default;
      CREATE MATERIALIZED VIEW v AS
        SELECT json_extract_path_text(kinesis_data, 'a')::int AS a FROM s.my_stream;
      REFRESH MATERIALIZED VIEW v
      """)
    await old.close()
    try makeOld(directory)

    let new = try WarehouseFixture(directory: directory)
    #expect(try await new.run("SELECT a FROM v ORDER BY a") == [["1"], ["2"]])
    try await new.put(["{\"a\": 3}"])
    try await new.run(
      """
      CREATE MATERIALIZED VIEW total AS SELECT sum(a) AS total FROM v;
      REFRESH MATERIALIZED VIEW total CASCADE
      """)
    #expect(try await new.run("SELECT count(*), sum(a) FROM v") == [["3", "6"]])
    #expect(try await new.run("SELECT total FROM total") == [["6"]])
    #expect(try await new.run("DELETE FROM v WHERE a = 1; SELECT count(*) FROM v") == [["2"]])
    await new.close()
  }

  @Test func `a warehouse of an unknown format is refused by name`() async throws {
    let directory = try TemporaryDirectory()
    let fixture = try WarehouseFixture(directory: directory)
    await fixture.close()
    let database = try Database(path: directory.file("warehouse/dev.duckdb"))
    try database.connect().execute("UPDATE weir.format SET version = 99")
    do {
      _ = try WarehouseFixture(directory: directory)
      Issue.record("it was opened")
    } catch let error as SQLError {
      #expect(error.sqlState == "0A000")
      #expect(error.message.contains("99"))
    }
  }
}
