import Foundation
import TestSupport
import Testing

/// The dashboard in a real terminal: tmux plays it.
@Suite struct RealTerminalTests {
  private let socket = "weir-test-\(UUID().uuidString.prefix(8))"

  @discardableResult
  private func tmux(_ arguments: String...) async throws -> String {
    try await ChildProcess.run(
      "/usr/bin/tmux", ["-L", socket, "-f", "/dev/null"] + arguments, seconds: 20
    ).output
  }

  /// The screen, once it shows the text.
  private func screen(showing text: String) async throws -> Bool {
    await eventually(within: 60) {
      (try? await tmux("capture-pane", "-p", "-t", "w"))?.contains(text) == true
    }
  }

  private func start(size: (Int, Int)) async throws {
    try await tmux(
      "new-session", "-d", "-s", "w", "-x", "\(size.0)", "-y", "\(size.1)", "sh")
    // What is typed is not to be taken for what it prints, hence the quotes.
    try await tmux(
      "send-keys", "-t", "w",
      "\(Program.weir) demo; echo sta''tus=$?", "Enter")
  }

  @Test(arguments: [(80, 24), (120, 40), (200, 60)])
  func `throughput, lag and the query screen are found at every size`(
    _ size: (Int, Int)
  ) async throws {
    try await start(size: size)
    #expect(try await screen(showing: "rec/s"))
    #expect(try await screen(showing: "real_time_analytics"))
    #expect(try await screen(showing: "p99"))
    #expect(try await screen(showing: "? help"))
    try await tmux("send-keys", "-t", "w", "F2")
    #expect(try await screen(showing: "SQL"))
    try await tmux("send-keys", "-t", "w", "SELECT 40 + 2 AS answer, NULL AS nothing", "C-j")
    #expect(try await screen(showing: "42"))
    try await tmux("send-keys", "-t", "w", "C-c")
    #expect(try await screen(showing: "status=0"))
    #expect(
      try await tmux("display", "-p", "-t", "w", "#{alternate_on}#{mouse_any_flag}") == "00\n")
    try await tmux("kill-server")
  }

  @Test(arguments: ["TERM", "SEGV"])
  func `the terminal is restored after a signal`(_ signal: String) async throws {
    try await start(size: (100, 30))
    #expect(try await screen(showing: "rec/s"))
    let pane = try await tmux("display", "-p", "-t", "w", "#{pane_pid}")
      .trimmingCharacters(in: .whitespacesAndNewlines)
    _ = try await ChildProcess.run("/usr/bin/pkill", ["-\(signal)", "-P", pane, "weir"])
    #expect(try await screen(showing: "status="))
    #expect(
      try await tmux("display", "-p", "-t", "w", "#{alternate_on}#{mouse_any_flag}") == "00\n")
    try await tmux("send-keys", "-t", "w", "stty -a | tr ' ' '_'", "Enter")
    #expect(try await screen(showing: "_icanon_"))
    try await tmux("kill-server")
  }
}
