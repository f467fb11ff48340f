import ArgumentParser
import Synchronization
import UnixSignals

/// Runs `body` as a task that is cancelled when a signal asks the program to end, so that it can
/// put its things away.
///
/// - Throws: what `body` throws; after a signal an `ExitCode` of 128 and the signal's number, as
///   shells have it.
func endingOnSignals(_ body: @escaping @Sendable () async throws -> Void) async throws {
  let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint, .sighup)
  let received = Received()
  let work = Task { try await body() }
  let watcher = Task {
    for await signal in signals {
      received.note(signal.rawValue)
      work.cancel()
    }
  }
  defer { watcher.cancel() }
  let result = await work.result
  if let number = received.number { throw ExitCode(128 + number) }
  try result.get()
}

/// The signal that came first.
private final class Received: Sendable {
  private let state = Mutex<Int32?>(nil)

  var number: Int32? { state.withLock { $0 } }

  func note(_ number: Int32) {
    state.withLock { $0 = $0 ?? number }
  }
}
