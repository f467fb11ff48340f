import Foundation
import TestSupport
import Testing

/// What commands print to people and to programs.
@Suite struct OutputTests {
  @Test func `put cuts at LF and CRLF, and tail gives a pipe the bytes as they are`() async throws {
    let directory = try TemporaryDirectory()
    let engine = try await RunningEngine(directory: directory.file("data"))
    try await engine.createStream("lines", shards: 1)
    let data = engine.directory
    let put = try await Program.run(
      ["put", "lines", "--data", data], input: "a\r\n\r\nb\rc\n\u{1B}]0;pwned\u{7}\nd\r")
    #expect(put.status == 0, "\(put.errors)")
    let tail = try await Program.run([
      "tail", "lines", "--data", data, "--from", "trim-horizon", "--limit", "4",
    ])
    #expect(tail.output == "a\nb\rc\n\u{1B}]0;pwned\u{7}\nd\r\n")
    let full = try await ChildProcess.run(
      "/bin/sh",
      [
        "-c", "\"$0\" tail lines --data \"$1\" --from trim-horizon > /dev/full", Program.weir, data,
      ])
    #expect(full.status == 1)
    #expect(full.errors == "weir: cannot write to standard output: No space left on device\n")

    let terminal = try await Tmux()
    try await terminal.press(
      "\(Program.weir) tail lines --data \(data) --from trim-horizon --limit 4", "Enter")
    #expect(try await terminal.shows { $0.contains("␛]0;pwned␇") && $0.contains("b␍c") })
    try await terminal.close()
    #expect(await engine.stop() == 0)
  }

  @Test func `Ctrl-C at the prompt of sql cancels what runs, and drops what was typed`()
    async throws
  {
    let directory = try TemporaryDirectory()
    let terminal = try await Tmux()
    try await terminal.press(
      "SWIFT_BACKTRACE=enable=no \(Program.weir) sql --data \(directory.file("data"));"
        + " echo sta''tus=$?", "Enter")
    #expect(try await terminal.shows { $0.contains("dev=#") })
    try await terminal.press("SELECT nonsense", "Enter", "FROM", "C-c", "SELECT 40 + 2;", "Enter")
    #expect(try await terminal.shows { $0.contains("42") && !$0.contains("nonsense FROM") })
    try await terminal.press(
      "SELECT sum(a.i * b.i) FROM generate_series(1, 9999999) a(i), generate_series(1, 999999) b(i);",
      "Enter")
    // Pressed until the statement has begun: what is typed ahead is not cancelled.
    let hasEnded = await eventually(within: 60) {
      try? await terminal.press("C-c")
      return (try? await terminal.text())?.contains("canceling statement") == true
    }
    #expect(hasEnded)
    try await terminal.press("SELECT 70 + 7;", "Enter")
    #expect(try await terminal.shows { $0.contains("77") })
    try await terminal.press("C-d")
    #expect(try await terminal.shows { $0.contains("status=0") })
    try await terminal.close()
  }

  @Test func `a dashboard that is attached finds the engine again on its new ports`() async throws {
    let directory = try TemporaryDirectory()
    let first = try await RunningEngine(directory: directory.file("data"))
    let terminal = try await Tmux(size: (120, 40))
    try await terminal.press(
      "SWIFT_BACKTRACE=enable=no \(Program.weir) attach --data \(first.directory)", "Enter")
    #expect(try await terminal.shows { $0.contains("? help") && $0.contains("Shards") })
    #expect(await first.stop() == 0)
    #expect(try await terminal.shows { $0.contains("not running, retrying") })
    let second = try await RunningEngine(directory: first.directory)
    #expect(try await terminal.shows { $0.contains("? help") && !$0.contains("retrying") })
    try await terminal.press("q")
    try await terminal.close()
    #expect(await second.stop() == 0)
  }

  @Test func `a session has the settings that its client connected with`() async throws {
    let directory = try TemporaryDirectory()
    let engine = try await RunningEngine(directory: directory.file("data"))
    let url = try await Program.run(["url", "sql", "--data", engine.directory])
    let target = url.output.trimmingCharacters(in: .whitespacesAndNewlines)
    func psql(_ options: String) async throws -> Outcome {
      try await ChildProcess.run(
        "/usr/bin/psql",
        [target, "-XAtc", "SHOW application_name", "-c", "SHOW statement_timeout"],
        environment: [
          "PATH": "/usr/bin:/bin", "PGAPPNAME": "nightly", "PGOPTIONS": options,
          "PGTZ": "Europe/Berlin",
        ])
    }
    #expect(try await psql("-c statement_timeout=1234").output == "nightly\n1234\n")
    let wrong = try await psql("-c no_such=1")
    #expect(wrong.errors.contains("FATAL:  unrecognized configuration parameter \"no_such\""))
    #expect(await engine.stop() == 0)
  }
}
