internal import Core

/// How much capacity statements had, minute by minute: only time in which a statement ran counts.
struct CapacityUsage: Sendable {
  struct Minute: Sendable {
    /// Minutes since 1970.
    var minute: Int64
    /// Slots that were open, times the seconds in which a statement ran.
    var slotSeconds = 0.0
    /// Seconds in which a statement ran.
    var busySeconds = 0.0
  }

  /// A week, as SYS_SERVERLESS_USAGE keeps.
  private static let minutesMax = 7 * 24 * 60
  private static let minute: Int64 = 60_000_000

  private(set) var minutes: [Minute] = []
  private var countedUntil: Timestamp?

  /// Counts the time since the last call, in which nothing has changed.
  mutating func account(running: Int, slots: Int, until now: Timestamp) {
    defer { countedUntil = now }
    guard running > 0, var start = countedUntil?.microseconds else { return }
    while start < now.microseconds {
      let minute = start / Self.minute
      let end = min(now.microseconds, (minute + 1) * Self.minute)
      if minutes.last?.minute != minute {
        minutes.append(Minute(minute: minute))
        if minutes.count > Self.minutesMax { minutes.removeFirst() }
      }
      let seconds = Double(end - start) / 1_000_000
      minutes[minutes.count - 1].slotSeconds += seconds * Double(slots)
      minutes[minutes.count - 1].busySeconds += seconds
      start = end
    }
  }
}
