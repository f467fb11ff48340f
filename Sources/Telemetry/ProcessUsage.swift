internal import Core

#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// What this process takes of the machine. A headless demo passes its own, to stay the same
/// from run to run.
package protocol ProcessUsage: Sendable {
  /// Processor time since the process began, of all its threads.
  func processorSeconds() -> Double?
  func residentBytes() -> Int?
}

/// The usage that the system tells of this process.
package struct SystemProcessUsage: ProcessUsage {
  package init() {}

  package func processorSeconds() -> Double? {
    var time = timespec()
    guard clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0 else { return nil }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
  }

  /// Linux tells it in /proc; elsewhere it is not known.
  package func residentBytes() -> Int? {
    guard let file = fopen("/proc/self/statm", "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    guard fgets(&line, Int32(line.count), file) != nil else { return nil }
    let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return nil }
    let (bytes, overflow) = pages.multipliedReportingOverflow(by: Int(sysconf(Int32(_SC_PAGESIZE))))
    return overflow ? nil : bytes
  }
}

/// Tells nothing.
package struct UnknownProcessUsage: ProcessUsage {
  package init() {}
  package func processorSeconds() -> Double? { nil }
  package func residentBytes() -> Int? { nil }
}

/// The processor's share over the time between two looks, at least a second apart.
struct ProcessorGauge: Sendable {
  private var since: (at: Timestamp, seconds: Double)?
  private var fraction: Double?

  /// Of one core: 1 is a whole core busy; nil before the second look.
  mutating func fraction(at now: Timestamp, processorSeconds: Double?) -> Double? {
    guard let processorSeconds else { return nil }
    guard let since else {
      since = (now, processorSeconds)
      return nil
    }
    let elapsed = now.seconds(since: since.at)
    if elapsed >= 1 {
      fraction = max(0, processorSeconds - since.seconds) / elapsed
      self.since = (now, processorSeconds)
    } else if elapsed < 0 {
      self.since = (now, processorSeconds)
    }
    return fraction
  }
}
