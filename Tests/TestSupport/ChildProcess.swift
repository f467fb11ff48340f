package import Foundation
import Synchronization

/// Another program, running.
///
/// Not Foundation's `Process`: that one notices the end of a program only when everything that the
/// program has left in the background has ended too, and its `waitUntilExit` holds a thread.
package final class ChildProcess: Sendable {
  package let id: pid_t
  private let end: Task<Int32, Never>
  /// Set when the id may stand for another program.
  private let isReaped: Lock

  /// - Parameters:
  ///   - environment: all variables that it gets; nil for those of the test.
  ///   - input: a file, or nil for none; like the other two it stays the caller's to close.
  package init(
    _ path: String, _ arguments: [String], environment: [String: String]? = nil,
    input: FileHandle? = nil, output: FileHandle? = nil, errors: FileHandle? = nil
  ) throws {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, file) in [input, output, errors].enumerated() {
      if let file {
        posix_spawn_file_actions_adddup2(&actions, file.fileDescriptor, Int32(target))
      } else {
        posix_spawn_file_actions_addopen(&actions, Int32(target), "/dev/null", O_RDWR, 0)
      }
    }
    // Threads of dispatch queues have all signals blocked, which a program would inherit: it would
    // not hear of SIGTERM, or tmux of the end of its shells.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    let variables = environment ?? ProcessInfo.processInfo.environment
    var id: pid_t = 0
    let state = Self.withCStrings([path] + arguments) { arguments in
      Self.withCStrings(variables.map { "\($0)=\($1)" }) { variables in
        posix_spawn(&id, path, &actions, &attributes, arguments, variables)
      }
    }
    guard state == 0 else {
      throw CocoaError(
        .executableLoad,
        userInfo: [NSFilePathErrorKey: path, "reason": String(cString: strerror(state))])
    }
    self.id = id
    let ended = AsyncStream.makeStream(of: Int32.self)
    end = Task {
      for await status in ended.stream { return status }
      return -1
    }
    let (child, reaped) = (id, Lock())
    isReaped = reaped
    Thread.detachNewThread {
      var ending = siginfo_t()
      while waitid(P_PID, id_t(child), &ending, WEXITED | WNOWAIT) < 0, errno == EINTR {}
      var status: Int32 = 0
      reaped.value.withLock { isReaped in
        waitpid(child, &status, 0)
        isReaped = true
      }
      ended.continuation.yield(status)
      ended.continuation.finish()
    }
  }

  private static func withCStrings<Value>(
    _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
  ) -> Value {
    let copies = texts.map { strdup($0) }
    defer { for copy in copies { free(copy) } }
    return body(copies + [nil])
  }

  /// Does nothing once the program has ended.
  package func signal(_ number: Int32) {
    isReaped.value.withLock { isReaped in
      if !isReaped { kill(id, number) }
    }
  }

  /// - Returns: the exit status; 128 and the signal's number if a signal ended it, as shells say.
  package func wait() async -> Int32 {
    let status = await end.value
    let signal = status & 0x7F
    return signal == 0 ? status >> 8 & 0xFF : 128 + signal
  }
}

/// A `Mutex` that a closure can keep.
private final class Lock: Sendable {
  let value = Mutex(false)
}

/// What a program printed and how it ended.
package struct Outcome: Sendable {
  package var status: Int32
  package var output: String
  package var errors: String
}

extension ChildProcess {
  /// Runs a program to its end; it is killed when the time is over or the task is canceled.
  ///
  /// Output goes through files: whatever the program leaves running cannot hold a pipe open.
  package static func run(
    _ path: String, _ arguments: [String], input: String = "",
    environment: [String: String]? = nil, seconds: Double = 120
  ) async throws -> Outcome {
    let directory = try TemporaryDirectory()
    func file(_ name: String) -> URL { URL(fileURLWithPath: directory.file(name)) }
    try Data(input.utf8).write(to: file("input"))
    for name in ["output", "errors"] { try Data().write(to: file(name)) }
    let child = try ChildProcess(
      path, arguments, environment: environment, input: FileHandle(forReadingFrom: file("input")),
      output: FileHandle(forWritingTo: file("output")),
      errors: FileHandle(forWritingTo: file("errors")))
    let limit = DispatchWorkItem { child.signal(SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + seconds, execute: limit)
    let status = await withTaskCancellationHandler {
      await child.wait()
    } onCancel: {
      child.signal(SIGKILL)
    }
    limit.cancel()
    func text(_ name: String) throws -> String {
      String(decoding: try Data(contentsOf: file(name)), as: UTF8.self)
    }
    return Outcome(status: status, output: try text("output"), errors: try text("errors"))
  }
}
