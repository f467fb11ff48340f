import Foundation

/// Times and figures of benchmarks.
enum Measuring {
  static func seconds(_ body: () async throws -> Void) async rethrows -> Double {
    let start = ContinuousClock.now
    try await body()
    return (ContinuousClock.now - start) / .seconds(1)
  }

  /// As `seconds`, of what does not wait.
  static func time(_ body: () throws -> Void) rethrows -> Double {
    let start = ContinuousClock.now
    try body()
    return (ContinuousClock.now - start) / .seconds(1)
  }

  static func median(_ values: [Double]) -> Double {
    values.sorted()[values.count / 2]
  }

  /// - Parameter part: 0.5 is the median, 0.99 what one of a hundred is above.
  static func percentile(_ part: Double, of values: [Double]) -> Double {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return 0 }
    return sorted[min(sorted.count - 1, Int((Double(sorted.count) * part).rounded(.down)))]
  }

  static func rate(bytes: Int, _ seconds: Double) -> String {
    let megabytes = Double(bytes) / 1_000_000
    return "\(Int(megabytes / seconds)) MB/s (\((seconds * 1_000).rounded() / 1_000) s)"
  }

  static func ratio(_ value: Double) -> String {
    "\((value * 100).rounded() / 100)"
  }

  /// Resident memory of this process in MiB: all of it, and what is not a file's.
  static func memory() -> (resident: Int, anonymous: Int) {
    let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
    func field(_ name: String) -> Int {
      let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
      return (line?.split(whereSeparator: { !$0.isNumber }).first.flatMap { Int($0) } ?? 0) / 1_024
    }
    return (field("VmRSS:"), field("RssAnon:"))
  }
}
