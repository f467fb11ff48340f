internal import Dispatch
internal import Synchronization

/// Waits on a queue's own thread for what Swift's tasks do.
enum BlockingWait {
  private final class Outcome<Value: Sendable>: Sendable {
    let result = Mutex<Swift.Result<Value, any Error>?>(nil)
    let isDone = DispatchSemaphore(value: 0)
  }

  /// Never to be called on a thread of Swift's cooperative pool.
  static func run<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) throws -> Value {
    let outcome = Outcome<Value>()
    Task {
      let result: Swift.Result<Value, any Error>
      do {
        result = .success(try await body())
      } catch {
        result = .failure(error)
      }
      outcome.result.withLock { $0 = result }
      outcome.isDone.signal()
    }
    outcome.isDone.wait()
    guard let result = outcome.result.withLock({ $0 }) else { throw CancellationError() }
    return try result.get()
  }
}
