/// A text of several lines with a cursor. Lines hold no line ends.
struct Editor: Sendable {
  private(set) var lines: [[Character]] = [[]]
  private(set) var row = 0
  private(set) var column = 0
  private var undoStack: [State] = []
  /// Letters typed one behind the other are undone together.
  private var isTyping = false

  private struct State: Sendable {
    var lines: [[Character]]
    var row: Int
    var column: Int
  }

  static let charactersMax = 1_000_000
  private static let undoMax = 200

  var text: String { lines.map { String($0) }.joined(separator: "\n") }
  var isBlank: Bool { lines.allSatisfy { $0.allSatisfy(\.isWhitespace) } }
  private var count: Int { lines.reduce(lines.count - 1) { $0 + $1.count } }

  // MARK: Changes

  mutating func type(_ character: Character) {
    guard count < Self.charactersMax else { return }
    save(typing: true)
    lines[row].insert(character, at: column)
    column += 1
  }

  /// Control characters but line ends and tabs are left out; a tab is two spaces.
  mutating func insert(_ text: String) {
    save()
    var room = max(0, Self.charactersMax - count)
    let tail = Array(lines[row][column...])
    lines[row].removeSubrange(column...)
    for character in text {
      guard room > 0 else { break }
      room -= append(character)
    }
    column = lines[row].count
    lines[row] += tail
  }

  /// Appends at the end of the present line.
  private mutating func append(_ character: Character) -> Int {
    switch character {
    case "\n", "\r", "\r\n", "\u{2028}", "\u{2029}":
      lines.insert([], at: row + 1)
      row += 1
      return 1
    case "\t":
      lines[row] += [" ", " "]
      return 2
    case _ where character.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }:
      return 0
    default:
      lines[row].append(character)
      return 1
    }
  }

  mutating func setText(_ text: String) {
    save()
    lines = [[]]
    (row, column) = (0, 0)
    let stack = undoStack
    insert(text)
    undoStack = stack
  }

  mutating func apply(_ edit: Edit, page: Int) {
    switch edit {
    case .newline: newline()
    case .indent: insert("  ")
    case .backspace: backspace()
    case .delete: delete()
    case .killLine: killLine()
    case .undo: undo()
    default:
      isTyping = false
      move(edit, page: page)
    }
  }

  private mutating func newline() {
    guard count < Self.charactersMax else { return }
    save()
    let indent = Array(lines[row].prefix { $0 == " " }.prefix(column))
    let tail = Array(lines[row][column...])
    lines[row].removeSubrange(column...)
    lines.insert(indent + tail, at: row + 1)
    row += 1
    column = indent.count
  }

  private mutating func backspace() {
    guard row > 0 || column > 0 else { return }
    save()
    if column > 0 {
      column -= 1
      lines[row].remove(at: column)
    } else {
      let line = lines.remove(at: row)
      row -= 1
      column = lines[row].count
      lines[row] += line
    }
  }

  private mutating func delete() {
    guard column < lines[row].count || row + 1 < lines.count else { return }
    save()
    if column < lines[row].count {
      lines[row].remove(at: column)
    } else {
      lines[row] += lines.remove(at: row + 1)
    }
  }

  private mutating func killLine() {
    guard column < lines[row].count else { return delete() }
    save()
    lines[row].removeSubrange(column...)
  }

  private mutating func save(typing: Bool = false) {
    defer { isTyping = typing }
    if typing && isTyping { return }
    undoStack.append(State(lines: lines, row: row, column: column))
    if undoStack.count > Self.undoMax { undoStack.removeFirst() }
  }

  private mutating func undo() {
    isTyping = false
    guard let state = undoStack.popLast() else { return }
    (lines, row, column) = (state.lines, state.row, state.column)
  }

  // MARK: Moves

  private mutating func move(_ edit: Edit, page: Int) {
    switch edit {
    case .left: left()
    case .right: right()
    case .up: go(to: row - 1)
    case .down: go(to: row + 1)
    case .pageUp: go(to: row - max(1, page))
    case .pageDown: go(to: row + max(1, page))
    case .lineStart: column = 0
    case .lineEnd: column = lines[row].count
    case .wordLeft: wordLeft()
    case .wordRight: wordRight()
    case .textStart: (row, column) = (0, 0)
    case .textEnd:
      row = lines.count - 1
      column = lines[row].count
    default: break
    }
  }

  private mutating func go(to target: Int) {
    row = max(0, min(target, lines.count - 1))
    column = min(column, lines[row].count)
  }

  private mutating func left() {
    if column > 0 {
      column -= 1
    } else if row > 0 {
      row -= 1
      column = lines[row].count
    }
  }

  private mutating func right() {
    if column < lines[row].count {
      column += 1
    } else if row + 1 < lines.count {
      row += 1
      column = 0
    }
  }

  private static func isWord(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || character == "_"
  }

  private mutating func wordLeft() {
    if column == 0 { return left() }
    while column > 0, !Self.isWord(lines[row][column - 1]) { column -= 1 }
    while column > 0, Self.isWord(lines[row][column - 1]) { column -= 1 }
  }

  private mutating func wordRight() {
    let line = lines[row]
    if column == line.count { return right() }
    while column < line.count, Self.isWord(line[column]) { column += 1 }
    while column < line.count, !Self.isWord(line[column]) { column += 1 }
  }

  /// Puts the cursor at a place, or the nearest there is.
  mutating func place(row: Int, column: Int) {
    isTyping = false
    self.row = max(0, min(row, lines.count - 1))
    self.column = max(0, min(column, lines[self.row].count))
  }
}
