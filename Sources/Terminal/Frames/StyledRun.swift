import Dashboard

/// Neighbouring cells of one row and one style.
struct StyledRun: Hashable {
  var x: Int
  /// In cells.
  var width: Int
  var style: Style
  var text: String
}

extension Frame {
  /// The cells of a row, empty if there is none.
  func row(_ y: Int) -> ArraySlice<Cell> {
    guard y >= 0, y < size.height, size.width > 0 else { return [] }
    return cells[y * size.width..<(y + 1) * size.width]
  }

  /// A row as runs, from left to right, without gaps.
  func styledRuns(_ y: Int) -> [StyledRun] {
    var runs: [StyledRun] = []
    for (x, cell) in row(y).enumerated() {
      if let last = runs.indices.last, cell.width == 0 || runs[last].style == cell.style {
        runs[last].width += 1
        runs[last].text += cell.printable
      } else {
        runs.append(StyledRun(x: x, width: 1, style: cell.style, text: cell.printable))
      }
    }
    return runs
  }
}
