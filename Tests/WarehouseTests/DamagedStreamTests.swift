import Core
import Foundation
import StreamLog
import TestSupport
import Testing
import Warehouse

/// Views over a stream whose files were hurt while nobody ran.
@Suite struct DamagedStreamTests {
  private func fixture() async throws -> WarehouseFixture {
    let fixture = try WarehouseFixture()
    try await fixture.log.createStream("my_stream", shardCount: 3)
    return fixture
  }

  private let script = """
    CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default;
    CREATE MATERIALIZED VIEW v AS
    SELECT json_extract_path_text(kinesis_data, 'n')::INT AS n FROM k.my_stream
    """

  private func numbers(_ range: Range<Int>) -> [String] { range.map { #"{"n":"\#($0)"}"# } }

  private func segment(_ fixture: WarehouseFixture, shard: UInt32) throws -> String {
    let folder = fixture.directory.file("streams") + "/my_stream.stream/\(ShardID(index: shard))"
    let names = try FileManager.default.contentsOfDirectory(atPath: folder)
    return folder + "/" + (try #require(names.first { $0.hasSuffix(".segment") }))
  }

  private func change(_ path: String, _ body: (inout Data) -> Void) throws {
    var data = try Data(contentsOf: URL(fileURLWithPath: path))
    body(&data)
    try data.write(to: URL(fileURLWithPath: path))
  }

  private func count(_ fixture: WarehouseFixture, shard: UInt32) throws -> Int {
    Int(try fixture.log.ends(of: "my_stream")[ShardID(index: shard)] ?? 0)
  }

  @Test func `a refresh counts damaged records, and says where they were`() async throws {
    let first = try await fixture()
    for part in 0..<10 { try await first.put(numbers((part * 30)..<((part + 1) * 30))) }
    let lost = 1 + (try count(first, shard: 2))
    await first.close()
    let flipped = try segment(first, shard: 1)
    let mixedUp = try segment(first, shard: 2)
    try change(flipped) { $0[150] ^= 0xFF }
    // A header that says that the file is another shard's.
    let header = try Data(contentsOf: URL(fileURLWithPath: segment(first, shard: 0))).prefix(64)
    try change(mixedUp) { $0.replaceSubrange(0..<64, with: header) }

    let second = try WarehouseFixture(directory: first.directory)
    try await second.warehouse.start()
    try await second.run(script)
    let notices = try await second.session.notices("REFRESH MATERIALIZED VIEW v")
    #expect(notices.count == 1)
    #expect(
      notices.first?.contains("\(lost) records of the stream are damaged and were left out")
        == true)
    #expect(notices.first?.contains("successfully") == false)
    let rows = try await second.run("SELECT count(*) FROM v")
    #expect(rows == [[String(300 - lost)]])
    let errors = try await second.run(
      "SELECT partition_id, position, error_code, error_reason FROM sys_stream_scan_errors "
        + "ORDER BY partition_id")
    try #require(errors.count == 2)
    #expect(errors[0][0] == ShardID(index: 1).description && errors[0][1].hasPrefix("record "))
    #expect(errors[0][3].contains("\(flipped) is damaged at byte "))
    #expect(errors[1][0] == ShardID(index: 2).description)
    #expect(errors[1][1] == "records 0 to \(lost - 2)" && errors[1][2] == "2")
    #expect(errors[1][3].contains("\(mixedUp) is damaged at byte 8"))
    #expect(
      try await second.run("SELECT sum(skipped_rows) FROM sys_stream_scan_states")
        == [[String(lost)]])
    #expect(
      try await second.run("SELECT status FROM svl_mv_refresh_status").first?.first?
        .contains("\(lost) records are damaged and were left out") == true)
    #expect(try await second.warehouse.viewFacts().first?.skippedRecords == lost)
    await second.close()
  }

  /// A view that has read all of a stream, of whose shard 1 the file is gone since.
  private func lossy(_ reports: Reports = Reports()) async throws -> WarehouseFixture {
    let first = try await fixture()
    try await first.run(script)
    try await first.put(numbers(0..<300))
    try await first.run("REFRESH MATERIALIZED VIEW v")
    await first.close()
    try change(try segment(first, shard: 1)) { $0 = Data() }
    let second = try WarehouseFixture(directory: first.directory, reporter: reports)
    try await second.warehouse.start()
    return second
  }

  @Test func `a shard that lost records fails alone: the others are read`() async throws {
    let fixture = try await lossy()
    // Enough that the shard grows past where the view was in it.
    for part in [300..<310, 310..<1_000] {
      let before = try count(fixture, shard: 1)
      try await fixture.put(numbers(part))
      #expect(try count(fixture, shard: 1) > before)
      let error = await fixture.session.failure("REFRESH MATERIALIZED VIEW v")
      #expect(error?.sqlState == "XX001")
      #expect(error?.message.contains("\(ShardID(index: 1)) of stream my_stream ends at") == true)
      #expect(error?.message.contains(ShardID(index: 0).description) == false)
    }
    let unread = try count(fixture, shard: 1)
    #expect(
      try await fixture.run("SELECT count(*), count(DISTINCT n) FROM v")
        == [[String(1_000 - unread), String(1_000 - unread)]])
    let status = try await fixture.run(
      "SELECT status FROM sys_mv_refresh_history ORDER BY transaction_id DESC LIMIT 1")
    #expect(status.first?.first?.hasPrefix("Refresh failed in part. shardId-") == true)
    await fixture.close()

    // By now the shard is longer than what the view had read of it.
    let again = try WarehouseFixture(directory: fixture.directory)
    try await again.warehouse.start()
    #expect(await again.session.failure("REFRESH MATERIALIZED VIEW v")?.sqlState == "XX001")
    await again.close()
  }

  @Test func `a loss is seen although the shard has outgrown it before the first refresh`()
    async throws
  {
    let fixture = try await lossy()
    try await fixture.put(numbers(300..<1_000))
    #expect(try count(fixture, shard: 1) > 100)
    #expect(await fixture.session.failure("REFRESH MATERIALIZED VIEW v")?.sqlState == "XX001")
    let unread = try count(fixture, shard: 1)
    #expect(
      try await fixture.run("SELECT count(*), count(DISTINCT n) FROM v")
        == [[String(1_000 - unread), String(1_000 - unread)]])
    await fixture.close()
  }

  @Test func `a shard whose file is put back is read on`() async throws {
    let first = try await fixture()
    try await first.run(script)
    try await first.put(numbers(0..<300))
    try await first.run("REFRESH MATERIALIZED VIEW v")
    await first.close()
    let path = try segment(first, shard: 1)
    let whole = try Data(contentsOf: URL(fileURLWithPath: path))
    try change(path) { $0 = Data() }
    let second = try WarehouseFixture(directory: first.directory)
    try await second.warehouse.start()
    #expect(await second.session.failure("REFRESH MATERIALIZED VIEW v")?.sqlState == "XX001")
    await second.close()
    try change(path) { $0 = whole }
    let third = try WarehouseFixture(directory: first.directory)
    try await third.warehouse.start()
    try await third.put(numbers(300..<400))
    try await third.run("REFRESH MATERIALIZED VIEW v")
    #expect(
      try await third.run("SELECT count(*), count(DISTINCT n) FROM v") == [["400", "400"]])
    await third.close()
  }

  @Test func `a view that refreshes by itself goes on, and reports a loss once`() async throws {
    let reports = Reports()
    let fixture = try await lossy(reports)
    try await fixture.run("ALTER MATERIALIZED VIEW v AUTO REFRESH YES")
    for part in 0..<5 {
      try await fixture.put(numbers((300 + part * 100)..<(400 + part * 100)))
      let expected = [[String(300 + (part + 1) * 100 - (try count(fixture, shard: 1)))]]
      // Each look awaits the warehouse; the limit is generous.
      for _ in 0..<20_000 {
        if try await fixture.run("SELECT count(*) FROM v") == expected { break }
      }
      #expect(try await fixture.run("SELECT count(*) FROM v") == expected)
    }
    #expect(reports.messages.count { $0.contains("records are gone from the disk") } == 1)
    #expect(reports.refreshes.last?.failed == true)
    #expect(try await fixture.warehouse.viewFacts().first?.lastReport?.failed == true)
    await fixture.close()
  }
}

private final class Reports: Reporter {
  private let all = Locked<[Report]>([])

  func report(_ report: Report) { all.withLock { $0.append(report) } }

  var messages: [String] {
    all.withLock { $0.compactMap { if case .message(_, _, let text) = $0 { text } else { nil } } }
  }

  var refreshes: [RefreshReport] {
    all.withLock { $0.compactMap { if case .refreshed(let report) = $0 { report } else { nil } } }
  }
}
