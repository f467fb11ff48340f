import Synchronization

/// A value that several threads change in turn; a class, so that a closure can hold it.
package final class Locked<Value: Sendable>: Sendable {
  private let mutex: Mutex<Value>

  package init(_ value: Value) {
    mutex = Mutex(value)
  }

  package func withLock<Result>(
    _ body: (inout sending Value) -> sending Result
  ) -> sending Result {
    mutex.withLock(body)
  }
}

extension Locked where Value: Copyable {
  package var value: Value { mutex.withLock { $0 } }
}
