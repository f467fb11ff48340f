package import Core
import Synchronization

/// A clock that stands still until it is told to move.
package final class ManualClock: WallClock {
  private let time: Mutex<Timestamp>

  package init(_ start: Timestamp = Timestamp(seconds: 1_700_000_000)) {
    time = Mutex(start)
  }

  package func now() -> Timestamp {
    time.withLock { $0 }
  }

  package func advance(seconds: Double) {
    time.withLock { $0 = $0.advanced(bySeconds: seconds) }
  }
}
