package import Dashboard

/// One cell to write. Cells of width 0 are never written: they come with the wide one before them.
package struct CellChange: Hashable, Sendable {
  package var x: Int
  package var y: Int
  package var cell: Cell

  package init(x: Int, y: Int, cell: Cell) {
    self.x = x
    self.y = y
    self.cell = cell
  }
}

/// What has to be written so that one frame becomes another.
package enum FrameDiff {
  /// The changes, by rows and from left to right.
  ///
  /// Written in this order to a screen that behaves as terminals do (a write into half of a wide
  /// character blanks the other half) they turn `old` into `new`. Where that blanking takes place
  /// the other half differs as well, so it is among the changes.
  ///
  /// Without an old frame, or with one of another size, the screen is taken to be blank.
  package static func changes(from old: Frame?, to new: Frame) -> [CellChange] {
    let isComparable = old?.size == new.size
    let blank = Cell(text: " ")
    let width = new.size.width
    var changes: [CellChange] = []
    for (index, cell) in new.cells.enumerated() where cell.width != 0 {
      var isSame: Bool
      if isComparable, let old {
        isSame = old.cells[index] == cell
        // The right half may have been cut off without a trace in the left one.
        if isSame, cell.width == 2, index % width + 1 < width {
          isSame = old.cells[index + 1] == new.cells[index + 1]
        }
      } else {
        isSame = cell == blank
      }
      if !isSame {
        changes.append(CellChange(x: index % width, y: index / width, cell: cell))
      }
    }
    return changes
  }
}

extension Frame {
  /// The top left part of this frame on a screen of `size`, the rest blank.
  func fitted(to size: Size) -> Frame {
    guard size != self.size else { return self }
    var fitted = Frame(size: size)
    for y in 0..<min(size.height, self.size.height) {
      for x in 0..<min(size.width, self.size.width) {
        if let cell = self[x, y], cell.width != 0 { fitted.set(cell, x: x, y: y) }
      }
    }
    if let cursor, cursor.x < size.width, cursor.y < size.height { fitted.cursor = cursor }
    return fitted
  }
}

extension Cell {
  /// The text without anything that a terminal or a parser would obey: controls become U+FFFD,
  /// nothing becomes a space.
  var printable: String {
    if text.isEmpty { return width == 0 ? "" : " " }
    // Mostly one printable ASCII character.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      result.append(scalar.isUnsafeToPrint ? "\u{FFFD}" : scalar)
    }
    return String(result)
  }
}

extension Unicode.Scalar {
  /// Controls, line separators and direction overrides, which move text away from its cell, and
  /// noncharacters, which XML forbids.
  fileprivate var isUnsafeToPrint: Bool {
    switch value {
    case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: true
    default: value & 0xFFFE == 0xFFFE
    }
  }
}
