internal import Dispatch
internal import Synchronization

/// Threads that write shards side by side.
///
/// There may be more than there are processors: each mostly waits for the disk. Files that are
/// synced at the same time share a commit of the file system's journal, where one after the other
/// each takes its own.
final class WritingCrew: Sendable {
  /// Beside the thread that asks.
  private static let helpersMax = 7

  private let helpers = (0..<WritingCrew.helpersMax).map { index in
    DispatchQueue(label: "weir.write.\(index)")
  }

  /// Runs `body` once for each number below `count`; returns when all are done. Blocking; to be
  /// called by one thread at a time.
  func perform(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
    guard count > 1 else {
      if count == 1 { body(0) }
      return
    }
    let next = Atomic(0)
    // Counts what is done, not who does it: nobody waits for a helper that comes late.
    let left = DispatchGroup()
    for _ in 0..<count { left.enter() }
    @Sendable func work() {
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        body(index)
        left.leave()
      }
    }
    for helper in helpers.prefix(count - 1) { helper.async { work() } }
    work()
    left.wait()
  }
}
