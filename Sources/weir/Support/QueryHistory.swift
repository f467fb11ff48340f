import Foundation

/// Statements that were run from the query screen, kept between runs: one JSON string a line.
struct QueryHistory: Sendable {
  private static let linesMax = 500
  private let path: String

  init() {
    let environment = ProcessInfo.processInfo.environment
    let state = environment["XDG_STATE_HOME"] ?? (environment["HOME"] ?? ".") + "/.local/state"
    path = state + "/weir/history"
  }

  /// The oldest first.
  func load() -> [String] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return data.split(separator: 0x0A).suffix(Self.linesMax).compactMap {
      try? JSONDecoder().decode(String.self, from: Data($0))
    }
  }

  /// A history that cannot be kept is no reason to stop.
  func append(_ text: String) {
    guard let line = try? JSONEncoder().encode(text) else { return }
    let folder = (path as NSString).deletingLastPathComponent
    try? FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true,
      attributes: [.posixPermissions: 0o700])
    if !FileManager.default.fileExists(atPath: path) {
      _ = FileManager.default.createFile(
        atPath: path, contents: nil, attributes: [.posixPermissions: 0o600])
    }
    guard let handle = FileHandle(forWritingAtPath: path) else { return }
    _ = try? handle.seekToEnd()
    try? handle.write(contentsOf: line + [0x0A])
    try? handle.close()
  }
}
