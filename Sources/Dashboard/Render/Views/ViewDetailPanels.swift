import Core
import Telemetry

extension Painter {
  // MARK: Definition

  mutating func paintDefinition(_ rect: Rect) {
    let lines = model.definitionLines
    let width = rect.width - 4
    let rows = model.definitionRows(width: width)
    let visible = rect.height - 2
    let first = first(.viewDefinition, rows: rows, visible: visible)
    let inside = box(
      .viewDefinition, rect, note: note([range(first: first, visible: visible, of: rows)]))
    if paintDetailState(inside, .definition, isKnown: lines != nil) { return }
    var highlighter = SQLHighlighter()
    var row = 0
    for line in (lines ?? []).map(Array.init) {
      let kinds = highlighter.kinds(of: line)
      for (index, range) in SQLLayout.wrapped(line, width: width).enumerated() {
        defer { row += 1 }
        guard row >= first, row < first + visible else { continue }
        let hang = index == 0 ? 0 : SQLLayout.hang(of: line, width: width)
        put(
          Array(line[range]), Array(kinds[range]), shift: 0, x: inside.x + hang,
          y: inside.y + row - first, width: width - hang)
      }
    }
  }

  /// What stands in a panel of the detail while there is no answer.
  ///
  /// - Returns: whether that is all there is to draw.
  private mutating func paintDetailState(
    _ rect: Rect, _ part: ViewDetail.Part, isKnown: Bool
  ) -> Bool {
    let empty = ["No view is chosen.", "Choose one in the list above."]
    if paintState(rect, isEmpty: model.chosenView == nil, empty: empty) { return true }
    if isKnown { return false }
    if let error = model.viewDetail?.failure(part) {
      state(
        [
          Span("It cannot be read: \(Self.oneLine(error.message))", theme.style(.bad)),
          Span("It is tried again by itself every few seconds.", theme.style(.dim)),
        ], in: rect)
    } else if model.disconnected != nil {
      state(
        [
          Span("The engine does not answer.", theme.style(.warning)),
          Span("This is read when it does.", theme.style(.dim)),
        ], in: rect)
    } else {
      state([Span("reading\(glyphs.ellipsis)", theme.style(.dim))], in: rect)
    }
    return true
  }

  /// The answer that is for the chosen view.
  private func answer(_ part: ViewDetail.Part) -> ResultSet? {
    guard let view = model.chosenView, let detail = model.viewDetail,
      detail.view == ViewName(view)
    else { return nil }
    return detail.result(part)
  }

  // MARK: Lag

  /// Samples that a minute takes at most.
  private static let barMax = 8

  private struct LagRow {
    var title: String
    var value: String
    var samples: [Double]
    var isMinutes = true
  }

  /// From arrival to visible: each of the last seconds, and minute by minute.
  mutating func paintViewLag(_ rect: Rect) {
    let view = model.chosenView
    let inside = box(.viewLag, rect, title: "Lag, arrival to visible", note: lagNote(view))
    let hasSeconds = view?.latencyHistory.contains { $0 > 0 } ?? false
    let minutes = answer(.lag) == nil ? [] : model.viewDetail?.minutes ?? []
    let isKnown = answer(.lag) != nil || hasSeconds
    if paintDetailState(inside, .lag, isKnown: isKnown) { return }
    guard let view, hasSeconds || !minutes.isEmpty else {
      state(
        [
          Span("No refresh has brought rows yet.", theme.style(.text)),
          Span("r refreshes the view; a lets it refresh by itself.", theme.style(.dim)),
        ], in: inside)
      return
    }
    let rows = lagRows(view, minutes)
    let height = max(1, inside.height / rows.count)
    for (index, row) in rows.enumerated() {
      let y = inside.y + index * height
      guard y + height <= inside.y + inside.height else { break }
      paintLagRow(row, in: Rect(x: inside.x, y: y, width: inside.width, height: height))
    }
  }

  private func lagNote(_ view: ViewStatus?) -> [Span] {
    let stale = staleNote
    guard stale.isEmpty, let view, view.latencyP99 != nil else { return stale }
    let before = view.latencyP99Before.map { " from \(Units.duration($0))" } ?? ""
    return [
      Span("p99 ", theme.style(.dim)),
      Span(Units.duration(view.latencyP99), theme.style(latencyKey(view.latencyP99))),
    ] + (view.lagTrend == nil ? [] : arrow(view.lagTrend))
      + [Span(before, theme.style(.dim))]
  }

  private func lagRows(_ view: ViewStatus, _ minutes: [LagMinute]) -> [LagRow] {
    let last = minutes.last
    func row(_ title: String, _ value: (LagMinute) -> Double?) -> LagRow {
      LagRow(
        title: title, value: Units.duration(last.flatMap(value)),
        samples: ViewDetail.series(minutes, value))
    }
    let newest = view.latencyHistory.last.flatMap { $0 > 0 ? $0 : nil }
    return [
      LagRow(
        title: "seconds", value: Units.duration(newest), samples: view.latencyHistory,
        isMinutes: false),
      row("p50/min", \.p50), row("p99/min", \.p99), row("max/min", \.longest),
    ]
  }

  private mutating func paintLagRow(_ row: LagRow, in rect: Rect) {
    let label = 8
    let value = 8
    canvas.put(row.title, x: rect.x, y: rect.y, width: label, theme.style(.dim))
    canvas.putRight(
      [Span(row.value, theme.style(.text))], x: rect.x + label, y: rect.y, width: value)
    // Where there is room, a line of air keeps the rows apart.
    let plot = Rect(
      x: rect.x + label + value + 1, y: rect.y, width: rect.width - label - value - 1,
      height: rect.height > 2 ? rect.height - 1 : rect.height)
    guard plot.width > 0 else { return }
    let room = plot.width * glyphs.samplesPerCell
    // Few minutes are drawn as bars that can be told apart.
    let wide = row.isMinutes ? max(1, min(Self.barMax, room / max(1, row.samples.count))) : 1
    let samples = row.samples.suffix(room).flatMap { Array(repeating: $0, count: wide) }
    let shown = samples.suffix(room).filter(\.isFinite)
    if rect.height > 1 {
      let peak = shown.max() ?? 0
      canvas.put(
        "peak \(Units.duration(peak))", x: rect.x, y: rect.y + 1, width: label + value,
        theme.style(.dim))
    }
    // Twice the second that a streaming view promises is red, whatever the scale.
    canvas.area(samples, peak: shown.max() ?? 0, in: plot, gradient: .lag, hot: 2)
  }

  // MARK: Refreshes

  private enum Refresh { static let start = 0, type = 1, status = 2, millis = 3, rows = 4 }

  mutating func paintRefreshes(_ rect: Rect) {
    let result = answer(.refreshes)
    let count = result?.rowsKept ?? 0
    let visible = rect.height - 3
    let first = first(.viewRefreshes, rows: count, visible: visible)
    let words = count >= ViewDetail.refreshesMax ? "the last \(count)" : ""
    let inside = box(
      .viewRefreshes, rect,
      note: note([range(first: first, visible: visible, of: count), words]))
    if paintDetailState(inside, .refreshes, isKnown: result != nil) { return }
    guard let result, count > 0 else {
      state(
        [
          Span("It was not refreshed yet.", theme.style(.text)),
          Span("r refreshes it now.", theme.style(.dim)),
        ], in: inside)
      return
    }
    let columns = [
      TableColumn(title: "Started", minimum: 8, maximum: 11),
      TableColumn(title: "Type", minimum: 4, maximum: 6, priority: 1),
      TableColumn(title: "Took", alignment: .right, minimum: 6, maximum: 10),
      TableColumn(title: "Rows", alignment: .right, minimum: 5, maximum: 14),
      TableColumn(title: "Status", minimum: 16, maximum: 200, grows: true),
    ]
    let rows = (0..<min(count, first + max(0, visible))).map { refreshRow(result, $0) }
    canvas.draw(Table(columns: columns, rows: rows), in: inside, first: first)
  }

  private func refreshRow(_ result: ResultSet, _ row: Int) -> [TableCell] {
    func text(_ column: Int) -> String? { result.text(row: row, column: column) }
    let status = text(Refresh.status) ?? Units.unknown
    let seconds = text(Refresh.millis).flatMap { Double($0) }.map { $0 / 1000 }
    let rows = text(Refresh.rows).flatMap { Int($0) }
    let key: ThemeKey = Self.statusKey(status)
    return [
      .text([Span(TimeText.short(text(Refresh.start), now: now), theme.style(.dim))]),
      .text([Span(text(Refresh.type) ?? Units.unknown, theme.style(.dim))]),
      .text([Span(Units.duration(seconds), theme.style(.text))]),
      .text([Span(Units.count(rows), theme.style(rows == 0 ? .dim : .text))]),
      .text([Span(status, theme.style(key))]),
    ]
  }

  private static func statusKey(_ status: String) -> ThemeKey {
    if status.hasPrefix("Refresh failed") { return .bad }
    if status.contains("not up to date") || status.contains("skipped") { return .warning }
    return status.hasPrefix("MV was already") ? .dim : .text
  }

  // MARK: Skipped records

  private enum Letter { static let arrived = 0, shard = 1, sequence = 2, attempts = 3, reason = 4 }

  mutating func paintViewErrors(_ rect: Rect) {
    let view = model.chosenView
    let result = answer(.errors)
    let count = result?.rowsKept ?? 0
    let visible = rect.height - 3
    let first = first(.viewErrors, rows: count, visible: visible)
    let kept = view?.deadLetters ?? count
    let inside = box(
      .viewErrors, rect,
      note: note([
        range(first: first, visible: visible, of: count),
        kept == 0 ? "" : "\(Units.count(kept)) kept; e tries them again",
      ]))
    if paintDetailState(inside, .errors, isKnown: result != nil) { return }
    guard let result, count > 0 else {
      let all = view?.skippedRecords ?? 0
      let words =
        view?.readsStream == false
        ? "It reads no stream, and so skips no records."
        : all == 0 ? "No record was skipped." : "None is kept of \(Units.count(all)) skipped ones."
      state([Span(words, theme.style(.dim))], in: inside)
      return
    }
    let columns = [
      TableColumn(title: "Arrived", minimum: 8, maximum: 11),
      TableColumn(title: "Shard", minimum: 7, maximum: 10, priority: 1),
      TableColumn(title: "Tries", alignment: .right, minimum: 5, maximum: 6, priority: 2),
      TableColumn(title: "Reason", minimum: 40, maximum: 200, grows: true),
      TableColumn(title: "Sequence number", minimum: 15, maximum: 60, priority: 3),
    ]
    let rows = (0..<min(count, first + max(0, visible))).map { letterRow(result, $0) }
    canvas.draw(Table(columns: columns, rows: rows), in: inside, first: first)
  }

  private func letterRow(_ result: ResultSet, _ row: Int) -> [TableCell] {
    func text(_ column: Int) -> String? { result.text(row: row, column: column) }
    return [
      .text([Span(TimeText.short(text(Letter.arrived), now: now), theme.style(.dim))]),
      .text([Span(Self.shortName(text(Letter.shard) ?? Units.unknown), theme.style(.text))]),
      .text([Span(text(Letter.attempts) ?? Units.unknown, theme.style(.text))]),
      .text([Span(Self.oneLine(text(Letter.reason) ?? Units.unknown), theme.style(.warning))]),
      .text([Span(text(Letter.sequence) ?? Units.unknown, theme.style(.dim))]),
    ]
  }
}
