import Foundation
import TestSupport
import Testing

@Suite struct UnloadKillTests {
  @Test func `a kill in the middle of an UNLOAD leaves no object and, after a start, no file`()
    async throws
  {
    let directory = try TemporaryDirectory()
    let data = directory.file("data")
    let engine = try await RunningEngine(directory: data)
    try #require(engine.readyLine.hasPrefix("ready"))
    let statement = """
      UNLOAD ('SELECT a.i, MD5(b.i::VARCHAR) AS m, a.i % 3 AS k FROM generate_series(1, 100000) \
      AS a(i), generate_series(1, 100000) AS b(i)') TO 's3://bucket/out/' IAM_ROLE default \
      PARQUET PARTITION BY (k)
      """
    async let client = Program.run(["sql", "--data", data, "-c", statement])
    @Sendable func staged() -> [String] {
      let staging = data + "/objects/.staging"
      let all = FileManager.default.enumerator(atPath: staging)?.compactMap { $0 as? String }
      return (all ?? []).filter { $0.hasSuffix(".parquet") }
    }
    #expect(await eventually(within: 60) { !staged().isEmpty })
    await engine.kill()
    #expect(try await client.status == 1)
    #expect(!FileManager.default.fileExists(atPath: data + "/objects/bucket"))
    let again = try await RunningEngine(directory: data)
    try #require(again.readyLine.hasPrefix("ready"))
    #expect(staged().isEmpty)
    #expect(!FileManager.default.fileExists(atPath: data + "/objects/bucket"))
    #expect(await again.stop() == 0)
  }
}
