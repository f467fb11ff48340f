internal import Dispatch
internal import Synchronization

/// Someone who waits for a change of a stream, and not longer than is configured.
final class TimedChange<Value: Sendable>: Sendable {
  typealias Outcome = Result<Value, StreamLogError>

  private let waiter: Mutex<CheckedContinuation<Outcome, Never>?>

  init(_ waiter: CheckedContinuation<Outcome, Never>) {
    self.waiter = Mutex(waiter)
  }

  var isAwaited: Bool { waiter.withLock { $0 != nil } }

  /// The first call counts.
  func settle(_ outcome: Outcome) {
    let waiter = waiter.withLock { waiter in
      defer { waiter = nil }
      return waiter
    }
    waiter?.resume(returning: outcome)
  }

  func settle(_ outcome: Outcome, in time: Duration) {
    DispatchQueue.global().asyncAfter(deadline: .now() + time.dispatchInterval) { [weak self] in
      self?.settle(outcome)
    }
  }
}

extension Duration {
  /// At least a millisecond.
  var dispatchInterval: DispatchTimeInterval {
    let (seconds, attoseconds) = components
    let nanoseconds = Int(clamping: seconds).multipliedReportingOverflow(by: 1_000_000_000)
    guard !nanoseconds.overflow else { return .never }
    return .nanoseconds(
      max(1_000_000, nanoseconds.partialValue &+ Int(attoseconds / 1_000_000_000)))
  }
}
