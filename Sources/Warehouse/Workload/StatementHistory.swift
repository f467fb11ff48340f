internal import Synchronization

/// The statements that run, and the newest of those that have ended.
///
/// All of it is in memory: to write each statement down would cost a query more than many a query
/// does, and what ran before the engine last started is of little use to whoever looks for what
/// runs now. The ring holds at most some 20 MB.
final class StatementHistory: Sendable {
  static let endedMax = 5_000

  private struct State {
    var running: [Int: StatementRecord] = [:]
    var ended: [StatementFacts] = []
    /// Where the next one goes once the ring is full.
    var next = 0
  }

  private let state = Mutex(State())

  func begin(_ record: StatementRecord, id: Int) {
    state.withLock { $0.running[id] = record }
  }

  func end(_ facts: StatementFacts) {
    state.withLock { state in
      state.running[facts.id] = nil
      if state.ended.count < Self.endedMax {
        state.ended.append(facts)
      } else {
        state.ended[state.next] = facts
        state.next = (state.next + 1) % Self.endedMax
      }
    }
  }

  /// Those that run and those that have ended, by their numbers.
  var all: [StatementFacts] {
    let (running, ended) = state.withLock { ($0.running.values.map(\.self), $0.ended) }
    return (ended + running.map(\.facts)).sorted { $0.id < $1.id }
  }
}
