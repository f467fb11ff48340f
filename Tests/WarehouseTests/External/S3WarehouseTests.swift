import Core
import Foundation
import ObjectStore
import StreamLog
import TestSupport
import Testing
import Warehouse

@Suite struct S3WarehouseTests {
  @Test func `UNLOAD and COPY go through an S3 server`() async throws {
    let server = try await S3Server()
    try await server.makeBucket("bucket")
    let directory = try TemporaryDirectory()
    for folder in ["streams", "warehouse"] {
      try FileManager.default.createDirectory(
        atPath: directory.file(folder), withIntermediateDirectories: true)
    }
    let log = try StreamLog.open(directory: directory.file("streams"))
    let store = try S3Store(
      S3Configuration(
        endpoint: server.endpoint, region: "us-east-1", accessKey: "key", secretKey: "secret"),
      staging: directory.file("staging"))
    let warehouse = try Warehouse(
      directory: directory.file("warehouse"), log: log, objects: store, clock: SystemClock(),
      reporter: SilentReporter())
    let session = try warehouse.makeSession(user: "weir")
    _ = try await session.rows(
      "CREATE TABLE t (a INT, b VARCHAR(20)); INSERT INTO t VALUES (1, 'x'), (2, NULL)")
    for (name, out, into) in [
      ("csv", "CSV NULL '@' GZIP", "CSV NULL '@' GZIP"), ("parquet", "PARQUET", "PARQUET"),
      ("parts", "PARQUET PARTITION BY (b) INCLUDE MANIFEST", "PARQUET MANIFEST"),
    ] {
      _ = try await session.rows("UNLOAD ('SELECT * FROM t') TO 's3://bucket/\(name)/' \(out)")
      let source = into.contains("MANIFEST") ? "\(name)/manifest" : "\(name)/"
      _ = try await session.rows(
        "CREATE TABLE \(name) (LIKE t); COPY \(name) FROM 's3://bucket/\(source)' \(into)")
      #expect(
        try await session.rows("SELECT * FROM \(name) ORDER BY 1") == [["1", "x"], ["2", "NULL"]])
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory.file("staging")).isEmpty)
    await session.close()
    await warehouse.close()
    await log.close()
    await server.stop()
  }
}
