internal import Core
internal import Foundation
internal import Synchronization

/// What this process takes of the machine. Linux only; elsewhere it is unknown.
final class ProcessMeter: Sendable {
  private let last = Mutex<(at: Timestamp, ticks: Double)?>(nil)

  /// - Returns: the share of one core since the last call (nil at the first), and the memory.
  func measure(at now: Timestamp) -> (cpu: Double?, residentBytes: Int?) {
    guard let status = try? String(contentsOfFile: "/proc/self/stat", encoding: .utf8),
      let end = status.lastIndex(of: ")")
    else { return (nil, nil) }
    // Behind the name: state is field 3, user and system time 14 and 15, resident pages 24.
    let fields = status[end...].split(separator: " ").dropFirst().map(String.init)
    guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
      let pages = Int(fields[21])
    else { return (nil, nil) }
    let ticks = user + system
    let before = last.withLock { last in
      defer { last = (now, ticks) }
      return last
    }
    var cpu: Double?
    if let before, now > before.at {
      // Linux reports in hundredths of a second.
      cpu = max(0, (ticks - before.ticks) / 100 / now.seconds(since: before.at))
    }
    return (cpu, pages * 4_096)
  }
}
