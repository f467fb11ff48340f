package import Dashboard

/// A frame as text with colours, to be printed on a terminal at least as wide.
package enum ANSIBackend {
  /// A line for each row; each line ends in the terminal's own colours, without the spaces that
  /// would not be seen.
  package static func render(_ frame: Frame, depth: ColorDepth = .direct) -> String {
    var writer = SGRWriter(depth: depth)
    for y in 0..<frame.size.height {
      let row = frame.row(y)
      let invisible = Cell(text: " ")
      let end = row.lastIndex { $0 != invisible }.map { $0 + 1 } ?? row.startIndex
      for cell in row[row.startIndex..<end] where cell.width != 0 { writer.put(cell) }
      writer.set(Style())
      writer.raw("\n")
    }
    return writer.output
  }

  /// What turns a terminal that shows `old` into one that shows `new`; the cursor is left where the
  /// new frame has it. Empty if there is nothing to change. A terminal without an old frame is
  /// cleared first.
  package static func update(
    from old: Frame?, to new: Frame, depth: ColorDepth = .direct
  ) -> String {
    var writer = SGRWriter(depth: depth)
    let old = old?.size == new.size ? old : nil
    if old == nil { writer.raw("\u{1B}[0m\u{1B}[2J") }
    var next: (x: Int, y: Int)?
    for change in FrameDiff.changes(from: old, to: new) {
      if next?.x != change.x || next?.y != change.y {
        writer.raw("\u{1B}[\(change.y + 1);\(change.x + 1)H")
      }
      writer.put(change.cell)
      let x = change.x + change.cell.width
      // After the last column a terminal's cursor is between two rows.
      next = x < new.size.width ? (x, change.y) : nil
    }
    writer.set(Style())
    placeCursor(from: old, to: new, writer: &writer)
    return writer.output
  }

  private static func placeCursor(from old: Frame?, to new: Frame, writer: inout SGRWriter) {
    if let cursor = new.cursor {
      let isThere = old?.cursor.map { $0 == cursor } ?? false
      guard !isThere || !writer.output.isEmpty else { return }
      writer.raw("\u{1B}[\(cursor.y + 1);\(cursor.x + 1)H")
      if old?.cursor == nil { writer.raw("\u{1B}[?25h") }
    } else if old == nil || old?.cursor != nil {
      writer.raw("\u{1B}[?25l")
    }
  }
}
