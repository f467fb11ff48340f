internal import Core
internal import DuckDB

extension WarehouseSession {
  /// Gives a new session the settings that its client asked for when it connected.
  ///
  /// Parameters that nobody knows are passed over: drivers send some of their own. So is a value
  /// that cannot be had, such as a driver's time zone, since the session says what it has
  /// instead. What a person gave in `options` (`-c name=value`) is taken at its word.
  ///
  /// - Throws: `SQLError` for `options` that are wrong, as PostgreSQL does.
  package func applyStartup(_ parameters: [String: String]) throws {
    try withSettings { settings in
      for (name, value) in parameters.sorted(by: { $0.key < $1.key })
      where !Self.notSettings.contains(name) {
        _ = try? settings.set(name.lowercased(), to: value)
      }
      for (name, value) in try Self.options(parameters["options"] ?? "") {
        _ = try settings.set(name, to: value)
      }
    }
    noteApplication()
  }

  /// ALTER USER … SET: what the user's sessions begin with. One that cannot be had any more is
  /// passed over.
  func applyUserSettings() throws {
    let rows = try connection.rows(
      """
      SELECT e.key, (e.value ->> '$') FROM weir.principal p, json_each(p.options) e
       WHERE p.kind = 'user' AND p.name = \(literal(user)) AND starts_with(e.key, 'SET ')
         AND (e.value ->> '$') IS NOT NULL
      """)
    for row in rows {
      guard let name = row[0]?.dropFirst(4), let value = row[1] else { continue }
      _ = try? withSettings { try $0.set(String(name), to: value) }
    }
  }

  /// What a startup message says beside settings; the encoding is judged by the wire.
  private static let notSettings: Set<String> = [
    "user", "database", "replication", "options", "client_encoding",
  ]

  /// `-c name=value`, `-cname=value` and `--name=value`, with `\ ` for a space in a value.
  private static func options(_ text: String) throws(SQLError) -> [(String, String)] {
    var settings: [(String, String)] = []
    var words = words(of: text)[...]
    while let word = words.popFirst() {
      let assignment: String
      if word == "-c" {
        assignment = words.popFirst() ?? ""
      } else if word.hasPrefix("-c") || word.hasPrefix("--") {
        assignment = String(word.dropFirst(2))
      } else {
        throw SQLError("22023", "invalid command-line argument for server process: \(word)")
      }
      let parts = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, let name = parts.first, let value = parts.last, !name.isEmpty else {
        throw SQLError("42601", "-c \(assignment) requires a value")
      }
      settings.append((name.lowercased().replacing("-", with: "_"), String(value)))
    }
    return settings
  }

  private static func words(of text: String) -> [String] {
    var words: [String] = []
    var word = ""
    var isEscaped = false
    for character in text {
      if isEscaped {
        word.append(character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else if character.isWhitespace {
        if !word.isEmpty { words.append(word) }
        word = ""
      } else {
        word.append(character)
      }
    }
    if !word.isEmpty { words.append(word) }
    return words
  }
}
