import Core
import Telemetry

extension Painter {
  mutating func paintViews(_ rect: Rect) {
    let views = model.snapshot?.views ?? []
    let visible = rect.height - 3
    let first = first(.views, rows: views.count, visible: visible)
    let troubled = views.filter { $0.health == .failed }.count
    let inside = box(
      .views, rect,
      note: note([
        range(first: first, visible: visible, of: views.count),
        views.isEmpty ? "" : plural(views.count, "view"),
        troubled == 0 ? "" : "\(troubled) failed",
      ]))
    let empty = [
      "No materialized views yet.",
      "CREATE EXTERNAL SCHEMA kds FROM KINESIS;   then",
      "CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT … FROM kds.orders;",
      "F2 goes to the editor; F4 shows views in full.",
    ]
    if paintState(inside, isEmpty: views.isEmpty, empty: empty) { return }
    let hasSkipped = views.contains { $0.skippedRecords > 0 }
    let table = Table(columns: viewColumns(hasSkipped: hasSkipped), rows: views.map(viewRow))
    canvas.draw(table, in: inside, first: first)
    let spare = inside.height - 1 - views.count
    paintFailures(
      views,
      in: Rect(
        x: inside.x, y: inside.y + inside.height - max(0, spare), width: inside.width,
        height: spare))
  }

  /// What went wrong, in full, where there are lines left for it.
  private mutating func paintFailures(_ views: [ViewStatus], in rect: Rect) {
    let failed = views.filter { $0.health == .failed && $0.lastStatus != nil }
    for (index, view) in failed.prefix(rect.height).enumerated() {
      canvas.put(
        [
          Span(view.name + "  ", theme.style(.accent)),
          Span(view.lastStatus ?? "", theme.style(.bad)),
        ], x: rect.x, y: rect.y + index, width: rect.width)
    }
  }

  private func viewColumns(hasSkipped: Bool) -> [TableColumn] {
    [
      TableColumn(title: "View", minimum: 10, maximum: 26),
      TableColumn(title: "Health", minimum: 11, maximum: 13),
      TableColumn(title: "Behind", alignment: .right, minimum: 8, maximum: 16),
      TableColumn(title: "Drains in", minimum: 9, maximum: 11, priority: 3),
      TableColumn(title: "p50", alignment: .right, minimum: 6, maximum: 9, priority: 2),
      TableColumn(title: "p99", alignment: .right, minimum: 6, maximum: 9, priority: 1),
      TableColumn(title: "Rows", alignment: .right, minimum: 6, maximum: 16, priority: 6),
      TableColumn(title: "Pace", alignment: .right, minimum: 10, maximum: 14, priority: 4),
      TableColumn(
        title: "", minimum: 12, maximum: 60, priority: 7, grows: true, isGraph: true),
      TableColumn(
        title: "Skipped", alignment: .right, minimum: 7, maximum: 12,
        priority: hasSkipped ? 5 : 8),
      TableColumn(title: "Refreshed", minimum: 9, maximum: 20, priority: 9),
      TableColumn(title: "Last status", minimum: 11, maximum: 34, priority: 10),
    ]
  }

  private func viewRow(_ view: ViewStatus) -> [TableCell] {
    let text = theme.style(.text)
    let peak = view.rowsHistory.filter(\.isFinite).max() ?? 0
    return [
      .text([
        Span(view.schema == "public" ? "" : view.schema + ".", theme.style(.dim)),
        Span(view.name, theme.style(.accent)),
      ]),
      .text(health(view)),
      .text([behind(view)] + trend(view)),
      .text([drain(view)]),
      .text([Span(Units.duration(view.latencyP50), text)]),
      .text([Span(Units.duration(view.latencyP99), theme.style(latencyKey(view.latencyP99)))]),
      .text([Span(Units.count(view.rows, view.rows == 1 ? "row" : "rows"), text)]),
      .text([Span(Units.rate(view.rowsPerSecond, "rows/s"), text)]),
      .area(view.rowsHistory, peak: peak, gradient: .rate),
      .text([
        Span(
          Units.count(view.skippedRecords, "rec"),
          theme.style(view.skippedRecords > 0 ? .warning : .dim))
      ]),
      .text([Span(refreshed(view), theme.style(.dim))]),
      .text([
        Span(
          view.lastStatus ?? Units.unknown,
          theme.style(view.health == .failed ? .bad : .dim))
      ]),
    ]
  }

  func health(_ view: ViewStatus) -> [Span] {
    let (word, key): (String, ThemeKey) =
      switch view.health {
      case .current: ("current", .good)
      case .catchingUp: ("catching up", .warning)
      case .stale: ("stale", .warning)
      case .failed: ("failed", .bad)
      }
    return [Span(glyphs.dot + " ", theme.style(key)), Span(word, theme.style(key))]
  }

  func behind(_ view: ViewStatus) -> Span {
    if !view.readsStream {
      let words = view.isStale.map { $0 ? "changes" : "nothing" }
      return Span(words ?? Units.unknown, theme.style(view.isStale == true ? .text : .dim))
    }
    let isBehind = (view.recordsBehind ?? 0) > 0
    return Span(
      Units.count(view.recordsBehind, "rec"), theme.style(isBehind ? .text : .dim))
  }

  func trend(_ view: ViewStatus) -> [Span] {
    if view.health == .current { return [Span("  ", theme.style(.dim))] }
    return switch model.trends[view.id]?.direction {
    case .rising: [Span(" " + glyphs.up, theme.style(.warning))]
    case .falling: [Span(" " + glyphs.down, theme.style(.good))]
    case .steady: [Span(" " + glyphs.steady, theme.style(.dim))]
    case nil: [Span("  ", theme.style(.dim))]
    }
  }

  /// Nothing to drain, a time, or why there is none.
  func drain(_ view: ViewStatus) -> Span {
    if !view.readsStream, view.isStale == false { return Span("nothing", theme.style(.dim)) }
    guard let behind = view.recordsBehind else { return Span(Units.unknown, theme.style(.dim)) }
    guard behind > 0 else { return Span("nothing", theme.style(.dim)) }
    // Within the moment that a view may be behind, growing and shrinking mean nothing.
    if view.health == .current { return Span("under 1 s", theme.style(.dim)) }
    let trend = model.trends[view.id]
    if let seconds = trend?.drainSeconds {
      return Span(Units.age(max(1, seconds)), theme.style(.text))
    }
    switch trend?.direction {
    case .rising: return Span("growing", theme.style(.warning))
    case .steady: return Span("holding", theme.style(.dim))
    case .falling, nil: return Span(Units.unknown, theme.style(.dim))
    }
  }

  /// A second is what a streaming view promises.
  func latencyKey(_ seconds: Double?) -> ThemeKey {
    guard let seconds else { return .dim }
    return seconds < 1 ? .good : seconds < 5 ? .warning : .bad
  }

  private func refreshed(_ view: ViewStatus) -> String {
    guard let at = view.lastRefreshAt else { return "never" }
    let age = Units.age(now.seconds(since: at)) + " ago"
    return view.lastRefreshSeconds.map { "\(age), \(Units.duration($0))" } ?? age
  }
}
