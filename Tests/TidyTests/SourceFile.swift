import Foundation

/// A file of the project, with its path from the project's root.
struct SourceFile: Sendable {
  let path: String
  let lines: [Substring]
  /// The lines with comments and string literals blanked out, each as long as before.
  let code: [Substring]
  let text: String

  init(path: String, text: String) {
    self.path = path
    self.text = text
    lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    code = CodeOnly.of(text).split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// The target that the file belongs to: the folder below Sources.
  var target: String? {
    let parts = path.split(separator: "/")
    return parts.count > 2 && parts[0] == "Sources" ? String(parts[1]) : nil
  }
}

/// Something to mend, at a line (from 1).
struct Finding: Equatable, CustomStringConvertible {
  let path: String
  let line: Int
  let what: String

  var description: String { "\(path):\(line): \(what)" }
}

/// The tree that these tests were built from.
enum Project {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// All files below a folder with one of the endings, in order.
  static func files(in folder: String, _ endings: Set<String>) throws -> [SourceFile] {
    let base = root.appendingPathComponent(folder)
    guard let all = FileManager.default.enumerator(atPath: base.path) else { return [] }
    return
      try all
      .compactMap { $0 as? String }
      .filter { endings.contains(URL(fileURLWithPath: $0).pathExtension) }
      .sorted()
      .map { name in
        SourceFile(
          path: "\(folder)/\(name)",
          text: try String(contentsOf: base.appendingPathComponent(name), encoding: .utf8))
      }
  }

  static func file(_ path: String) throws -> SourceFile {
    let text = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    return SourceFile(path: path, text: text)
  }

  static func exists(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appendingPathComponent(path).path)
  }
}
