import Telemetry

/// A column of a table: how it is titled, aligned, sized, and when it gives way.
struct TableColumn {
  enum Alignment { case left, right }

  var title: String
  var alignment: Alignment = .left
  var minimum = 1
  var maximum = 24
  /// Columns with the highest number leave first where there is no room; 0 stays.
  var priority = 0
  /// Takes what room is left over, up to `maximum`.
  var grows = false
  /// A graph of one sample a second, titled by the seconds that its width shows.
  var isGraph = false
}

enum TableCell {
  case text([Span])
  case area([Double], peak: Double, gradient: ThemeGradient)
  /// A bar with the words after it.
  case meter(Double?, gradient: ThemeGradient, label: Span)
  /// A part of the hash keys on a bar that is all of them, with the words after it.
  case keys(HashKeys?, Style, label: Span)

  var width: Int {
    switch self {
    case .text(let spans): Canvas.width(of: spans)
    case .area: 8
    case .meter(_, _, let label): 7 + TextCells.width(of: label.text)
    case .keys(_, _, let label): 9 + TextCells.width(of: label.text)
    }
  }
}

struct Table {
  var columns: [TableColumn]
  var rows: [[TableCell]]
  /// Lines that a row takes; graphs use all of them.
  var rowHeight = 1
  /// Columns of air between two columns.
  static let gap = 2

  /// Columns that stay in `width`, with their widths, from the left.
  func fit(_ width: Int) -> [(column: Int, width: Int)] {
    var widths = columns.indices.map(contentWidth)
    var kept = Array(columns.indices)
    func total() -> Int { kept.reduce(0) { $0 + widths[$1] } + Self.gap * max(0, kept.count - 1) }
    while total() > width,
      let last = kept.filter({ columns[$0].priority > 0 })
        .max(by: { columns[$0].priority <= columns[$1].priority })
    {
      kept.removeAll { $0 == last }
    }
    // What must stay shares what is too little: the widest gives first.
    while total() > width, let widest = kept.max(by: { widths[$0] < widths[$1] }),
      widths[widest] > 4
    {
      widths[widest] -= 1
    }
    var spare = width - total()
    for column in kept where columns[column].grows && spare > 0 {
      let more = min(spare, max(0, columns[column].maximum - widths[column]))
      widths[column] += more
      spare -= more
    }
    return kept.map { ($0, widths[$0]) }
  }

  private func contentWidth(_ column: Int) -> Int {
    let title = TextCells.width(of: columns[column].title)
    guard !columns[column].grows else { return max(title, columns[column].minimum) }
    let content = rows.prefix(500).reduce(title) {
      column < $1.count ? max($0, $1[column].width) : $0
    }
    return max(columns[column].minimum, min(columns[column].maximum, content))
  }
}

extension Canvas {
  /// Draws a table from its row `first` on. The titles keep the first line.
  mutating func draw(_ table: Table, in rect: Rect, first: Int) {
    guard rect.width > 0, rect.height > 0 else { return }
    let fit = table.fit(rect.width)
    var x = rect.x
    for (column, width) in fit {
      let spec = table.columns[column]
      let words = spec.isGraph ? "Last \(width * glyphs.samplesPerCell) s" : spec.title
      let title = [Span(words, theme.style(.dim))]
      if spec.alignment == .right {
        putRight(title, x: x, y: rect.y, width: min(width, rect.x + rect.width - x))
      } else {
        put(title, x: x, y: rect.y, width: min(width, rect.x + rect.width - x))
      }
      var y = rect.y + 1
      for row in table.rows.dropFirst(first) {
        let height = min(table.rowHeight, rect.y + rect.height - y)
        guard height > 0 else { break }
        if column < row.count {
          let room = Rect(
            x: x, y: y, width: min(width, rect.x + rect.width - x), height: height)
          draw(row[column], spec, in: room)
        }
        y += table.rowHeight
      }
      x += width + Table.gap
    }
  }

  private mutating func draw(_ cell: TableCell, _ column: TableColumn, in rect: Rect) {
    switch cell {
    case .text(let spans):
      if column.alignment == .right {
        putRight(spans, x: rect.x, y: rect.y, width: rect.width)
      } else {
        put(spans, x: rect.x, y: rect.y, width: rect.width)
      }
    case .area(let samples, let peak, let gradient):
      area(samples, peak: peak, in: rect, gradient: gradient)
    case .meter(let fraction, let gradient, let label):
      let words = min(rect.width, max(5, TextCells.width(of: label.text)))
      let bar = rect.width - words - 1
      meter(fraction, x: rect.x, y: rect.y, width: bar, gradient: gradient)
      putRight([label], x: rect.x + max(0, bar + 1), y: rect.y, width: words)
    case .keys(let part, let style, let label):
      let words = min(rect.width, max(5, TextCells.width(of: label.text)))
      let bar = Rect(x: rect.x, y: rect.y, width: rect.width - words - 1, height: 1)
      keys(part, in: bar, style)
      putRight([label], x: rect.x + max(0, bar.width + 1), y: rect.y, width: words)
    }
  }
}
