import Foundation
import TestSupport

/// A terminal that tmux plays, with a shell in it.
struct Tmux {
  private let socket = "weir-test-\(UUID().uuidString.prefix(8))"

  /// - Parameter size: columns and rows.
  init(size: (Int, Int) = (100, 30)) async throws {
    try await run("new-session", "-d", "-s", "w", "-x", "\(size.0)", "-y", "\(size.1)", "sh")
  }

  @discardableResult
  private func run(_ arguments: String...) async throws -> String {
    try await ChildProcess.run(
      "/usr/bin/tmux", ["-L", socket, "-f", "/dev/null"] + arguments, seconds: 20
    ).output
  }

  /// Presses keys, each named as tmux names them, or text to be typed.
  func press(_ keys: String...) async throws {
    for key in keys {
      // tmux takes a semicolon at the end for the end of its own command.
      let key = key.hasSuffix(";") ? key.dropLast() + "\\;" : key
      try await run("send-keys", "-t", "w", key)
    }
  }

  func text() async throws -> String { try await run("capture-pane", "-p", "-t", "w") }

  /// Waits until what the screen shows is as it should be.
  func shows(_ condition: @escaping @Sendable (String) -> Bool) async throws -> Bool {
    await eventually(within: 60) { (try? await text()).map(condition) == true }
  }

  func close() async throws { try await run("kill-server") }
}
