import Foundation
import TestSupport
import Testing
import Warehouse

@Suite struct OpeningTests {
  private func byteCount(_ path: String) -> Int {
    let attributes = try? FileManager.default.attributesOfItem(atPath: path)
    return attributes?[.size] as? Int ?? 0
  }

  @Test func `a long log that a crash left is replayed at once and put away later`() async throws {
    let crashed = try WarehouseFixture()
    // Of fewer rows than a row group, which would not go into the log.
    try await crashed.run(
      "CREATE TABLE t AS SELECT i, repeat(md5(i::varchar), 8) AS text FROM range(100000) AS r(i)")
    let directory = try TemporaryDirectory()
    for folder in ["warehouse", "streams"] {
      // As the disk has them while the first has not been closed.
      try FileManager.default.copyItem(
        atPath: crashed.directory.file(folder), toPath: directory.file(folder))
    }
    await crashed.close()

    let log = directory.file("warehouse/dev.duckdb.wal")
    let before = byteCount(log)
    #expect(before > 16 << 20)
    let fixture = try WarehouseFixture(directory: directory)
    #expect(byteCount(log) >= before)
    #expect(try await fixture.run("SELECT count(*), max(i) FROM t") == [["100000", "99999"]])
    try await fixture.warehouse.start()
    #expect(await eventually(within: 180) { byteCount(log) < 1 << 20 })
    #expect(try await fixture.run("SELECT count(*), max(i) FROM t") == [["100000", "99999"]])
    await fixture.close()
  }
}
