package import EventBus
internal import Foundation
package import ObjectStore
package import StreamLog
package import Warehouse

/// What an engine is told at its start: flags win over the environment, the environment over
/// the file.
package struct EngineConfiguration: Sendable, Equatable {
  package static let standardAWSPort = 4566
  package static let standardSQLPort = 5439
  package static let standardMetricsPort = 9464

  package var dataDirectory: String
  /// 0 picks a free port.
  package var awsPort = standardAWSPort
  package var sqlPort = standardSQLPort
  /// nil: no metrics endpoint.
  package var metricsPort: Int? = standardMetricsPort
  /// What ARNs say of whose and where everything is.
  package var region = "us-east-1"
  package var accountID = "000000000000"
  /// Whether each shard takes and gives no more than a shard of Kinesis does.
  package var shardLimits = false
  /// How long streams are CREATING, UPDATING and DELETING.
  package var stateDelay = Duration.zero
  /// How statements share the machine.
  package var workload = WorkloadLimits()
  /// Whoever waits for the disk is answered within this time.
  package var diskTimeout = Duration.seconds(20)
  /// Bytes of files that a stream keeps, whatever its retention; nil for no limit.
  package var retentionBytesMax: Int?
  /// What a scan of an external table would cost.
  package var prices = PriceTable()
  /// Which PostgreSQL servers external schemas stand for.
  package var federation = FederationConfiguration()
  /// The S3 API that objects are behind; nil: they are in a folder of the data directory.
  package var s3: S3Configuration?
  /// Programs that events can be given to.
  package var functions: [FunctionDefinition] = []
  /// How streams in on-demand mode scale.
  package var scaling = ScalingPolicy.Configuration()

  package init(dataDirectory: String) {
    self.dataDirectory = dataDirectory
  }

  /// What a person gave on the command line; nil where nothing.
  package struct Flags: Sendable {
    package var file: String?
    package var data: String?
    package var awsPort: Int?
    package var sqlPort: Int?
    package var metricsPort: Int?

    package init(
      file: String? = nil, data: String? = nil, awsPort: Int? = nil, sqlPort: Int? = nil,
      metricsPort: Int? = nil
    ) {
      self.file = file
      self.data = data
      self.awsPort = awsPort
      self.sqlPort = sqlPort
      self.metricsPort = metricsPort
    }
  }

  private struct File {
    var data: String?
    var awsPort: Int?
    var sqlPort: Int?
    var metricsPort: Int?
    var region: String?
    var accountID: String?
    var shardLimits: Bool?
    var stateDelay: Double?
    var workload: [String: Double] = [:]
    var diskTimeout: Double?
    var retentionBytesMax: Int?
    /// By the names of their keys.
    var scaling: [String: Double] = [:]
    var prices: [String: Double] = [:]
    var federation = FederationReader.Settings()
    var objects = ObjectsReader.Settings()
    var functions: [FunctionDefinition] = []

    private static let keys = [
      "data", "aws_port", "sql_port", "metrics_port", "region", "account_id", "shard_limits",
      "state_delay", "disk_timeout", "retention_bytes_max", "scaling",
      "workload", "federation", "secrets", "objects", "prices", "functions",
    ]

    /// - Throws: `EngineError` that names the line, the key and what was expected there.
    init(_ document: YAMLPlace) throws {
      let fields = try document.fields([], optional: Self.keys)
      data = try fields["data"]?.text()
      awsPort = try fields["aws_port"]?.number(0...65_535)
      sqlPort = try fields["sql_port"]?.number(0...65_535)
      metricsPort = try fields["metrics_port"]?.number(0...65_535)
      region = try fields["region"]?.text(Identity.region, where: Identity.regionPattern)
      accountID = try fields["account_id"]?.text(Identity.account, where: Identity.accountPattern)
      shardLimits = try fields["shard_limits"]?.flag()
      stateDelay = try fields["state_delay"]?.decimal(0...3600)
      workload = try fields["workload"].map(WorkloadConfiguration.read) ?? [:]
      diskTimeout = try fields["disk_timeout"]?.decimal(
        EngineConfiguration.diskTimeoutRange)
      retentionBytesMax = try fields["retention_bytes_max"]?.number(
        EngineConfiguration.retentionBytesRange)
      prices = try fields["prices"].map(PriceTable.overrides) ?? [:]
      federation = try FederationReader.Settings(
        federation: fields["federation"], secrets: fields["secrets"])
      objects = try ObjectsReader.Settings(fields["objects"])
      functions = try FunctionsReader.read(fields["functions"])
      guard let scaling = fields["scaling"] else { return }
      let settings = ScalingSetting.all
      let places = try scaling.fields([], optional: settings.map(\.key))
      for setting in settings {
        self.scaling[setting.key] = try places[setting.key]?.decimal(setting.range)
      }
    }
  }

  /// - Throws: `EngineError` that names the file and key, or the variable, that is wrong.
  package static func load(
    flags: Flags, environment: [String: String]
  ) throws -> EngineConfiguration {
    let file = try readFile(flags.file, environment: environment)
    var configuration = EngineConfiguration(
      dataDirectory: flags.data ?? file?.data.flatMap { environment["WEIR_DATA"] ?? $0 }
        ?? DataDirectory.standard(environment: environment))
    configuration.awsPort = try port(
      flags.awsPort, environment, "WEIR_AWS_PORT", file?.awsPort, standardAWSPort)
    configuration.sqlPort = try port(
      flags.sqlPort, environment, "WEIR_SQL_PORT", file?.sqlPort, standardSQLPort)
    configuration.metricsPort = try port(
      flags.metricsPort, environment, "WEIR_METRICS_PORT", file?.metricsPort,
      standardMetricsPort)
    configuration.region =
      try identity(
        environment, "WEIR_REGION", Identity.region, where: Identity.regionPattern)
      ?? file?.region ?? configuration.region
    configuration.accountID =
      try identity(
        environment, "WEIR_ACCOUNT_ID", Identity.account, where: Identity.accountPattern)
      ?? file?.accountID ?? configuration.accountID
    configuration.shardLimits = try shardLimits(environment) ?? file?.shardLimits ?? false
    configuration.workload = try WorkloadConfiguration.limits(
      file: file?.workload ?? [:], environment: environment)
    configuration.stateDelay = .seconds(
      try number(environment, "WEIR_STATE_DELAY", in: 0...3600) ?? file?.stateDelay ?? 0)
    configuration.diskTimeout =
      try (number(environment, "WEIR_DISK_TIMEOUT", in: diskTimeoutRange) ?? file?.diskTimeout)
      .map { .seconds($0) } ?? configuration.diskTimeout
    configuration.retentionBytesMax =
      try number(
        environment, "WEIR_RETENTION_BYTES_MAX",
        in: Double(retentionBytesRange.lowerBound)...Double(retentionBytesRange.upperBound)
      ).map { Int($0) } ?? file?.retentionBytesMax
    configuration.prices = try PriceTable.load(
      file: file?.prices ?? [:], environment: environment)
    configuration.federation = try FederationReader.configuration(
      file: file?.federation ?? FederationReader.Settings(), environment: environment)
    configuration.s3 = try ObjectsReader.configuration(
      file: file?.objects ?? ObjectsReader.Settings(), environment: environment)
    configuration.functions = file?.functions ?? []
    try ScalingSetting.apply(
      file: file?.scaling ?? [:], environment: environment, to: &configuration.scaling)
    return configuration
  }

  /// What region and account look like, in words and as patterns.
  private enum Identity {
    static let region = "a region, such as us-east-1"
    static let account = "an account of 12 digits"
    static var regionPattern: Regex<(Substring, Substring)> {
      #/[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}/#
    }
    static var accountPattern: Regex<Substring> { #/[0-9]{12}/# }
  }

  private static func identity(
    _ environment: [String: String], _ variable: String, _ what: String,
    where pattern: Regex<some Any>
  ) throws -> String? {
    guard let text = environment[variable], !text.isEmpty else { return nil }
    guard text.wholeMatch(of: pattern) != nil else {
      throw EngineError("\(variable) must be \(what), not '\(text)'")
    }
    return text
  }

  private static func shardLimits(_ environment: [String: String]) throws -> Bool? {
    guard let text = environment["WEIR_SHARD_LIMITS"], !text.isEmpty else { return nil }
    switch text.lowercased() {
    case "true", "yes", "on", "1": return true
    case "false", "no", "off", "0": return false
    default: throw EngineError("WEIR_SHARD_LIMITS must be true or false, not '\(text)'")
    }
  }

  /// The number that a variable holds; nil if it is not set.
  static func number(
    _ environment: [String: String], _ variable: String, in range: ClosedRange<Double>
  ) throws -> Double? {
    guard let text = environment[variable], !text.isEmpty else { return nil }
    guard let number = Double(text), range.contains(number) else {
      throw EngineError(
        "\(variable) must be a number from \(range.lowerBound.formatted) to "
          + "\(range.upperBound.formatted), not '\(text)'")
    }
    return number
  }

  private static func readFile(_ path: String?, environment: [String: String]) throws -> File? {
    let home = environment["XDG_CONFIG_HOME"] ?? (environment["HOME"] ?? ".") + "/.config"
    let file = path ?? home + "/weir/weir.yaml"
    guard let data = FileManager.default.contents(atPath: file) else {
      if path == nil { return nil }
      throw EngineError("cannot read the configuration file \(file)")
    }
    return try YAMLPlace.read(String(decoding: data, as: UTF8.self), file: file).map(File.init)
  }

  private static func port(
    _ flag: Int?, _ environment: [String: String], _ variable: String, _ file: Int?,
    _ standard: Int
  ) throws -> Int {
    var chosen = file ?? standard
    if let text = environment[variable], !text.isEmpty {
      guard let number = Int(text) else {
        throw EngineError("\(variable) must be a port number, not '\(text)'")
      }
      chosen = number
    }
    if let flag { chosen = flag }
    guard (0...65_535).contains(chosen) else {
      throw EngineError("\(chosen) is not a port: 0 to 65535")
    }
    return chosen
  }
}
