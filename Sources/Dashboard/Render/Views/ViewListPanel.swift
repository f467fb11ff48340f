import Core
import Telemetry

extension Painter {
  /// All materialized views, one of them chosen; below them what it is and what is done to it.
  mutating func paintViewList(_ rect: Rect) {
    let views = model.snapshot?.views ?? []
    let visible = rect.height - 3 - Model.viewListWords
    let first = max(0, min(model.firstViewRow, views.count - visible))
    let failed = views.filter { $0.health == .failed }.count
    let inside = box(
      .viewList, rect,
      note: note([
        range(first: first, visible: visible, of: views.count),
        views.isEmpty ? "" : plural(views.count, "view"),
        failed == 0 ? "" : "\(failed) failed",
      ]))
    let empty = [
      "No materialized views yet.",
      "CREATE EXTERNAL SCHEMA kds FROM KINESIS;   then",
      "CREATE MATERIALIZED VIEW v AUTO REFRESH YES AS SELECT … FROM kds.orders;",
      "F2 goes to the editor.",
    ]
    if paintState(inside, isEmpty: views.isEmpty, empty: empty) { return }
    let table = Rect(
      x: inside.x, y: inside.y, width: inside.width,
      height: inside.height - Model.viewListWords)
    canvas.draw(
      Table(columns: viewListColumns(views), rows: views.map(viewListRow)), in: table,
      first: first)
    paintViewWords(in: Rect(x: inside.x, y: table.y + table.height, width: inside.width, height: 1))
  }

  private func viewListColumns(_ views: [ViewStatus]) -> [TableColumn] {
    let hasSkipped = views.contains { $0.skippedRecords > 0 }
    return [
      TableColumn(title: "View", minimum: 12, maximum: 32),
      TableColumn(title: "Health", minimum: 11, maximum: 13),
      TableColumn(title: "State", minimum: 6, maximum: 12, priority: 5),
      TableColumn(title: "Over", minimum: 10, maximum: 30, priority: 10),
      TableColumn(title: "Auto", minimum: 4, maximum: 4, priority: 4),
      TableColumn(title: "Rows", alignment: .right, minimum: 6, maximum: 16, priority: 6),
      TableColumn(title: "Rows/s", alignment: .right, minimum: 6, maximum: 12, priority: 3),
      TableColumn(
        title: "", minimum: 12, maximum: 60, priority: 7, grows: true, isGraph: true),
      TableColumn(title: "Lag p50", alignment: .right, minimum: 7, maximum: 9, priority: 8),
      TableColumn(title: "p99  ", alignment: .right, minimum: 6, maximum: 11, priority: 1),
      TableColumn(title: "Behind  ", alignment: .right, minimum: 8, maximum: 16, priority: 2),
      TableColumn(title: "Drains in", minimum: 9, maximum: 11, priority: 9),
      TableColumn(
        title: "Skipped", alignment: .right, minimum: 7, maximum: 16,
        priority: hasSkipped ? 5 : 11),
    ]
  }

  private func viewListRow(_ view: ViewStatus) -> [TableCell] {
    let text = theme.style(.text)
    let dim = theme.style(.dim)
    let isChosen = view.id == model.chosenView?.id
    let peak = view.rowsHistory.filter(\.isFinite).max() ?? 0
    return [
      .text(chosenName(view.shortID, isChosen: isChosen, .viewList)),
      .text(health(view)),
      .text([
        Span(view.upkeep?.word ?? Units.unknown, theme.style(view.upkeep?.key ?? .dim))
      ]),
      .text([Span(view.sourceWords, dim)]),
      .text([Span(view.autoRefresh ? "yes" : "no", view.autoRefresh ? text : dim)]),
      .text([Span(Units.count(view.rows), text)]),
      .text([Span(Units.number(view.rowsPerSecond), text)]),
      .area(view.rowsHistory, peak: peak, gradient: .rate),
      .text([Span(Units.duration(view.latencyP50), text)]),
      .text(
        [Span(Units.duration(view.latencyP99), theme.style(latencyKey(view.latencyP99)))]
          + arrow(view.lagTrend)),
      .text([behind(view)] + trend(view)),
      .text([drain(view)]),
      .text([skipped(view)]),
    ]
  }

  /// Where the lag goes; level is a steady arrow, unknown is nothing.
  func arrow(_ direction: LagTrend.Direction?) -> [Span] {
    switch direction {
    case .rising: [Span(" " + glyphs.up, theme.style(.warning))]
    case .falling: [Span(" " + glyphs.down, theme.style(.good))]
    case .steady: [Span(" " + glyphs.steady, theme.style(.dim))]
    case nil: [Span("  ", theme.style(.dim))]
    }
  }

  /// The skipped records that are kept, of all that were skipped.
  private func skipped(_ view: ViewStatus) -> Span {
    guard view.readsStream else { return Span(Units.unknown, theme.style(.dim)) }
    let kept = view.deadLetters ?? view.skippedRecords
    let all = Units.count(view.skippedRecords, "rec")
    let words = kept == view.skippedRecords ? all : "\(Units.count(kept)) of \(all)"
    return Span(words, theme.style(kept > 0 ? .warning : .dim))
  }

  // MARK: Words

  /// How long the outcome of an action stays on the screen.
  private static let outcomeSeconds = 30.0

  /// What is being done to a view, what came of it, or what the chosen view is.
  private mutating func paintViewWords(in rect: Rect) {
    if let hint = model.viewHint {
      canvas.put(
        "\(glyphs.dot) \(hint)", x: rect.x, y: rect.y, width: rect.width, theme.style(.warning))
      return
    }
    guard let asked = model.viewRun else { return paintReading(in: rect) }
    if asked.run.isRunning { return paintProgress(of: asked, in: rect) }
    guard now.seconds(since: asked.run.endedAt ?? now) < Self.outcomeSeconds else {
      return paintReading(in: rect)
    }
    var words: [Span]
    switch asked.run.state {
    case .failed(let error) where error.sqlState == "57014":
      words = [Span("\(glyphs.dot) stopped: \(asked.action.doing)", theme.style(.warning))]
    case .failed(let error):
      let more = [error.detail, error.hint].compactMap(\.self).map { "; " + $0 }.joined()
      words = [
        Span("\(glyphs.dot) not done: ", theme.style(.bad)),
        Span(Self.oneLine(error.message + more), theme.style(.bad)),
      ]
    default:
      let key: ThemeKey = asked.isWarning ? .warning : .good
      let took = asked.run.seconds.map { " in \(Units.duration($0))" } ?? ""
      words = [
        Span("\(glyphs.dot) \(Self.oneLine(asked.outcome))", theme.style(key)),
        Span(took, theme.style(.dim)),
      ]
    }
    canvas.put(words, x: rect.x, y: rect.y, width: rect.width)
  }

  private mutating func paintProgress(of asked: ViewRun, in rect: Rect) {
    let view = model.snapshot?.views.first { ViewName($0) == asked.action.view }
    let isStopping = asked.run.state == .cancelling
    var words = [
      Span(
        "\(spinner) \(isStopping ? "stopping: " : "")\(asked.action.doing)", theme.style(.accent))
    ]
    if let elapsed = asked.run.startedAt.map({ now.seconds(since: $0) }) {
      words.append(Span(", \(Units.age(elapsed))", theme.style(.dim)))
    }
    if !isStopping { words.append(Span("  Esc stops it", theme.style(.dim))) }
    let used = canvas.put(words, x: rect.x, y: rect.y, width: rect.width)
    guard let view, let part = asked.progress(behind: view.recordsBehind), rect.width - used > 34
    else { return }
    let x = rect.x + used + 2
    canvas.meter(part, x: x, y: rect.y, width: 16, gradient: .share)
    let left = [
      Span(" \(Units.percent(part))  ", theme.style(.text)),
      Span(Units.count(view.recordsBehind, "rec") + " left, drains in ", theme.style(.dim)),
      drain(view),
    ]
    canvas.put(left, x: x + 16, y: rect.y, width: rect.width - used - 18)
  }

  /// One line on the chosen view: what it is, and how its last refresh ended.
  private mutating func paintReading(in rect: Rect) {
    guard let view = model.chosenView else { return }
    let dim = theme.style(.dim)
    var words = [
      Span(view.shortID, theme.style(.accent)), Span(" over \(view.sourceWords), ", dim),
      Span(
        view.upkeep?.sentence ?? "of unknown state", theme.style(view.upkeep?.key ?? .dim)),
    ]
    if case .broken = view.upkeep {
    } else if view.health == .failed {
      words.insert(Span((view.lastStatus ?? "failed") + "  ", theme.style(.bad)), at: 0)
    } else if let at = view.lastRefreshAt {
      let took = view.lastRefreshSeconds.map { ", in \(Units.duration($0))" } ?? ""
      words.append(
        Span("; refreshed \(Units.age(now.seconds(since: at))) ago\(took)", dim))
    } else {
      words.append(Span("; not refreshed since the engine's start", dim))
    }
    if let kept = view.deadLetters, kept > 0 {
      words.insert(Span("\(plural(kept, "skipped record")) kept: ", theme.style(.warning)), at: 0)
    }
    canvas.put(words, x: rect.x, y: rect.y, width: rect.width)
  }
}
