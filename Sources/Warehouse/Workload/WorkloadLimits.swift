internal import Foundation

/// How much of the machine statements may take at a time, and how long they may wait and run.
///
/// Capacity is counted in slots, and moves between a floor and a ceiling as statements come and
/// go. DuckDB's limits are those of its database, not of a statement: its memory limit is that of
/// all slots together, and its threads follow the slots.
package struct WorkloadLimits: Sendable, Equatable {
  /// Statements that run at a time: as many when little happens, and at most.
  package var slotsMin: Int
  package var slotsMax: Int
  /// Bytes; nil: an equal part of what DuckDB takes for its limit (80 % of the machine).
  package var memoryPerSlot: Int?
  /// DuckDB's threads at the floor and at the ceiling.
  package var threadsMin: Int
  package var threadsMax: Int
  /// Statements that wait at a time; the next one is told 53300.
  package var queueMax = 200
  /// How long a statement waits for a slot; nil: for as long as it takes.
  package var queueTimeout: Duration?
  /// How long a statement runs, where its session does not say less; nil: for as long as it takes.
  package var statementTimeout: Duration?
  /// The part of the time that background refreshes take while statements run.
  package var refreshShare = 0.25
  /// How long slots stay that nobody needs.
  package var idleTime = Duration.seconds(60)

  package init() {
    let cores = max(1, ProcessInfo.processInfo.activeProcessorCount)
    slotsMin = max(4, cores * 2)
    slotsMax = max(8, cores * 4)
    threadsMin = cores
    threadsMax = cores
  }

  /// DuckDB's threads at a number of slots.
  func threads(at slots: Int) -> Int {
    guard slotsMax > slotsMin, threadsMax > threadsMin else { return threadsMax }
    let part = Double(slots - slotsMin) / Double(slotsMax - slotsMin)
    return threadsMin + Int((part * Double(threadsMax - threadsMin)).rounded())
  }
}
