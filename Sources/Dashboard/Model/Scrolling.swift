import Telemetry

/// How much there is in each panel, and how far one can go down in it.
extension Model {
  func layout(_ size: Size) -> Layout {
    Layout(screen: screen, size: size, zoomed: isZoomed ? focus : nil, wanted: wantedLines)
  }

  /// Rows of content, without titles.
  func rowCount(_ panel: PanelID) -> Int {
    switch panel {
    case .shards: snapshot?.streams.reduce(0) { $0 + 1 + $1.shards.count } ?? 0
    case .views: snapshot?.views.count ?? 0
    case .queries: snapshot?.queries.count ?? 0
    case .messages: snapshot?.messages.count ?? 0
    case .results: run?.result?.rowsKept ?? 0
    case .editor: editor.lines.count
    case .throughput, .latency: 0
    case .streams: snapshot?.streams.count ?? 0
    case .streamShards: chosenStream?.shards.count ?? 0
    case .readers: readerSummaries.count
    case .changes: changeLines.count
    case .viewList: snapshot?.views.count ?? 0
    case .viewTree: viewTreeLines.count
    case .viewDefinition: definitionLines?.count ?? 0
    case .viewLag: 0
    case .viewRefreshes: viewDetail?.result(.refreshes)?.rowsKept ?? 0
    case .viewErrors: viewDetail?.result(.errors)?.rowsKept ?? 0
    case .tierList: tierDetail.rows.count
    case .tierCalendar: tierDetail.calendar.years.count
    case .archiveRuns: tierDetail.batches.count
    case .tierPolicy: Self.policyLines
    case .tierFiles: tierDetail.files.count
    }
  }

  /// Lines of words below the list of views.
  static let viewListWords = 1
  static let policyLines = 6

  /// The lines, with border and titles, that would show all of a panel.
  private func wantedLines(_ panel: PanelID) -> Int {
    switch panel {
    case .editor, .results, .throughput, .latency: 0
    case .viewLag: 10
    case .viewList: rowCount(panel) + 3 + Self.viewListWords
    case .viewTree, .viewDefinition: rowCount(panel) + 2
    case .viewRefreshes: min(20, rowCount(panel) + 3)
    case .viewErrors: min(10, rowCount(panel) + 3)
    case .tierList: min(14, rowCount(panel) + 3 + Self.viewListWords)
    case .tierCalendar: min(20, rowCount(panel) + 4)
    case .archiveRuns: min(20, rowCount(panel) + 3)
    case .tierPolicy: rowCount(panel) + 2
    case .tierFiles: min(20, rowCount(panel) + 3)
    case .messages: min(20, rowCount(panel) + 2)
    case .queries: min(20, rowCount(panel) + 3)
    case .shards: rowCount(panel) + 3
    case .streams: min(12, rowCount(panel) + 3)
    case .streamShards: rowCount(panel) + 3 + shardsHeadLines
    case .readers, .changes: min(16, rowCount(panel) + 3)
    case .views:
      rowCount(panel) + 3 + (snapshot?.views.filter { $0.health == .failed }.count ?? 0)
    }
  }

  /// Lines of a panel that are not border or titles.
  private func fixedLines(_ panel: PanelID) -> Int {
    switch panel {
    case .messages, .editor, .changes, .viewTree, .viewDefinition, .viewLag, .tierPolicy: 2
    case .viewList, .tierList: 3 + Self.viewListWords
    case .tierCalendar: 4
    case .streamShards: 3 + shardsHeadLines
    case .results: 5
    default: 3
    }
  }

  /// Rows that fit in a panel as it is laid out now.
  func page(_ panel: PanelID) -> Int {
    guard let rect = layout(size).rect(of: panel) else { return 1 }
    return max(1, rect.height - fixedLines(panel))
  }

  var editorPage: Int { page(.editor) }

  mutating func scroll(_ move: Move) {
    switch overlay {
    case .help(let first):
      let page = max(1, size.height - 4)
      let last = max(0, helpLines().count - page)
      overlay = .help(first: Self.moved(first, move, page: page, last: last))
    case .history(let selected):
      let last = max(0, history.entries.count - 1)
      overlay = .history(
        selected: Self.moved(selected, move, page: max(1, size.height - 8), last: last))
    case .peek: scrollPeek(move)
    case .confirm, .scale, .fault, .policy: break
    case nil: scroll(move, focus, by: 1)
    }
  }

  mutating func scroll(_ move: Move, _ panel: PanelID, by lines: Int) {
    if panel == .results && (move == .left || move == .right) {
      let last = max(0, (run?.result?.columns.count ?? 0) - 1)
      firstColumn = max(0, min(last, firstColumn + (move == .left ? -1 : 1)))
      return
    }
    guard panel != .editor else { return }
    if panel == .streams || panel == .streamShards { return choose(move, in: panel, by: lines) }
    if panel == .viewList { return chooseView(move, by: lines) }
    if panel == .tierList { return chooseTier(move, by: lines) }
    if panel == .tierCalendar { return chooseMonth(move, by: lines) }
    let page = page(panel)
    let last = max(0, scrolledRows(panel) - page)
    var offset = min(offset(panel), last)
    // The messages count from the end, as the newest are in sight.
    let move = panel == .messages ? move.reversed : move
    for _ in 0..<max(1, lines) { offset = Self.moved(offset, move, page: page, last: last) }
    offsets[panel] = offset
  }

  /// Rows as they are on the screen: those of a definition depend on how wide it is.
  private func scrolledRows(_ panel: PanelID) -> Int {
    guard panel == .viewDefinition, let rect = layout(size).rect(of: panel) else {
      return rowCount(panel)
    }
    return definitionRows(width: rect.width - 4)
  }

  static func moved(_ place: Int, _ move: Move, page: Int, last: Int) -> Int {
    let target =
      switch move {
      case .up: place - 1
      case .down: place + 1
      case .pageUp: place - page
      case .pageDown: place + page
      case .start: 0
      case .end: last
      case .left, .right: place
      }
    return max(0, min(last, target))
  }

  /// After the content or the screen has changed.
  mutating func clampOffsets() {
    guard Layout.fits(size) else { return }
    for (panel, offset) in offsets where offset > 0 {
      offsets[panel] = max(0, min(offset, scrolledRows(panel) - page(panel)))
    }
  }
}

extension Move {
  fileprivate var reversed: Move {
    switch self {
    case .up: .down
    case .down: .up
    case .pageUp: .pageDown
    case .pageDown: .pageUp
    case .start: .end
    case .end: .start
    case .left, .right: self
    }
  }
}
