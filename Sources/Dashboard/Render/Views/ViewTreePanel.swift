import Telemetry

extension Model {
  var viewTreeLines: [ViewTree.Line] {
    chosenView.map { ViewTree.lines(of: $0, among: snapshot?.views ?? []) } ?? []
  }
}

extension Painter {
  /// What the chosen view is made of, and what is made of it.
  mutating func paintViewTree(_ rect: Rect) {
    let lines = model.viewTreeLines
    let visible = rect.height - 2
    let first = first(.viewTree, rows: lines.count, visible: visible)
    let inside = box(
      .viewTree, rect, note: note([range(first: first, visible: visible, of: lines.count)]))
    let empty = ["No view is chosen.", "What it is made of appears here."]
    if paintState(inside, isEmpty: lines.isEmpty, empty: empty) { return }
    for (index, line) in lines.dropFirst(first).prefix(visible).enumerated() {
      let y = inside.y + index
      let used = canvas.put(treeName(line), x: inside.x, y: y, width: inside.width)
      let note = treeNote(line)
      let room = inside.width - used - 2
      guard room > 8 else { continue }
      canvas.put(note, x: inside.x + used + 2, y: y, width: room)
    }
  }

  private func treeName(_ line: ViewTree.Line) -> [Span] {
    let name =
      line.schema == "public" || line.schema.isEmpty || line.kind == .stream
      ? line.name : "\(line.schema).\(line.name)"
    switch line.kind {
    case .heading: return [Span(" \(line.name)", theme.style(.dim))]
    case .chosen:
      return [
        Span(glyphs.chosen + " ", theme.style(.key)), Span(name, theme.style(.accent, .bold)),
      ]
    case .stream, .table, .view:
      let key: ThemeKey = line.kind == .view ? .accent : .text
      return [Span(" " + branch(line.branches), theme.style(.box)), Span(name, theme.style(key))]
    }
  }

  private func branch(_ branches: [Bool]) -> String {
    let (tee, corner, bar) = glyphs.isASCII ? ("+- ", "`- ", "|  ") : ("├─ ", "└─ ", "│  ")
    guard let own = branches.last else { return "" }
    return branches.dropLast().map { $0 ? bar : "   " }.joined() + (own ? tee : corner)
  }

  private func treeNote(_ line: ViewTree.Line) -> [Span] {
    let dim = theme.style(.dim)
    switch line.kind {
    case .heading: return []
    case .table: return [Span("table", dim)]
    case .stream:
      guard let stream = model.snapshot?.streams.first(where: { $0.name == line.name }) else {
        return [Span("stream, gone", theme.style(.bad))]
      }
      return [Span("stream, \(Units.rate(stream.recordsPerSecond, "rec/s"))", dim)]
    case .view, .chosen:
      let view = model.snapshot?.views.first {
        $0.schema == line.schema && $0.name == line.name
      }
      guard let view else { return [Span("view, gone", theme.style(.bad))] }
      let isPlain = view.upkeep == .incremental || line.kind == .chosen
      return health(view)
        + (isPlain ? [] : [Span(", \(view.upkeep?.word ?? Units.unknown)", dim)])
    }
  }
}
