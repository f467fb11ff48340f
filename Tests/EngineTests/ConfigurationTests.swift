import Engine
import Foundation
import TestSupport
import Testing

@Suite struct ConfigurationTests {
  @Test func `flags win over the environment, the environment over the file`() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("weir.yaml")
    try
      "aws_port: 1\nsql_port: 2\nmetrics_port: 3\nshard_limits: true\nstate_delay: 0.5\ndata: /d\n"
      .write(
        toFile: file, atomically: true, encoding: .utf8)
    let configuration = try EngineConfiguration.load(
      flags: EngineConfiguration.Flags(file: file, awsPort: 10),
      environment: ["WEIR_AWS_PORT": "20", "WEIR_SQL_PORT": "21"])
    #expect(configuration.awsPort == 10)
    #expect(configuration.sqlPort == 21)
    #expect(configuration.metricsPort == 3)
    #expect(configuration.dataDirectory == "/d")
    #expect(configuration.shardLimits)
    #expect(configuration.stateDelay == .milliseconds(500))
  }

  static let broken = [
    "aws_prot: 1", "aws_port: high", "aws_port: 70000", "- a", "aws_port: [",
    "state_delay: -1", "shard_limits: perhaps",
  ]

  @Test(arguments: broken)
  func `a wrong configuration is an error`(_ text: String) throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("weir.yaml")
    try text.write(toFile: file, atomically: true, encoding: .utf8)
    #expect(throws: EngineError.self) {
      try EngineConfiguration.load(
        flags: EngineConfiguration.Flags(file: file), environment: [:])
    }
  }

  @Test func `a data directory has one owner, and a second is told who`() throws {
    let directory = try TemporaryDirectory()
    let owner = try DataDirectory(claiming: directory.file("data"))
    do {
      _ = try DataDirectory(claiming: directory.file("data"))
      Issue.record("no error")
    } catch let error as EngineError {
      #expect(error.description.contains("process \(ProcessInfo.processInfo.processIdentifier)"))
    }
    withExtendedLifetime(owner) {}
  }

  @Test func `a password is made once and readable by its owner only`() throws {
    let directory = try TemporaryDirectory()
    let owner = try DataDirectory(claiming: directory.file("data"))
    let password = try owner.password()
    #expect(password.count == 24)
    #expect(try owner.password() == password)
    let attributes = try FileManager.default.attributesOfItem(
      atPath: directory.file("data/credentials.json"))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
  }
}
