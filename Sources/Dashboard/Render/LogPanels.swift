import Core
import Telemetry

extension Painter {
  mutating func paintQueries(_ rect: Rect) {
    let queries = model.snapshot?.queries ?? []
    let visible = rect.height - 3
    let first = first(.queries, rows: queries.count, visible: visible)
    let running = queries.filter { $0.status == .running }.count
    let inside = box(
      .queries, rect,
      note: note([
        range(first: first, visible: visible, of: queries.count),
        running == 0 ? "" : "\(running) running",
      ]))
    let empty = [
      "No statement was run yet.", "F2 goes to the editor here; or  psql \"$(weir url sql)\"",
    ]
    if paintState(inside, isEmpty: queries.isEmpty, empty: empty) { return }
    let columns = [
      TableColumn(title: "Status", minimum: 10, maximum: 10),
      TableColumn(title: "Time", alignment: .right, minimum: 7, maximum: 9),
      TableColumn(title: "Rows", alignment: .right, minimum: 8, maximum: 14, priority: 2),
      TableColumn(title: "Started", minimum: 8, maximum: 8, priority: 3),
      TableColumn(title: "User", minimum: 4, maximum: 12, priority: 4),
      TableColumn(title: "Statement", minimum: 16, maximum: 1000, grows: true),
    ]
    let shown = queries.prefix(first + max(0, visible))
    canvas.draw(Table(columns: columns, rows: shown.map(queryRow)), in: inside, first: first)
  }

  private func queryRow(_ query: QueryReport) -> [TableCell] {
    let (word, key): (String, ThemeKey) =
      switch query.status {
      case .running: ("running", .accent)
      case .success: ("done", .good)
      case .failed: ("failed", .bad)
      case .canceled: ("canceled", .warning)
      }
    let seconds = (query.endedAt ?? now).seconds(since: query.startedAt)
    let text = theme.style(.text)
    var statement = [Span(Self.oneLine(query.text), text)]
    if let error = query.error {
      statement.insert(Span(Self.oneLine(error) + "  ", theme.style(.bad)), at: 0)
    }
    return [
      .text([Span(glyphs.dot + " " + word, theme.style(key))]),
      .text([Span(Units.duration(seconds), text)]),
      .text([
        Span(
          query.status == .failed
            ? Units.unknown : Units.count(query.rows, query.rows == 1 ? "row" : "rows"), text)
      ]),
      .text([Span(Units.clock(query.startedAt), theme.style(.dim))]),
      .text([Span(query.user, theme.style(.dim))]),
      .text(statement),
    ]
  }

  /// The newest last and in sight; scrolling goes back from there.
  mutating func paintMessages(_ rect: Rect) {
    let messages = model.snapshot?.messages ?? []
    let visible = rect.height - 2
    let back = first(.messages, rows: messages.count, visible: visible)
    let errors = messages.filter { $0.level == .error }.count
    let inside = box(
      .messages, rect,
      note: note([
        range(
          first: max(0, messages.count - visible - back), visible: visible, of: messages.count),
        errors == 0 ? "" : plural(errors, "error"),
      ]))
    let empty = ["Nothing to report.", "What the parts say of their work appears here."]
    if paintState(inside, isEmpty: messages.isEmpty, empty: empty) { return }
    let shown = messages.dropLast(back).suffix(visible)
    for (index, message) in shown.enumerated() {
      let key: ThemeKey =
        switch message.level {
        case .info: .text
        case .warning: .warning
        case .error: .bad
        }
      let spans = [
        Span(Units.clock(message.at) + " ", theme.style(.dim)),
        Span(Self.levelWord(message.level), theme.style(key == .text ? .dim : key)),
        Span(" " + message.source + " ", theme.style(.accent)),
        Span(Self.oneLine(message.text), theme.style(key)),
      ]
      canvas.put(spans, x: inside.x, y: inside.y + index, width: inside.width)
    }
  }

  private static func levelWord(_ level: MessageLevel) -> String {
    switch level {
    case .info: "info "
    case .warning: "warn "
    case .error: "error"
    }
  }
}
