import Core

extension Painter {
  /// Columns with their types, then rows from the panel's offset on.
  mutating func paintGrid(_ result: ResultSet, in rect: Rect, isRunning: Bool) {
    guard rect.height > 2 else { return }
    let visible = rect.height - 2
    let first = first(.results, rows: result.rowsKept, visible: visible)
    let columns = gridColumns(result, width: rect.width)
    var x = rect.x
    for (column, width) in columns {
      let spec = result.columns[column]
      put(spec.name, theme.style(.accent, .bold), spec, x: x, y: rect.y, width: width)
      put(Self.typeName(spec.type), theme.style(.dim), spec, x: x, y: rect.y + 1, width: width)
      for row in 0..<min(visible, result.rowsKept - first) {
        let text = result.text(row: first + row, column: column)
        put(
          text ?? "NULL", text == nil ? theme.style(.null) : theme.style(.text), spec, x: x,
          y: rect.y + 2 + row, width: width)
      }
      x += width + Table.gap
    }
    if result.rowsKept == 0 && !isRunning {
      canvas.put("no rows", x: rect.x, y: rect.y + 2, width: rect.width, theme.style(.dim))
    }
    paintCounters(result, columns: columns.map(\.column), first: first, visible: visible, rect)
  }

  private mutating func put(
    _ text: String, _ style: Style, _ column: SQLColumn, x: Int, y: Int, width: Int
  ) {
    if column.type.isNumeric && TextCells.width(of: text) <= width {
      canvas.putRight([Span(text, style)], x: x, y: y, width: width)
    } else {
      canvas.put(text, x: x, y: y, width: width, style)
    }
  }

  /// Redshift's own short names, so that a column is not as wide as its type.
  private static func typeName(_ type: SQLType) -> String {
    switch type.name {
    case "character varying": "varchar"
    case "double precision": "float8"
    case "timestamp without time zone": "timestamp"
    case "timestamp with time zone": "timestamptz"
    case "time without time zone": "time"
    case "time with time zone": "timetz"
    default: type.name
    }
  }

  /// The columns from the first that is shown on, each as wide as its content, up to a cap.
  private func gridColumns(_ result: ResultSet, width: Int) -> [(column: Int, width: Int)] {
    let cap = model.isZoomed ? 120 : 40
    var room = width
    var columns: [(column: Int, width: Int)] = []
    for column in result.columns.indices.dropFirst(model.firstColumn) {
      let spec = result.columns[column]
      let content = max(
        TextCells.width(of: spec.name), TextCells.width(of: Self.typeName(spec.type)),
        column < result.widths.count ? result.widths[column] : 0)
      let wish = max(1, min(cap, content))
      guard room >= min(wish, 8) else { break }
      columns.append((column, min(wish, room)))
      room -= min(wish, room) + Table.gap
    }
    return columns
  }

  /// Which rows and columns these are, in the line of the status.
  private mutating func paintCounters(
    _ result: ResultSet, columns: [Int], first: Int, visible: Int, _ rect: Rect
  ) {
    let last = min(result.rowsKept, first + visible)
    var text = result.rowsKept == 0 ? "" : "rows \(Units.count(first + 1))–\(Units.count(last))"
    if let left = columns.first, let right = columns.last, result.columns.count > 1 {
      text += " · columns \(left + 1)–\(right + 1) of \(result.columns.count)"
    }
    canvas.putRight(
      [Span(text, theme.style(.dim))], x: rect.x, y: rect.y + rect.height, width: rect.width)
  }
}
