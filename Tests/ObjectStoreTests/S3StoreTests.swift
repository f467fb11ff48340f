import Core
import Foundation
import TestSupport
import Testing

@testable import ObjectStore

@Suite struct S3StoreTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func store(_ endpoint: String, timeout: Double = 30) throws -> S3Store {
    var configuration = S3Configuration(
      endpoint: endpoint, region: "us-east-1", accessKey: "key", secretKey: "secret")
    configuration.timeout = timeout
    configuration.attempts = 2
    return try S3Store(configuration, staging: directory.file("staging"))
  }

  private func put(
    _ bytes: Data, as address: String, into store: S3Store, replaces: Bool = false
  ) async throws {
    let path = try await store.stagingDirectory() + "/file"
    try bytes.write(to: URL(fileURLWithPath: path))
    let put = try await store.put(
      file: path, as: ObjectAddress(parsing: address), replaces: replaces)
    #expect(put.byteCount == bytes.count)
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func `the signature is that of Amazon's example`() {
    // "Signature Calculations: Transferring Payload in a Single Chunk", GET with a Range.
    let configuration = S3Configuration(
      endpoint: "https://examplebucket.s3.amazonaws.com", region: "us-east-1",
      accessKey: "AKIAIOSFODNN7EXAMPLE", secretKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
    let headers = S3Signature(configuration: configuration).headers(
      method: "GET", path: "/test.txt", query: "", payloadHash: S3Signature.hash(Data()),
      time: "20130524T000000Z", further: ["range": "bytes=0-9"])
    #expect(
      headers["authorization"]?.hasSuffix(
        "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41") == true)
  }

  @Test func `objects are put, listed, read and deleted`() async throws {
    let server = try await S3Server()
    try await server.makeBucket("bucket")
    let store = try store(server.endpoint)
    let keys = ["a/b.txt", "a b+c%20&ü=1/x y", "a.txt"]
    for key in keys { try await put(Data(key.utf8), as: "s3://bucket/\(key)", into: store) }
    let all = try await store.list(ObjectAddress(bucket: "bucket", key: ""))
    #expect(all.map(\.address.key) == keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    #expect(all.map(\.byteCount) == all.map(\.address.key.utf8.count))
    #expect(all.allSatisfy { $0.modified.microseconds > 1_700_000_000_000_000 })
    for key in keys {
      let address = ObjectAddress(bucket: "bucket", key: key)
      #expect(try await store.read(address, bytesMax: 99) == Array(key.utf8))
      let copy = directory.file("copy-\(key.count)")
      try await store.download(address, to: copy)
      #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == Data(key.utf8))
    }
    let first = ObjectAddress(bucket: "bucket", key: "a.txt")
    await #expect(throws: ObjectStoreError.alreadyExists(first)) {
      try await put(Data(), as: "s3://bucket/a.txt", into: store)
    }
    try await put(Data("new".utf8), as: "s3://bucket/a.txt", into: store, replaces: true)
    #expect(try await store.read(first, bytesMax: 9) == Array("new".utf8))
    try await store.delete(first)
    try await store.delete(first)
    await #expect(throws: ObjectStoreError.noSuchObject(first)) {
      try await store.read(first, bytesMax: 9)
    }
    #expect(try await store.list(ObjectAddress(bucket: "nobody-has-it", key: "")).isEmpty)
    await server.stop()
  }

  @Test func `a list of many objects comes in pages`() async throws {
    let server = try await S3Server()
    try await server.makeBucket("bucket")
    let store = try store(server.endpoint)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<6 {
        group.addTask {
          for number in stride(from: worker, to: 1_010, by: 6) {
            try await put(Data(), as: "s3://bucket/p/\(number)", into: store)
          }
        }
      }
      try await group.waitForAll()
    }
    #expect(try await store.list(ObjectAddress(bucket: "bucket", key: "p/")).count == 1_010)
    await server.stop()
  }

  @Test func `a large file goes and comes in parts`() async throws {
    let server = try await S3Server()
    try await server.makeBucket("bucket")
    let store = try store(server.endpoint)
    var bytes = Data(count: 70 << 20)
    for place in stride(from: 0, to: bytes.count, by: 4_096) {
      bytes[place] = UInt8(place >> 12 & 255)
    }
    try await put(bytes, as: "s3://bucket/large", into: store)
    let copy = directory.file("copy")
    try await store.download(ObjectAddress(bucket: "bucket", key: "large"), to: copy)
    #expect(try Data(contentsOf: URL(fileURLWithPath: copy)) == bytes)
    await server.stop()
  }

  @Test func `a server that is gone is told of within the limit`() async throws {
    let server = try await S3Server()
    let store = try store(server.endpoint)
    await server.stop()
    let start = ContinuousClock.now
    await #expect(throws: ObjectStoreError.self) {
      try await store.list(ObjectAddress(bucket: "bucket", key: ""))
    }
    #expect(ContinuousClock.now - start < .seconds(20))
  }
}
