import Core
import Dispatch
import Foundation
import Synchronization
import UnixSignals

/// The prompt of `weir sql`: reads statements until a semicolon, runs them, goes on after errors.
///
/// Ctrl-C cancels what runs, and else drops what was typed; the terminal itself drops the line
/// that has not ended.
struct SQLPrompt {
  let runner: ScriptRunner

  func run() async throws {
    standardError(
      "weir sql: statements end with a semicolon; Ctrl-C cancels; \\q or Ctrl-D leaves")
    let entry = Entry()
    let signals = await UnixSignalsSequence(trapping: .sigint)
    let watcher = Task { [session = runner.session] in
      for await _ in signals {
        if entry.interrupt() { session.cancel() } else { try? standardOutput("\n" + Entry.first) }
      }
    }
    defer { watcher.cancel() }
    try await read(entry)
  }

  private func read(_ entry: Entry) async throws {
    let lines = Lines()
    while true {
      try standardOutput(entry.prompt)
      guard let line = try await lines.next() else { break }
      let trimmed = line.trimmingCharacters(in: .whitespaces)
      if entry.isEmpty, trimmed == "\\q" || trimmed == "exit" || trimmed == "quit" { return }
      guard let text = entry.add(line, isLast: trimmed.hasSuffix(";")) else { continue }
      defer { entry.finish() }
      _ = try await runner.run(text)
    }
    try standardOutput("\n")
  }
}

/// What has been typed of a statement, and whether one runs.
private final class Entry: Sendable {
  static let first = "dev=# "

  private struct State {
    var text = ""
    var isRunning = false
  }

  private let state = Mutex(State())

  var isEmpty: Bool { state.withLock { $0.text.isEmpty } }
  var prompt: String { isEmpty ? Self.first : "dev-# " }

  /// - Returns: the statements, to be run until `finish()`, where this is their last line.
  func add(_ line: String, isLast: Bool) -> String? {
    state.withLock { state in
      state.text += line + "\n"
      guard isLast else { return nil }
      defer { state.text = "" }
      state.isRunning = true
      return state.text
    }
  }

  func finish() { state.withLock { $0.isRunning = false } }

  /// Drops what was typed, unless something runs.
  ///
  /// - Returns: whether something runs.
  func interrupt() -> Bool {
    state.withLock { state in
      if !state.isRunning { state.text = "" }
      return state.isRunning
    }
  }
}

/// The lines of standard input, each read on a queue of its own: a person may take long.
///
/// Safe to share because the reader is used on the queue only.
private final class Lines: @unchecked Sendable {
  private let queue = DispatchQueue(label: "weir.prompt")
  private var reader = LineReader(.standardInput, name: "standard input")

  /// - Returns: nil at the end.
  func next() async throws -> String? {
    try await withCheckedThrowingContinuation { continuation in
      queue.async { [self] in
        continuation.resume(
          with: Result { try reader.next().map { String(decoding: $0, as: UTF8.self) } })
      }
    }
  }
}
