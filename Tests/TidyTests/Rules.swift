/// What each file of the project keeps to. Every rule gives its findings with file and line.
enum Rules {
  static let linesMax = 800
  static let columnsMax = 100

  static func size(of file: SourceFile) -> [Finding] {
    var findings: [Finding] = []
    let count = file.lines.count - (file.text.hasSuffix("\n") ? 1 : 0)
    if count > linesMax {
      findings.append(
        Finding(
          path: file.path, line: linesMax + 1, what: "\(count) lines; \(linesMax) are the limit"))
    }
    for (index, line) in file.lines.enumerated() where line.utf8.count > columnsMax {
      guard line.count > columnsMax else { continue }
      findings.append(
        Finding(
          path: file.path, line: index + 1,
          what: "\(line.count) columns; \(columnsMax) are the limit"))
    }
    return findings
  }

  /// Calls that trap, or that belong elsewhere.
  static func bannedCalls(in file: SourceFile) -> [Finding] {
    var banned: [(word: String, instead: String)] = []
    if file.path.hasPrefix("Sources/") {
      banned += [
        ("try!", "throw or handle the error"),
        ("as!", "cast with as? and handle nil"),
        ("fatalError(", "throw; nothing traps on input"),
      ]
      if file.target != "weir" { banned.append(("print(", "report a message; only weir prints")) }
    }
    if file.path.hasPrefix("Tests/") {
      banned.append(("Task.sleep", "await the event itself, or move a manual clock"))
    }
    return file.code.enumerated().flatMap { index, line in
      banned.filter { isCalled($0.word, in: line) }.map {
        Finding(path: file.path, line: index + 1, what: "\($0.word) is banned: \($0.instead)")
      }
    }
  }

  /// Whether the word stands in the line by itself: not as the end of a longer name, not as a
  /// member of something, not as a declaration.
  private static func isCalled(_ word: String, in line: Substring) -> Bool {
    var rest = line
    while let range = rest.firstRange(of: word) {
      let before = line[..<range.lowerBound]
      let last = before.last
      let isPart = last.map { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." } ?? false
      if !isPart && !before.hasSuffix("func ") { return true }
      rest = rest[range.upperBound...]
    }
    return false
  }

  /// `@unchecked Sendable` is a promise to the compiler: a comment has to say why it holds.
  static func unexplainedPromises(in file: SourceFile) -> [Finding] {
    file.code.enumerated().compactMap { index, line in
      guard line.contains("@unchecked Sendable") else { return nil }
      let isExplained =
        file.lines[index].contains("//")
        || index > 0 && file.lines[index - 1].drop { $0 == " " }.hasPrefix("//")
      return isExplained
        ? nil
        : Finding(
          path: file.path, line: index + 1,
          what: "@unchecked Sendable without a comment that says why it is safe")
    }
  }

  /// A `@Suite` type that holds no `@Test`, here or in an extension in the same file.
  static func emptySuites(in file: SourceFile) -> [Finding] {
    let code = file.code.joined(separator: "\n")
    var findings: [Finding] = []
    for (index, line) in file.code.enumerated() where line.contains("@Suite") {
      let rest = file.code[index...].joined(separator: "\n")
      guard let name = typeName(in: rest) else { continue }
      let isFilled = ["struct", "class", "enum", "actor", "extension"].contains { kind in
        bodies(of: "\(kind) \(name)", in: code).contains { $0.contains("@Test") }
      }
      if !isFilled {
        findings.append(
          Finding(path: file.path, line: index + 1, what: "the suite \(name) has no @Test"))
      }
    }
    return findings
  }

  private static func typeName(in code: String) -> String? {
    let words = code.split { $0.isWhitespace || "{:<(".contains($0) }.prefix(12)
    guard let kind = words.firstIndex(where: { ["struct", "class", "enum", "actor"].contains($0) })
    else { return nil }
    return words[words.index(after: kind)...].first.map(String.init)
  }

  /// What stands between the braces of each declaration that begins with `head`.
  private static func bodies(of head: String, in code: String) -> [Substring] {
    code.ranges(of: head).compactMap { range in
      let next = code[range.upperBound...].first
      guard next.map({ !$0.isLetter && !$0.isNumber && $0 != "_" }) ?? false,
        let open = code[range.upperBound...].firstIndex(of: "{")
      else { return nil }
      var depth = 0
      for place in code[open...].indices {
        if code[place] == "{" { depth += 1 }
        if code[place] == "}" { depth -= 1 }
        if depth == 0 { return code[open...place] }
      }
      return nil
    }
  }

  /// Files of Themes and Demo that are named here and do not exist.
  static func missingFiles(in file: SourceFile, exists: (String) -> Bool) -> [Finding] {
    file.lines.enumerated().flatMap { index, line in
      references(in: line).filter { !exists($0) }.map {
        Finding(path: file.path, line: index + 1, what: "\($0) does not exist")
      }
    }
  }

  private static func references(in line: Substring) -> [String] {
    guard line.contains("Themes/") || line.contains("Demo/") else { return [] }
    return line.split { !($0.isLetter || $0.isNumber || "/._-".contains($0)) }
      .map { String($0.drop { $0 == "." || $0 == "/" }) }
      .filter { $0.hasPrefix("Themes/") || $0.hasPrefix("Demo/") }
      .map { $0.last == "." ? String($0.dropLast()) : $0 }
      .filter { $0.split(separator: "/").last?.contains(".") == true }
  }
}
