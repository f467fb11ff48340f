import AWSProtocol
import Core
import Synchronization

/// Who subscribes to which shard: at most one subscription for each consumer and shard.
final class SubscriptionRegistry: Sendable {
  struct Place: Hashable, Sendable {
    var consumerARN: String
    var shard: String
  }

  private struct Entry {
    var subscription: Subscription
    var startedAt: Timestamp
  }

  private let entries = Mutex<[Place: Entry]>([:])

  /// Begins a subscription, and ends the one that was there.
  ///
  /// - Parameter seconds: for so long after its start, one is not taken over.
  /// - Throws: `ResourceInUseException` within these.
  func begin(
    _ place: Place, at now: Timestamp, protecting seconds: Double
  ) throws(AWSError) -> Subscription {
    let inUse = AWSError(
      .resourceInUse,
      "Another active subscription exists for this consumer: \(place.consumerARN):\(place.shard)")
    let subscription = Subscription()
    let (previous, isRefused) = entries.withLock { entries -> (Subscription?, Bool) in
      let previous = entries[place]
      if let previous, now.seconds(since: previous.startedAt) < seconds { return (nil, true) }
      entries = entries.filter {
        !$0.value.subscription.isOver || now.seconds(since: $0.value.startedAt) < seconds
      }
      entries[place] = Entry(subscription: subscription, startedAt: now)
      return (previous?.subscription, false)
    }
    if isRefused { throw inUse }
    previous?.end(inUse)
    return subscription
  }

  /// Ends the subscriptions of a consumer that is no more.
  func endAll(ofConsumer arn: String, _ error: AWSError) {
    let ending = entries.withLock { entries in
      let ending = entries.filter { $0.key.consumerARN == arn }
      for place in ending.keys { entries[place] = nil }
      return ending.values.map(\.subscription)
    }
    for subscription in ending { subscription.end(error) }
  }
}

/// One subscription: wakes whoever delivers it, and tells why it is to end.
final class Subscription: Sendable {
  enum End: Equatable, Sendable {
    /// The client is told so.
    case failed(AWSError)
    /// The server stops, or all was said.
    case quiet
  }

  /// Yields when there may be something to do; one element may stand for many.
  let wakes: AsyncStream<Void>
  private let continuation: AsyncStream<Void>.Continuation
  private let reason = Mutex<End?>(nil)
  private let due = Mutex(ContinuousClock.now)

  init() {
    (wakes, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
  }

  var end: End? { reason.withLock { $0 } }
  var isOver: Bool { end != nil }

  func wake() {
    continuation.yield()
  }

  /// Wakes at the times to which each event puts the next one off, until it is cancelled.
  func keepTime() async {
    while !Task.isCancelled {
      let time = due.withLock { $0 }
      if time <= .now {
        wake()
        // The event that this asks for moves the time.
        try? await Task.sleep(for: .milliseconds(100))
      } else {
        try? await Task.sleep(until: time)
      }
    }
  }

  /// The next event is to come by then.
  func expectEvent(after pause: Duration) {
    due.withLock { $0 = .now.advanced(by: pause) }
  }

  /// The first reason counts.
  func end(_ error: AWSError?) {
    reason.withLock { $0 = $0 ?? error.map { .failed($0) } ?? .quiet }
    continuation.yield()
  }
}
