internal import Dispatch

/// A thread's worth of blocking work (DuckDB, files), one job at a time, off Swift's
/// cooperative pool.
package final class BlockingQueue: Sendable {
  private let queue: DispatchQueue

  package init(label: String) {
    queue = DispatchQueue(label: label)
  }

  /// Runs `body` after the jobs that came before it and returns what it returns.
  package func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      queue.async {
        continuation.resume(with: Result(catching: body))
      }
    }
  }
}
