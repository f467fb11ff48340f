import Engine
import Foundation
import StreamLog
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

  @Test func `prices come from the file that ships, unless they are set`() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("weir.yaml")
    try "prices: { spectrum_scan: 6.25 }".write(toFile: file, atomically: true, encoding: .utf8)
    let flags = EngineConfiguration.Flags(file: file)
    let shipped = try PriceTable.read(
      URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Prices/prices.yaml").path())
    #expect(shipped.scan == ScanPrice())
    #expect(shipped.scanSource.hasPrefix("https://"))
    #expect(shipped.storage.live.dollars == 0.10 && shipped.storage.archive.dollars == 0.023)
    #expect(shipped.storage.warehouse.source.hasPrefix("https://"))
    let configured = try EngineConfiguration.load(flags: flags, environment: [:])
    #expect(configured.prices.scan.dollarsPerTerabyte == 6.25)
    let set = try EngineConfiguration.load(
      flags: flags, environment: ["WEIR_PRICES_SPECTRUM_SCAN": "7"])
    #expect(set.prices.scan.dollarsPerTerabyte == 7)
    let price = shipped.scan
    #expect(
      [0, 1, 10 << 20, (10 << 20) + 1].map(price.billed) == [0, 10 << 20, 10 << 20, 11 << 20])
    #expect(price.dollars(billed: 1 << 40) == 5)
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

  @Test func `region and account are those of every ARN, and must look like such`() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("weir.yaml")
    try "region: eu-west-1\naccount_id: \"123456789012\"\n".write(
      toFile: file, atomically: true, encoding: .utf8)
    let flags = EngineConfiguration.Flags(file: file)
    let configuration = try EngineConfiguration.load(flags: flags, environment: [:])
    #expect(configuration.region == "eu-west-1")
    #expect(configuration.accountID == "123456789012")
    #expect(throws: EngineError.self) {
      try EngineConfiguration.load(flags: flags, environment: ["WEIR_REGION": "Mars"])
    }
    #expect(throws: EngineError.self) {
      try EngineConfiguration.load(flags: flags, environment: ["WEIR_ACCOUNT_ID": "12"])
    }
  }

  @Test(arguments: [
    ("region: Mars", "region: expected a region, such as us-east-1, found 'Mars'"),
    ("account_id: 12", "account_id: expected an account of 12 digits, found '12'"),
    ("region: [us-east-1]", "region: expected a region, such as us-east-1, found a list"),
  ])
  func `a wrong region or account of the file is told with file and line`(
    key: String, words: String
  ) throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("weir.yaml")
    try "aws_port: 1\n\(key)\n".write(toFile: file, atomically: true, encoding: .utf8)
    let error = #expect(throws: EngineError.self) {
      try EngineConfiguration.load(
        flags: EngineConfiguration.Flags(file: file), environment: [:])
    }
    #expect(error.map { "\($0)" } == "\(file):2: \(words)")
  }

  @Test func `the stream log's keys are in the file and in the environment`() throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("weir.yaml")
    try """
    retention_bytes_max: 1073741824
    disk_timeout: 7.5
    scaling:
      hot_seconds: 2
      cold_percent: 20
      shards_min: 1
    """.write(toFile: file, atomically: true, encoding: .utf8)
    let flags = EngineConfiguration.Flags(file: file)
    let configuration = try EngineConfiguration.load(flags: flags, environment: [:])
    #expect(configuration.retentionBytesMax == 1 << 30)
    #expect(configuration.diskTimeout == .milliseconds(7_500))
    #expect(configuration.scaling.hotSeconds == 2 && configuration.scaling.coldPart == 0.2)
    #expect(configuration.scaling.shardsMin == 1 && configuration.scaling.shardsMax == 200)
    let other = try EngineConfiguration.load(
      flags: flags,
      environment: [
        "WEIR_RETENTION_BYTES_MAX": "50000000", "WEIR_DISK_TIMEOUT": "3",
        "WEIR_SCALING_HOT_SECONDS": "9", "WEIR_SCALING_SHARDS_MAX": "12",
      ])
    #expect(other.retentionBytesMax == 50_000_000 && other.diskTimeout == .seconds(3))
    #expect(other.scaling.hotSeconds == 9 && other.scaling.shardsMax == 12)
    #expect(other.scaling.coldPart == 0.2)
    for wrong in [
      ["WEIR_SCALING_SHARDS_MIN": "300"], ["WEIR_SCALING_COLD_PERCENT": "90"],
      ["WEIR_DISK_TIMEOUT": "soon"], ["WEIR_RETENTION_BYTES_MAX": "5"],
    ] {
      #expect(throws: EngineError.self) {
        try EngineConfiguration.load(flags: flags, environment: wrong)
      }
    }
  }

  static let broken = [
    "aws_prot: 1", "aws_port: high", "aws_port: 70000", "- a", "aws_port: [",
    "state_delay: -1", "shard_limits: perhaps", "disk_timeout: 0", "retention_bytes_max: 1 GiB",
    "scaling: 5", "scaling: {hot: 5}", "scaling: {hot_percent: 200}", "scaling: {shards_min: 1.5}",
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
