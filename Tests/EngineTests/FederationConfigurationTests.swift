import Engine
import Foundation
import TestSupport
import Testing
import Warehouse

@Suite struct FederationConfigurationTests {
  private static let text = """
    federation:
      connect_timeout: 2.5
      statement_timeout: 30
      endpoints:
        Aurora-Cluster.cluster-xyz.us-east-1.rds.amazonaws.com: 127.0.0.1:55432
        other: "[::1]:5433"
        plain: localhost
    secrets:
      "arn:aws:secretsmanager:us-east-1:account:secret:aurora-secret":
        { username: weir, password: p4ss, engine: postgres }
    """

  private static func load(
    _ text: String, mode: Int = 0o600, environment: [String: String] = [:]
  ) throws -> (FederationConfiguration, TemporaryDirectory) {
    let directory = try TemporaryDirectory()
    let file = directory.file("weir.yaml")
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file)
    let configuration = try EngineConfiguration.load(
      flags: EngineConfiguration.Flags(file: file), environment: environment)
    return (configuration.federation, directory)
  }

  @Test func `endpoints, secrets and limits come from the file`() throws {
    let (federation, _) = try Self.load(Self.text)
    #expect(
      federation.endpoints["aurora-cluster.cluster-xyz.us-east-1.rds.amazonaws.com"]
        == .init(host: "127.0.0.1", port: 55432))
    #expect(federation.endpoints["other"] == .init(host: "::1", port: 5433))
    #expect(federation.endpoints["plain"] == .init(host: "localhost", port: 5432))
    #expect(
      federation.secrets["arn:aws:secretsmanager:us-east-1:account:secret:aurora-secret"]
        == .init(user: "weir", password: "p4ss"))
    #expect(federation.connectTimeout == .seconds(2.5))
    #expect(federation.statementTimeout == .seconds(30))
  }

  @Test func `a file with secrets that others can read is refused, with its mode`() throws {
    for mode in [0o644, 0o640, 0o604, 0o660] {
      let error = #expect(throws: EngineError.self) { try Self.load(Self.text, mode: mode) }
      #expect(error?.description.contains("its mode is 0\(String(mode, radix: 8))") == true)
      #expect(error?.description.contains("weir.yaml") == true)
      #expect(error?.description.contains("p4ss") == false)
    }
    // Without secrets anybody may read it.
    let (federation, _) = try Self.load("federation: { connect_timeout: 1 }", mode: 0o644)
    #expect(federation.connectTimeout == .seconds(1))
  }

  @Test func `the environment wins, and has secrets of its own`() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("secrets.yaml")
    try "\"arn:file\": { username: a, password: b }".write(
      toFile: file, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    let (federation, _) = try Self.load(
      Self.text,
      environment: [
        "WEIR_FEDERATION_ENDPOINTS": "plain=127.0.0.1:1, more=127.0.0.2:2",
        "WEIR_FEDERATION_CONNECT_TIMEOUT": "7", "WEIR_SECRETS_FILE": file,
        "WEIR_SECRETS": #"{"arn:json": {"username": "c", "password": "d", "port": 5432}}"#,
      ])
    #expect(federation.endpoints["plain"] == .init(host: "127.0.0.1", port: 1))
    #expect(federation.endpoints["more"] == .init(host: "127.0.0.2", port: 2))
    #expect(federation.connectTimeout == .seconds(7))
    #expect(federation.secrets["arn:file"] == .init(user: "a", password: "b"))
    #expect(federation.secrets["arn:json"] == .init(user: "c", password: "d"))
    #expect(federation.secrets.count == 3)
  }

  @Test func `a secrets file is named in the configuration`() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("secrets.yaml")
    try "\"arn:file\": { username: a, password: b }".write(
      toFile: file, atomically: true, encoding: .utf8)
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
    let error = #expect(throws: EngineError.self) {
      try Self.load("secrets: \(file)", mode: 0o644)
    }
    #expect(error?.description.contains("secrets.yaml") == true)
    try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
    let (federation, _) = try Self.load("secrets: \(file)", mode: 0o644)
    #expect(federation.secrets["arn:file"] == .init(user: "a", password: "b"))
  }

  @Test(arguments: [
    "federation: { endpoints: { a: '127.0.0.1:0' } }", "federation: { endpoints: { a: 'x:y' } }",
    "federation: { connect_timeout: 0 }", "federation: { nope: 1 }",
    "secrets: { a: { username: b } }",
  ])
  func `what is wrong is told with its place`(_ text: String) throws {
    let error = #expect(throws: EngineError.self) { try Self.load(text) }
    #expect(error?.description.contains("weir.yaml:1") == true)
  }
}
