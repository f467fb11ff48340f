internal import Foundation

/// A thread of low priority for work that may take long while others wait for answers.
///
/// DuckDB's threads belong to its database and have one priority. Work of one thread only is mostly
/// done by the thread that asks for it: that one gives way to all others.
enum QuietThread {
  #if os(Linux)
    /// Of 19. What is left of a core whose other threads want all of it: about a tenth. With less,
    /// a month would not end on a machine that is busy with others.
    private static let niceness: Int32 = 10
  #endif

  /// Runs `body` on a thread of its own and returns what it returns.
  static func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      let thread = Thread {
        #if os(Linux)
          // Of this thread alone: Linux has a niceness for each.
          setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
        #endif
        continuation.resume(with: Result(catching: body))
      }
      thread.qualityOfService = .background
      thread.stackSize = 8 << 20
      thread.start()
    }
  }
}
