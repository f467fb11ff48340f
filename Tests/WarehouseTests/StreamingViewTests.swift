import Core
import Foundation
import StreamLog
import TestSupport
import Testing
import Warehouse

@Suite struct StreamingViewTests {
  static let script = """
    CREATE EXTERNAL SCHEMA kinesis_schema FROM KINESIS
    IAM_ROLE 'arn:aws:iam::account:role/RedshiftStreamingRole';

    CREATE MATERIALIZED VIEW real_time_analytics AS
    SELECT json_extract_path_text(kinesis_data, 'customer_id') as customer_id,
           json_extract_path_text(kinesis_data, 'amount') as amount,
           approximate_arrival_timestamp
    FROM kinesis_schema.my_stream;
    """

  private func fixture() async throws -> WarehouseFixture {
    let fixture = try WarehouseFixture()
    try await fixture.log.createStream("my_stream", shardCount: 5)
    try await fixture.run(Self.script)
    return fixture
  }

  private func orders(_ range: Range<Int>) -> [String] {
    range.map { #"{"customer_id":"c\#($0)","amount":\#($0).5}"# }
  }

  @Test func `the statements of Redshift's documentation run as written`() async throws {
    let fixture = try await fixture()
    try await fixture.put(orders(0..<1000))
    #expect(try await fixture.run("SELECT count(*) FROM real_time_analytics") == [["0"]])
    let notices = try await fixture.session.notices(
      "REFRESH MATERIALIZED VIEW real_time_analytics")
    #expect(
      notices == [
        "INFO: Materialized view real_time_analytics was incrementally updated successfully."
      ])
    #expect(
      try await fixture.run(
        "SELECT count(*), count(DISTINCT customer_id), min(approximate_arrival_timestamp) > '2020-01-01' FROM real_time_analytics"
      ) == [["1000", "1000", "t"]])
    #expect(
      try await fixture.run("SELECT amount FROM real_time_analytics WHERE customer_id = 'c7'")
        == [["7.5"]])
    await fixture.close()
  }

  @Test func `a view refreshes by itself when records arrive`() async throws {
    let fixture = try await fixture()
    try await fixture.warehouse.start()
    try await fixture.run("ALTER MATERIALIZED VIEW real_time_analytics AUTO REFRESH YES")
    for part in 0..<5 {
      try await fixture.put(orders((part * 200)..<((part + 1) * 200)))
    }
    // Each look awaits the warehouse; the limit is generous.
    for _ in 0..<20_000 {
      if try await fixture.run("SELECT count(*) FROM real_time_analytics") == [["1000"]] { break }
    }
    #expect(
      try await fixture.run("SELECT count(*), count(DISTINCT customer_id) FROM real_time_analytics")
        == [["1000", "1000"]])
    #expect(
      try await fixture.run("SELECT name, is_stale, state, autorefresh FROM svv_mv_info")
        == [["real_time_analytics", "f", "1", "t"]])
    await fixture.close()
  }

  @Test func `refreshes neither lose nor double records across restarts`() async throws {
    let first = try await fixture()
    try await first.put(orders(0..<300))
    try await first.run("REFRESH MATERIALIZED VIEW real_time_analytics")
    try await first.put(orders(300..<500))
    await first.close()

    let second = try WarehouseFixture(directory: first.directory)
    try await second.warehouse.start()
    #expect(try await second.run("SELECT is_stale FROM svv_mv_info") == [["t"]])
    try await second.put(orders(500..<600))
    try await second.run("REFRESH MATERIALIZED VIEW real_time_analytics")
    try await second.run("REFRESH MATERIALIZED VIEW real_time_analytics")
    #expect(
      try await second.run("SELECT count(*), count(DISTINCT customer_id) FROM real_time_analytics")
        == [["600", "600"]])
    await second.close()
  }

  @Test func `records that are gone from the disk fail the refresh, and say so`() async throws {
    let first = try await fixture()
    try await first.put(orders(0..<300))
    try await first.run("REFRESH MATERIALIZED VIEW real_time_analytics")
    await first.close()
    let streams = first.directory.file("streams")
    let files = try FileManager.default.subpathsOfDirectory(atPath: streams)
    for name in files where name.hasSuffix(".segment") {
      try Data().write(to: URL(fileURLWithPath: streams + "/" + name))
    }

    let second = try WarehouseFixture(directory: first.directory)
    try await second.warehouse.start()
    try await second.put(orders(300..<310))
    let error = await second.session.failure("REFRESH MATERIALIZED VIEW real_time_analytics")
    #expect(error?.sqlState == "XX001")
    #expect(error?.message.contains("records are gone from the disk") == true)
    #expect(error?.hint?.contains("drop the view") == true)
    #expect(try await second.run("SELECT count(*) FROM real_time_analytics") == [["300"]])
    await second.close()
  }

  @Test func `the data as text is the text, in a view and in a look at the stream`() async throws {
    let fixture = try await fixture()
    try await fixture.put(["{\"é\":\"\\n\"}"])
    try await fixture.run(
      """
      CREATE MATERIALIZED VIEW texts AS
      SELECT kinesis_data::varchar AS body FROM kinesis_schema.my_stream;
      REFRESH MATERIALIZED VIEW texts
      """)
    #expect(try await fixture.run("SELECT body FROM texts") == [["{\"é\":\"\\n\"}"]])
    #expect(
      try await fixture.run("SELECT kinesis_data::varchar(100) FROM kinesis_schema.my_stream")
        == [["{\"é\":\"\\n\"}"]])
    await fixture.close()
  }

  @Test func `a bad record is skipped, counted and kept with its reason`() async throws {
    let fixture = try await fixture()
    try await fixture.put(orders(0..<10) + ["not json", #"{"customer_id":"ok"}"#, "{"])
    _ = try await fixture.log.append(
      [NewRecord(partitionKey: "raw", data: [0xFF, 0xFE, 0x00])], to: "my_stream")
    let notices = try await fixture.session.notices(
      "REFRESH MATERIALIZED VIEW real_time_analytics")
    #expect(notices.first?.contains("3 records were skipped") == true)
    #expect(try await fixture.run("SELECT count(*) FROM real_time_analytics") == [["11"]])
    let errors = try await fixture.run(
      """
      SELECT stream_name, mv_name, length(position), error_reason
      FROM sys_stream_scan_errors ORDER BY error_reason
      """)
    #expect(errors.count == 3)
    #expect(errors.allSatisfy { $0[0] == "my_stream" && $0[2] == "56" && !$0[3].isEmpty })
    #expect(errors.contains { $0[3].contains("UTF-8") })
    #expect(errors.contains { $0[3].contains("JSON") })
    #expect(
      try await fixture.run(
        "SELECT sum(scanned_rows), sum(skipped_rows) FROM sys_stream_scan_states")
        == [["14", "3"]])
    // The view goes on.
    try await fixture.put(orders(20..<25))
    try await fixture.run("REFRESH MATERIALIZED VIEW real_time_analytics")
    #expect(try await fixture.run("SELECT count(*) FROM real_time_analytics") == [["16"]])
    await fixture.close()
  }

  @Test func `a cast that fails skips its record only`() async throws {
    let fixture = try WarehouseFixture()
    try await fixture.log.createStream("my_stream", shardCount: 2)
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default;
      CREATE MATERIALIZED VIEW typed AS
      SELECT json_extract_path_text(kinesis_data, 'n')::INT AS n, partition_key, shard_id,
             sequence_number, refresh_time
      FROM k.my_stream WHERE json_extract_path_text(kinesis_data, 'n') <> '13'
      """)
    try await fixture.put((0..<50).map { #"{"n":"\#($0 == 31 ? "x" : String($0))"}"# })
    try await fixture.run("REFRESH MATERIALIZED VIEW typed")
    #expect(
      try await fixture.run("SELECT count(*), sum(n), count(DISTINCT sequence_number) FROM typed")
        == [["48", String((0..<50).reduce(0, +) - 31 - 13), "48"]])
    let errors = try await fixture.run("SELECT error_reason FROM sys_stream_scan_errors")
    #expect(errors.count == 1)
    #expect(errors.first?.first?.contains(#""x""#) == true)
    await fixture.close()
  }

  @Test func `history has a row for each refresh, in Redshift's words`() async throws {
    let fixture = try await fixture()
    try await fixture.put(orders(0..<3))
    try await fixture.run("REFRESH MATERIALIZED VIEW real_time_analytics")
    try await fixture.run("REFRESH MATERIALIZED VIEW real_time_analytics")
    let rows = try await fixture.run(
      """
      SELECT database_name, schema_name, mv_name, refresh_type, status
      FROM sys_mv_refresh_history ORDER BY transaction_id
      """)
    #expect(
      rows == [
        [
          "dev", "public", "real_time_analytics", "Manual",
          "Refresh successfully updated MV incrementally",
        ],
        [
          "dev", "public", "real_time_analytics", "Manual",
          "Refresh successfully updated MV incrementally. Stream returned no new data.",
        ],
      ])
    await fixture.close()
  }

  @Test func `a stream that was made anew is read from its start`() async throws {
    let fixture = try await fixture()
    try await fixture.put(orders(0..<10))
    try await fixture.run("REFRESH MATERIALIZED VIEW real_time_analytics")
    try await fixture.log.deleteStream("my_stream")
    #expect(try await fixture.run("SELECT is_stale FROM svv_mv_info") == [["u"]])
    #expect(
      await fixture.session.failure("REFRESH MATERIALIZED VIEW real_time_analytics")?.sqlState
        == "42P01")
    try await fixture.log.createStream("my_stream", shardCount: 1)
    try await fixture.put(orders(10..<15))
    try await fixture.run("REFRESH MATERIALIZED VIEW real_time_analytics")
    #expect(try await fixture.run("SELECT count(*) FROM real_time_analytics") == [["15"]])
    await fixture.close()
  }

  @Test func `a dropped view is gone, and its name is free`() async throws {
    let fixture = try await fixture()
    try await fixture.run("DROP MATERIALIZED VIEW real_time_analytics")
    #expect(
      await fixture.session.failure("SELECT * FROM real_time_analytics")?.sqlState == "42P01")
    #expect(try await fixture.run("SELECT count(*) FROM svv_mv_info") == [["0"]])
    try await fixture.run(
      "CREATE MATERIALIZED VIEW real_time_analytics AS SELECT * FROM kinesis_schema.my_stream")
    try await fixture.put(orders(0..<4))
    try await fixture.run("REFRESH MATERIALIZED VIEW real_time_analytics")
    #expect(
      try await fixture.run(
        "SELECT count(*), count(kinesis_data), count(refresh_time) FROM real_time_analytics")
        == [["4", "4", "4"]])
    await fixture.close()
  }

  @Test func `a stream can be looked at without a view`() async throws {
    let fixture = try await fixture()
    try await fixture.put(orders(0..<4))
    #expect(
      try await fixture.run(
        "SELECT count(*), max(length(from_varbyte(s.kinesis_data, 'utf-8'))) FROM kinesis_schema.my_stream s"
      ) == [["4", String(orders(0..<1)[0].utf8.count)]])
    await fixture.close()
  }

  static let refused: [(sql: String, state: String, position: Int?)] = [
    (
      "CREATE MATERIALIZED VIEW v AS SELECT median(1) FROM kinesis_schema.my_stream", "0A000",
      38
    ),
    (
      "CREATE MATERIALIZED VIEW v AS SELECT a.partition_key FROM kinesis_schema.my_stream a, b",
      "0A000", 59
    ),
    ("CREATE MATERIALIZED VIEW v AS SELECT * FROM kinesis_schema.missing", "42P01", 45),
    ("CREATE MATERIALIZED VIEW v AS SELECT * FROM nowhere.my_stream", "3F000", 45),
    ("CREATE MATERIALIZED VIEW v AS SELECT nothing FROM kinesis_schema.my_stream", "42703", 38),
    (
      "CREATE MATERIALIZED VIEW v AS SELECT shard_id, shard_id FROM kinesis_schema.my_stream",
      "42701", 48
    ),
    (
      "CREATE MATERIALIZED VIEW real_time_analytics AS SELECT * FROM kinesis_schema.my_stream",
      "42P07", 26
    ),
    ("REFRESH MATERIALIZED VIEW missing", "42P01", 27),
    ("DROP SCHEMA kinesis_schema", "2BP01", 13),
    ("DROP VIEW real_time_analytics", "42809", 11),
    ("DELETE FROM weir.view_position", "42501", 13),
    ("INSERT INTO view_position VALUES (1)", "42501", 13),
    ("DROP TABLE mv_tbl__real_time_analytics__0", "42501", 12),
    ("CREATE EXTERNAL SCHEMA kinesis_schema FROM KINESIS", "42P06", 24),
  ]

  @Test(arguments: refused)
  func `what a view cannot be is refused at its place`(
    _ example: (sql: String, state: String, position: Int?)
  ) async throws {
    let fixture = try await fixture()
    let error = await fixture.session.failure(example.sql)
    #expect(error?.sqlState == example.state, "\(String(describing: error))")
    #expect(error?.position == example.position, "\(String(describing: error))")
    #expect(try await fixture.run("SELECT count(*) FROM svv_mv_info") == [["1"]])
    await fixture.close()
  }
}
