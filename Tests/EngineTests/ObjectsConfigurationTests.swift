import Engine
import Foundation
import ObjectStore
import TestSupport
import Testing

@Suite struct ObjectsConfigurationTests {
  private static func load(
    _ text: String, mode: Int = 0o600, environment: [String: String] = [:]
  ) throws -> EngineConfiguration {
    let directory = try TemporaryDirectory()
    let file = directory.file("weir.yaml")
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
    return try EngineConfiguration.load(
      flags: EngineConfiguration.Flags(file: file), environment: environment)
  }

  private static let text = """
    objects:
      s3: { endpoint: "http://127.0.0.1:9000", access_key: key, secret_key: secret }
    """

  @Test func `objects are in a folder unless an S3 endpoint is named`() throws {
    #expect(try Self.load("region: eu-west-1").s3 == nil)
    let s3 = try #require(try Self.load(Self.text).s3)
    #expect(s3.endpoint == "http://127.0.0.1:9000")
    #expect(s3.region == "us-east-1")
    #expect(s3.accessKey == "key")
    let other = try Self.load(
      Self.text, environment: ["WEIR_OBJECTS_S3_ENDPOINT": "http://localhost:1"])
    #expect(other.s3?.endpoint == "http://localhost:1")
  }

  @Test func `a secret key that others can read is refused, and so is what is no endpoint`() {
    #expect(throws: (any Error).self) { try Self.load(Self.text, mode: 0o644) }
    #expect(throws: (any Error).self) { try Self.load("objects: { s3: { endpoint: nowhere } }") }
    #expect(throws: (any Error).self) {
      try Self.load("objects: { s3: { endpoint: \"http://127.0.0.1:9\" } }")
    }
  }
}
