import Foundation
import TestSupport
import Testing

@testable import ObjectStore

@Suite struct FolderStoreTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func store() throws -> FolderStore {
    try FolderStore(folder: directory.path + "/objects")
  }

  private func put(
    _ text: String, as address: String, into store: FolderStore, replaces: Bool = false
  ) async throws {
    let staging = try await store.stagingDirectory()
    try Data(text.utf8).write(to: URL(fileURLWithPath: staging + "/file"))
    _ = try await store.put(
      file: staging + "/file", as: ObjectAddress(parsing: address), replaces: replaces)
  }

  @Test func `an object that was put is listed and read`() async throws {
    let store = try store()
    try await put("hello", as: "s3://bucket/a/b.txt", into: store)
    try await put("there", as: "s3://bucket/a.txt", into: store)
    let all = try await store.list(ObjectAddress(bucket: "bucket", key: ""))
    #expect(all.map(\.address.key) == ["a.txt", "a/b.txt"])
    #expect(all.map(\.byteCount) == [5, 5])
    let some = try await store.list(ObjectAddress(bucket: "bucket", key: "a/"))
    #expect(some.map(\.address.key) == ["a/b.txt"])
    let bytes = try await store.read(ObjectAddress(parsing: "s3://bucket/a/b.txt"), bytesMax: 9)
    #expect(String(decoding: bytes, as: UTF8.self) == "hello")
  }

  @Test func `an object is replaced only when that is wanted`() async throws {
    let store = try store()
    try await put("one", as: "s3://bucket/a", into: store)
    await #expect(throws: ObjectStoreError.alreadyExists(ObjectAddress(bucket: "bucket", key: "a")))
    {
      try await put("two", as: "s3://bucket/a", into: store)
    }
    try await put("two", as: "s3://bucket/a", into: store, replaces: true)
    let bytes = try await store.read(ObjectAddress(parsing: "s3://bucket/a"), bytesMax: 9)
    #expect(String(decoding: bytes, as: UTF8.self) == "two")
  }

  @Test func `a deleted object takes its empty folders with it`() async throws {
    let store = try store()
    try await put("one", as: "s3://bucket/a/b/c", into: store)
    try await store.delete(ObjectAddress(parsing: "s3://bucket/a/b/c"))
    try await store.delete(ObjectAddress(parsing: "s3://bucket/a/b/c"))
    #expect(try await store.list(ObjectAddress(bucket: "bucket", key: "")).isEmpty)
    #expect(!FileManager.default.fileExists(atPath: directory.path + "/objects/bucket/a"))
  }

  @Test(arguments: ["s3://bucket/../../etc", "s3://bucket/a//b", "s3://bucket/./a", "s3://bucket/"])
  func `a key that no file can have is refused`(address: String) async throws {
    let store = try store()
    let parsed = try ObjectAddress(parsing: address)
    #expect(throws: ObjectStoreError.self) { try store.location(of: parsed) }
  }

  @Test(arguments: ["/etc/passwd", "http://bucket/a", "s3://", "s3://B/a", "s3://../a", "s3://a/b"])
  func `what is no address of an object is refused`(text: String) {
    #expect(throws: ObjectStoreError.self) { try ObjectAddress(parsing: text) }
  }

  @Test func `a prefix does not lead out of its bucket`() async throws {
    let store = try store()
    try await put("one", as: "s3://other/a", into: store)
    #expect(try await store.list(ObjectAddress(bucket: "bucket", key: "../other/")).isEmpty)
    #expect(try await store.list(ObjectAddress(bucket: "bucket", key: "..")).isEmpty)
  }

  @Test func `a location is an object's only within the store`() throws {
    let store = try store()
    let address = ObjectAddress(bucket: "bucket", key: "a/b")
    #expect(store.address(ofLocation: try store.location(of: address)) == address)
    #expect(store.address(ofLocation: "/etc/passwd") == nil)
  }
}
