/// Columns by rows.
package struct Size: Hashable, Sendable, Codable {
  package var width: Int
  package var height: Int

  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }
}

/// A rectangle of cells; `x` and `y` count from the top left, from 0.
package struct Rect: Hashable, Sendable {
  package var x: Int
  package var y: Int
  package var width: Int
  package var height: Int

  package init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = max(0, width)
    self.height = max(0, height)
  }
}

/// A colour of 24 bits, or the terminal's own.
package enum Color: Hashable, Sendable {
  case terminal
  case rgb(UInt8, UInt8, UInt8)
}

package struct Style: Hashable, Sendable {
  package struct Attributes: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }
    package static let bold = Attributes(rawValue: 1)
    package static let dim = Attributes(rawValue: 2)
    package static let underline = Attributes(rawValue: 4)
    package static let reverse = Attributes(rawValue: 8)
  }

  package var foreground: Color
  package var background: Color
  package var attributes: Attributes

  package init(
    foreground: Color = .terminal, background: Color = .terminal, attributes: Attributes = []
  ) {
    self.foreground = foreground
    self.background = background
    self.attributes = attributes
  }
}

/// One place on the screen.
package struct Cell: Hashable, Sendable {
  /// What stands here: a scalar with the marks that combine with it. Empty in the right half of
  /// a wide character.
  package var text: String
  /// 1, or 2 for a wide character, or 0 for the right half of one.
  package var width: Int
  package var style: Style

  package init(text: String, width: Int = 1, style: Style = Style()) {
    self.text = text
    self.width = width
    self.style = style
  }
}

/// A whole screen: what is drawn is decided here, how it gets to a terminal is not.
///
/// Invariants: `cells.count == size.width * size.height`; a cell of width 2 is followed, in the
/// same row, by one of width 0; no cell holds a control character.
package struct Frame: Hashable, Sendable {
  package private(set) var size: Size
  package private(set) var cells: [Cell]
  /// Where the hardware cursor stands, if it is to be seen.
  package var cursor: (x: Int, y: Int)? {
    get { cursorIndex.map { ($0 % max(1, size.width), $0 / max(1, size.width)) } }
    set {
      cursorIndex = newValue.flatMap { place in
        guard place.x >= 0, place.y >= 0, place.x < size.width, place.y < size.height else {
          return nil
        }
        return place.y * size.width + place.x
      }
    }
  }
  private var cursorIndex: Int?

  package init(size: Size, style: Style = Style()) {
    self.size = Size(width: max(0, size.width), height: max(0, size.height))
    cells = Array(
      repeating: Cell(text: " ", style: style), count: self.size.width * self.size.height)
  }

  package subscript(x: Int, y: Int) -> Cell? {
    guard x >= 0, y >= 0, x < size.width, y < size.height else { return nil }
    return cells[y * size.width + x]
  }

  /// Puts one cell; out of bounds does nothing. A wide character that would leave the row, and
  /// halves that a write cuts, become spaces.
  package mutating func set(_ cell: Cell, x: Int, y: Int) {
    guard x >= 0, y >= 0, x < size.width, y < size.height else { return }
    let index = y * size.width + x
    clearHalves(at: index, x: x)
    guard cell.width == 2 else {
      cells[index] = cell
      return
    }
    guard x + 1 < size.width else {
      cells[index] = Cell(text: " ", style: cell.style)
      return
    }
    clearHalves(at: index + 1, x: x + 1)
    cells[index] = cell
    cells[index + 1] = Cell(text: "", width: 0, style: cell.style)
  }

  private mutating func clearHalves(at index: Int, x: Int) {
    if cells[index].width == 0, x > 0 {
      cells[index - 1] = Cell(text: " ", style: cells[index - 1].style)
    }
    if cells[index].width == 2, x + 1 < size.width {
      cells[index + 1] = Cell(text: " ", style: cells[index + 1].style)
    }
  }
}
