/// What is wrong with a theme file: all of it, not only the first.
package struct ThemeError: Error, Equatable, Sendable, CustomStringConvertible {
  package struct Problem: Equatable, Sendable {
    /// From 1; nil where the file as a whole lacks something.
    package var line: Int?
    package var key: String?
    package var reason: String
  }

  package var file: String
  package var problems: [Problem]

  package var description: String {
    problems.map { problem in
      let place = problem.line.map { "\(file):\($0)" } ?? file
      return [place, problem.key, problem.reason].compactMap(\.self).joined(separator: ": ")
    }.joined(separator: "\n")
  }
}

extension Theme {
  /// Reads a theme: lines of `key = "#rrggbb"`, comments from `#` at the start of a line.
  ///
  /// - Parameter name: what messages and the theme itself are called: the file's name.
  /// - Throws: every unknown, missing, repeated or malformed key, each with its line.
  package static func parse(_ text: String, name: String) throws(ThemeError) -> Theme {
    var parser = ThemeParser()
    var number = 0
    for line in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
      number += 1
      parser.read(line, number: number)
    }
    let problems = parser.problems + parser.missing()
    guard problems.isEmpty else { throw ThemeError(file: name, problems: problems) }
    return Theme(name: name, colors: parser.colors)
  }
}

private struct ThemeParser {
  var colors: [ThemeKey: Color] = [:]
  var problems: [ThemeError.Problem] = []

  mutating func read(_ line: Substring, number: Int) {
    let line = trim(line)
    guard let first = line.first, first != "#" else { return }
    guard let equals = line.firstIndex(of: "=") else {
      problems.append(.init(line: number, key: nil, reason: "expected key = \"#rrggbb\""))
      return
    }
    let name = String(trim(line[..<equals]))
    guard let key = ThemeKey(rawValue: name) else {
      problems.append(.init(line: number, key: name, reason: "unknown key"))
      return
    }
    guard let color = color(trim(line[line.index(after: equals)...])) else {
      problems.append(
        .init(line: number, key: name, reason: "expected a colour such as \"#1d2021\""))
      return
    }
    guard colors.updateValue(color, forKey: key) == nil else {
      problems.append(.init(line: number, key: name, reason: "given twice"))
      return
    }
  }

  func missing() -> [ThemeError.Problem] {
    let tried = Set(problems.compactMap(\.key))
    return ThemeKey.allCases
      .filter { colors[$0] == nil && !tried.contains($0.rawValue) }
      .map { .init(line: nil, key: $0.rawValue, reason: "missing") }
  }

  private func trim(_ text: Substring) -> Substring {
    var text = text
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }

  private func color(_ value: Substring) -> Color? {
    let bytes = Array(value.utf8)
    guard bytes.count == 9, value.hasPrefix("\"#"), value.hasSuffix("\"") else { return nil }
    var number: UInt32 = 0
    for byte in bytes[2..<8] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      number = number << 4 | UInt32(digit)
    }
    return Color(number)
  }
}

extension Color {
  /// - Parameter rgb: `0xrrggbb`.
  init(_ rgb: UInt32) {
    self = .rgb(UInt8(rgb >> 16 & 0xFF), UInt8(rgb >> 8 & 0xFF), UInt8(rgb & 0xFF))
  }
}
