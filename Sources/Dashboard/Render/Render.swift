package import Core
import Telemetry

/// Draws the model. The same arguments give the same frame.
///
/// - Parameter now: for the clock, ages and what runs; may be later than the model's last event.
package func render(
  _ model: Model, size: Size, theme: Theme, glyphs: Glyphs, now: Timestamp
) -> Frame {
  var painter = Painter(
    canvas: Canvas(size: size, theme: theme, glyphs: glyphs), model: model, now: now)
  painter.paint(size)
  return painter.canvas.frame
}

/// One drawing of one model.
struct Painter {
  var canvas: Canvas
  let model: Model
  let now: Timestamp

  var theme: Theme { canvas.theme }
  var glyphs: Glyphs { canvas.glyphs }

  mutating func paint(_ size: Size) {
    guard Layout.fits(size) else { return paintTooSmall(size) }
    let layout = model.layout(size)
    paintHeader(layout.header)
    for (id, rect) in layout.panels { paint(id, in: rect) }
    switch model.overlay {
    case .help(let first): paintHelp(first: first)
    case .history(let selected): paintHistory(selected: selected)
    case .confirm(let action): paintConfirmation(action)
    case .scale(let dialog): paintScale(dialog)
    case .fault(let form): paintFaultForm(form)
    case .policy(let form): paintPolicyForm(form)
    case .peek: paintPeek()
    case nil: break
    }
    paintFooter(layout.footer)
  }

  private mutating func paintTooSmall(_ size: Size) {
    let least = Layout.smallest
    let lines = [
      "weir needs at least \(least.width)x\(least.height)",
      "this screen has \(size.width)x\(size.height)", "q quits",
    ]
    let first = max(0, (size.height - lines.count) / 2)
    let room = canvas.bounds
    for (index, line) in lines.enumerated() where first + index < size.height {
      canvas.putCentered(
        line, in: room, y: first + index, theme.style(index == 0 ? .warning : .text))
    }
  }

  private mutating func paint(_ id: PanelID, in rect: Rect) {
    switch id {
    case .shards: paintShards(rect)
    case .views: paintViews(rect)
    case .queries: paintQueries(rect)
    case .messages: paintMessages(rect)
    case .throughput: paintThroughput(rect)
    case .latency: paintLatency(rect)
    case .editor: paintEditor(rect)
    case .results: paintResults(rect)
    case .streams: paintStreams(rect)
    case .streamShards: paintStreamShards(rect)
    case .readers: paintReaders(rect)
    case .changes: paintChanges(rect)
    case .viewList: paintViewList(rect)
    case .viewTree: paintViewTree(rect)
    case .viewDefinition: paintDefinition(rect)
    case .viewLag: paintViewLag(rect)
    case .viewRefreshes: paintRefreshes(rect)
    case .viewErrors: paintViewErrors(rect)
    case .tierList: paintTierList(rect)
    case .tierCalendar: paintCalendar(rect)
    case .archiveRuns: paintArchiveRuns(rect)
    case .tierPolicy: paintPolicy(rect)
    case .tierFiles: paintTierFiles(rect)
    }
  }

  /// The border of a panel with its digit, its title and a note at the right.
  mutating func box(
    _ id: PanelID, _ rect: Rect, title: String? = nil, note: [Span] = []
  ) -> Rect {
    let isFocused = model.focus == id && model.overlay == nil
    let title = [
      Span(id.digit.map { "\($0) " } ?? "", theme.style(.key)),
      Span(title ?? id.spec.title, theme.style(.title, isFocused ? .bold : [])),
    ]
    return canvas.box(rect, title: title, note: note, focused: isFocused)
  }

  /// Words in the middle of a panel that has nothing else to show.
  mutating func state(_ lines: [Span], in rect: Rect) {
    let first = rect.y + max(0, (rect.height - lines.count) / 2)
    for (index, line) in lines.enumerated() where index < rect.height {
      canvas.putCentered(line.text, in: rect, y: first + index, line.style)
    }
  }

  /// What stands in a panel of the overview before there is anything to show.
  ///
  /// - Returns: whether that is all there is to draw.
  mutating func paintState(_ rect: Rect, isEmpty: Bool, empty: [String]) -> Bool {
    if model.snapshot == nil, let reason = model.disconnected {
      state(
        [
          Span("The engine cannot be reached: \(reason)", theme.style(.bad)),
          Span("Numbers appear when it answers. Press q to quit.", theme.style(.dim)),
        ], in: rect)
      return true
    }
    guard model.snapshot != nil else {
      state([Span("Waiting for the first numbers\(glyphs.ellipsis)", theme.style(.dim))], in: rect)
      return true
    }
    guard isEmpty else { return false }
    state(
      empty.enumerated().map { Span($1, theme.style($0 == 0 ? .text : .dim)) }, in: rect)
    return true
  }

  /// The first row to draw, so that no room stays empty below the last one.
  func first(_ id: PanelID, rows: Int, visible: Int) -> Int {
    max(0, min(model.offset(id), rows - visible))
  }

  /// `3–9 of 20`, or nothing where all is visible.
  func range(first: Int, visible: Int, of count: Int) -> String {
    guard count > visible, visible > 0 else { return "" }
    return "\(first + 1)–\(min(count, first + visible)) of \(Units.count(count))"
  }

  /// The mark of a panel whose numbers are no longer true.
  var staleNote: [Span] {
    guard model.disconnected != nil, let snapshot = model.snapshot else { return [] }
    return [Span("stale since \(Units.clock(snapshot.takenAt))", theme.style(.warning))]
  }

  func note(_ words: [String]) -> [Span] {
    let stale = staleNote
    guard stale.isEmpty else { return stale }
    let text = words.filter { !$0.isEmpty }.joined(separator: " · ")
    return text.isEmpty ? [] : [Span(text, theme.style(.dim))]
  }
}
