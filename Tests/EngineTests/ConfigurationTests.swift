import Engine
import Foundation
import TestSupport
import Testing
import Warehouse

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

  @Test func `limits of the workload come from the file and the environment`() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("weir.yaml")
    try "workload: { slots_max: 3, queue_timeout: 1.5, memory_per_slot: 64, queue_max: 7 }".write(
      toFile: file, atomically: true, encoding: .utf8)
    let limits = try EngineConfiguration.load(
      flags: EngineConfiguration.Flags(file: file),
      environment: ["WEIR_WORKLOAD_QUEUE_MAX": "9", "WEIR_WORKLOAD_REFRESH_SHARE": "0.5"]
    ).workload
    #expect(limits.slotsMax == 3)
    #expect(limits.slotsMin <= 3)
    #expect(limits.queueTimeout == .milliseconds(1500))
    #expect(limits.memoryPerSlot == 64 << 20)
    #expect(limits.queueMax == 9)
    #expect(limits.refreshShare == 0.5)
  }

  @Test(arguments: ["0", "1.5", "many"])
  func `a wrong limit in the environment is an error`(_ text: String) throws {
    #expect(throws: EngineError.self) {
      try EngineConfiguration.load(
        flags: EngineConfiguration.Flags(),
        environment: ["WEIR_WORKLOAD_SLOTS_MAX": text, "XDG_CONFIG_HOME": "/nowhere"])
    }
  }

  static let broken = [
    "aws_prot: 1", "aws_port: high", "aws_port: 70000", "- a", "aws_port: [",
    "state_delay: -1", "shard_limits: perhaps",
    "workload: 3", "workload: { slots: 3 }", "workload: { slots_max: 0 }",
    "workload: { slots_min: 5, slots_max: 2 }", "workload: { refresh_share: 2 }",
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
