internal import StreamLog

// What the stream log is told through the engine's configuration.
extension EngineConfiguration {
  /// Seconds.
  static let diskTimeoutRange = 0.1...600.0
  /// Below this, a file of a stream would hardly hold a record of the largest size.
  static let retentionBytesRange = (16 << 20)...(1 << 50)

  /// The stream log's own configuration; clock and reporter are the engine's.
  var log: StreamLog.Configuration {
    var log = StreamLog.Configuration()
    log.accountID = accountID
    log.region = region
    log.enforcesShardLimits = shardLimits
    log.stateDelay = stateDelay
    log.diskTimeout = diskTimeout
    log.scaling = scaling
    log.retentionBytesMax = retentionBytesMax
    if let bytesMax = retentionBytesMax {
      // The cap works on whole files, of which each shard keeps the newest.
      log.segmentBytesMax = max(1 << 20, min(log.segmentBytesMax, bytesMax / 16))
    }
    return log
  }
}

/// A number of the scaling policy that can be set: `scaling.hot_seconds` in the file,
/// `WEIR_SCALING_HOT_SECONDS` in the environment.
struct ScalingSetting {
  var key: String
  var range: ClosedRange<Double>
  var isWhole = false
  var set: @Sendable (inout ScalingPolicy.Configuration, Double) -> Void

  var variable: String { "WEIR_SCALING_" + key.uppercased() }

  static let all: [ScalingSetting] = [
    ScalingSetting(key: "shard_bytes_per_second", range: 1...1e12) { $0.bytesPerSecond = $1 },
    ScalingSetting(key: "shard_records_per_second", range: 1...1e9) { $0.recordsPerSecond = $1 },
    ScalingSetting(key: "hot_percent", range: 1...100) { $0.hotPart = $1 / 100 },
    ScalingSetting(key: "hot_seconds", range: 1...86_400) { $0.hotSeconds = $1 },
    ScalingSetting(key: "cold_percent", range: 0...100) { $0.coldPart = $1 / 100 },
    ScalingSetting(key: "cold_seconds", range: 1...86_400) { $0.coldSeconds = $1 },
    ScalingSetting(key: "shards_min", range: 1...1_000, isWhole: true) { $0.shardsMin = Int($1) },
    ScalingSetting(key: "shards_max", range: 1...1_000, isWhole: true) { $0.shardsMax = Int($1) },
  ]

  /// - Throws: `EngineError` for a variable that is no number of its range, or for values that
  ///   contradict each other.
  static func apply(
    file: [String: Double], environment: [String: String],
    to configuration: inout ScalingPolicy.Configuration
  ) throws {
    for setting in all {
      let value = try EngineConfiguration.number(environment, setting.variable, in: setting.range)
      guard let value = value ?? file[setting.key] else { continue }
      guard !setting.isWhole || value == value.rounded() else {
        throw EngineError("scaling: \(setting.key) must be a whole number, not \(value)")
      }
      setting.set(&configuration, value)
    }
    guard configuration.shardsMin <= configuration.shardsMax else {
      throw EngineError(
        "scaling: shards_min (\(configuration.shardsMin)) is above shards_max "
          + "(\(configuration.shardsMax))")
    }
    guard configuration.coldPart < configuration.hotPart else {
      throw EngineError("scaling: cold_percent must be below hot_percent")
    }
  }
}

extension Double {
  /// Without a fraction where there is none.
  var formatted: String {
    self == rounded() && magnitude < 1e15 ? "\(Int64(self))" : "\(self)"
  }
}
