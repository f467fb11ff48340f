internal import Warehouse

/// The keys of `workload:` in weir.yaml, each also a variable: `slots_max` is
/// `WEIR_WORKLOAD_SLOTS_MAX`.
enum WorkloadConfiguration {
  private struct Key {
    var name: String
    var range: ClosedRange<Double>
    var isWhole: Bool
    var apply: @Sendable (inout WorkloadLimits, Double) -> Void
  }

  private static let keys = [
    Key(name: "slots_min", range: 1...1_000, isWhole: true) { $0.slotsMin = Int($1) },
    Key(name: "slots_max", range: 1...1_000, isWhole: true) { $0.slotsMax = Int($1) },
    // MiB.
    Key(name: "memory_per_slot", range: 16...1_048_576, isWhole: true) {
      $0.memoryPerSlot = Int($1) << 20
    },
    Key(name: "threads_min", range: 1...1_024, isWhole: true) { $0.threadsMin = Int($1) },
    Key(name: "threads_max", range: 1...1_024, isWhole: true) { $0.threadsMax = Int($1) },
    Key(name: "queue_max", range: 0...100_000, isWhole: true) { $0.queueMax = Int($1) },
    // Seconds; 0 is for ever.
    Key(name: "queue_timeout", range: 0...86_400, isWhole: false) {
      $0.queueTimeout = $1 > 0 ? .seconds($1) : nil
    },
    Key(name: "statement_timeout", range: 0...86_400, isWhole: false) {
      $0.statementTimeout = $1 > 0 ? .seconds($1) : nil
    },
    Key(name: "idle_time", range: 0.1...86_400, isWhole: false) { $0.idleTime = .seconds($1) },
    Key(name: "refresh_share", range: 0.01...1, isWhole: false) { $0.refreshShare = $1 },
  ]

  /// What the file says, by key.
  ///
  /// - Throws: `EngineError` that names the line, the key and what was expected there.
  static func read(_ place: YAMLPlace) throws -> [String: Double] {
    let fields = try place.fields([], optional: keys.map(\.name))
    var values: [String: Double] = [:]
    for key in keys {
      guard let field = fields[key.name] else { continue }
      if key.isWhole {
        let number: Int = try field.number(Int(key.range.lowerBound)...Int(key.range.upperBound))
        values[key.name] = Double(number)
      } else {
        values[key.name] = try field.decimal(key.range)
      }
    }
    return values
  }

  /// - Throws: `EngineError` that names the variable or the keys that are wrong.
  static func limits(
    file: [String: Double], environment: [String: String]
  ) throws -> WorkloadLimits {
    var limits = WorkloadLimits()
    var given: Set<String> = []
    for key in keys {
      guard let value = try fromEnvironment(key, environment) ?? file[key.name] else { continue }
      key.apply(&limits, value)
      given.insert(key.name)
    }
    // Who sets one end of a range has the other follow, where it would be on the wrong side.
    if !given.contains("slots_min") { limits.slotsMin = min(limits.slotsMin, limits.slotsMax) }
    if !given.contains("slots_max") { limits.slotsMax = max(limits.slotsMin, limits.slotsMax) }
    if !given.contains("threads_min") {
      limits.threadsMin = min(limits.threadsMin, limits.threadsMax)
    }
    if !given.contains("threads_max") {
      limits.threadsMax = max(limits.threadsMin, limits.threadsMax)
    }
    guard limits.slotsMin <= limits.slotsMax, limits.threadsMin <= limits.threadsMax else {
      throw EngineError(
        "workload: slots_min and threads_min must not be above slots_max and threads_max")
    }
    return limits
  }

  private static func fromEnvironment(
    _ key: Key, _ environment: [String: String]
  ) throws -> Double? {
    let variable = "WEIR_WORKLOAD_" + key.name.uppercased()
    guard let text = environment[variable], !text.isEmpty else { return nil }
    guard let value = Double(text), key.range.contains(value),
      !key.isWhole || value == value.rounded()
    else {
      let low = key.isWhole ? "\(Int(key.range.lowerBound))" : "\(key.range.lowerBound)"
      let high = key.isWhole ? "\(Int(key.range.upperBound))" : "\(key.range.upperBound)"
      throw EngineError(
        "\(variable) must be a \(key.isWhole ? "whole " : "")number from \(low) to \(high), "
          + "not '\(text)'")
    }
    return value
  }
}
