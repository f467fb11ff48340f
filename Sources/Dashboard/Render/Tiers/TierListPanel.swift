import Core
import Telemetry

extension Painter {
  /// Every tier of every policy's table, and what has no policy; one of them chosen.
  mutating func paintTierList(_ rect: Rect) {
    let rows = model.tierDetail.rows
    let visible = rect.height - 3 - Model.viewListWords
    let first = max(0, min(model.firstTierRow, rows.count - visible))
    let inside = box(
      .tierList, rect,
      note: note([
        range(first: first, visible: visible, of: rows.count), Self.costWords(rows),
      ]))
    if paintTierState(inside, .tiers, isEmpty: rows.isEmpty, empty: Self.noTiers) { return }
    let height = inside.height - Model.viewListWords
    let table = Rect(x: inside.x, y: inside.y, width: inside.width, height: height)
    canvas.draw(
      Table(columns: Self.tierColumns, rows: rows.map(tierListRow)), in: table, first: first)
    paintTierWords(in: Rect(x: inside.x, y: table.y + height, width: inside.width, height: 1))
  }

  private static let noTiers = [
    "No table has an archive policy yet. To make one (F2 goes to the editor):",
    "CREATE EXTERNAL SCHEMA lake FROM DATA CATALOG DATABASE 'lake'",
    "IAM_ROLE default CREATE EXTERNAL DATABASE IF NOT EXISTS;",
    "CALL weir.create_archive_policy('sales', 'sales', 'sold_at', 15,",
    "'s3://lake/sales/', 'lake.sales_history');",
  ]

  /// What stands in a panel of this screen while there is nothing to show.
  ///
  /// - Returns: whether that is all there is to draw.
  mutating func paintTierState(
    _ rect: Rect, _ part: TierDetail.Part, isEmpty: Bool, empty: [String]
  ) -> Bool {
    if paintState(rect, isEmpty: false, empty: []) { return true }
    guard isEmpty else { return false }
    if let error = model.tierDetail.failure(part) {
      state(
        [
          Span("It cannot be read: \(Self.oneLine(error.message))", theme.style(.bad)),
          Span("It is tried again every few seconds; F2 to ask by hand.", theme.style(.dim)),
        ], in: rect)
    } else if model.tierDetail.isKnown(part) {
      state(empty.enumerated().map { Span($1, theme.style($0 == 0 ? .text : .dim)) }, in: rect)
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

  /// What everything costs, as far as it is known.
  private static func costWords(_ rows: [TierRow]) -> String {
    let known = rows.compactMap(\.cost)
    guard !known.isEmpty else { return "" }
    let isPart = known.count < rows.count
    return "\(Units.dollars(known.reduce(0, +))) a month" + (isPart ? " where known" : "")
  }

  private static let tierColumns = [
    TableColumn(title: "Table", minimum: 12, maximum: 44),
    TableColumn(title: "Tier", minimum: 9, maximum: 9),
    TableColumn(title: "Size", alignment: .right, minimum: 8, maximum: 9),
    TableColumn(title: "Rows", alignment: .right, minimum: 7, maximum: 18, priority: 2),
    TableColumn(title: "Months", alignment: .right, minimum: 6, maximum: 6, priority: 5),
    TableColumn(title: "From", minimum: 10, maximum: 10, priority: 7),
    TableColumn(title: "To", minimum: 10, maximum: 10, priority: 6),
    TableColumn(title: "Growth/month", alignment: .right, minimum: 12, maximum: 12, priority: 4),
    TableColumn(title: "Cost/month", alignment: .right, minimum: 10, maximum: 12, priority: 1),
    TableColumn(title: "In tier above", alignment: .right, minimum: 13, maximum: 13, priority: 3),
    TableColumn(title: "Policy", minimum: 6, maximum: 24, priority: 8),
  ]

  private func tierListRow(_ row: TierRow) -> [TableCell] {
    let text = theme.style(.text)
    let dim = theme.style(.dim)
    return [
      .text(chosenName(row.shortName, isChosen: row.id == model.chosenTier?.id, .tierList)),
      .text([Span(row.tier.rawValue, theme.style(row.tier.key))]),
      .text([Span(Units.bytes(row.bytes), text)]),
      .text([Span(Units.count(row.rows), text)]),
      .text([Span(Units.count(row.months), text)]),
      .text([Span(row.oldest ?? Units.unknown, dim)]),
      .text([Span(row.newest ?? Units.unknown, dim)]),
      .text([Span(Units.bytes(row.growth), text)]),
      .text([Span(Units.dollars(row.cost), text)]),
      .text([Span(Units.dollars(row.costAbove), dim)]),
      .text([Span(row.policy ?? "none", dim)]),
    ]
  }

  // MARK: Words

  /// How long the outcome of an action stays on the screen.
  private static let tierOutcomeSeconds = 30.0

  private mutating func paintTierWords(in rect: Rect) {
    let words: [Span]
    if let hint = model.tierHint {
      words = [Span("\(glyphs.dot) \(hint)", theme.style(.warning))]
    } else if let asked = model.tierRun, asked.run.isRunning {
      words = runningWords(asked)
    } else if let asked = model.tierRun,
      now.seconds(since: asked.run.endedAt ?? now) < Self.tierOutcomeSeconds
    {
      words = outcomeWords(asked)
    } else {
      words = readingWords
    }
    canvas.put(words, x: rect.x, y: rect.y, width: rect.width)
  }

  private func runningWords(_ asked: TierRun) -> [Span] {
    let isStopping = asked.run.state == .cancelling
    var words = [
      Span(
        "\(spinner) \(isStopping ? "stopping: " : "")\(asked.action.doing)", theme.style(.accent))
    ]
    if let start = asked.run.startedAt {
      words.append(Span(", \(Units.age(now.seconds(since: start)))", theme.style(.dim)))
    }
    if let progress = progressWords { words.append(Span(", \(progress)", theme.style(.text))) }
    if !isStopping { words.append(Span("  Esc stops it", theme.style(.dim))) }
    return words
  }

  private func outcomeWords(_ asked: TierRun) -> [Span] {
    switch asked.run.state {
    case .failed(let error) where error.sqlState == "57014":
      return [
        Span(
          "\(glyphs.dot) stopped: \(asked.action.doing); what is done is done, the rest is as "
            + "it was", theme.style(.warning))
      ]
    case .failed(let error):
      let more = [error.detail, error.hint].compactMap(\.self).map { "; " + $0 }.joined()
      return [
        Span("\(glyphs.dot) not done: ", theme.style(.bad)),
        Span(Self.oneLine(error.message + more), theme.style(.bad)),
      ]
    default:
      let took = asked.run.seconds.map { " in \(Units.duration($0))" } ?? ""
      return [
        Span("\(glyphs.dot) \(Self.oneLine(asked.outcome))", theme.style(.good)),
        Span(took, theme.style(.dim)),
      ]
    }
  }

  /// One line on the chosen row.
  private var readingWords: [Span] {
    guard let row = model.chosenTier else { return [] }
    let name = Span(row.shortName, theme.style(.accent))
    if let error = model.tierDetail.failure(.tiers) {
      return [
        Span("stale: \(Self.oneLine(error.message)); tried again by itself", theme.style(.bad))
      ]
    }
    if let progress = progressWords {
      return [
        Span("\(glyphs.dot) ", theme.style(.accent)), name,
        Span(": \(progress)", theme.style(.text)),
      ]
    }
    let words: String =
      switch (row.tier, row.policy) {
      case (.live, _) where row.bytes == nil:
        ": a live PostgreSQL that does not answer, or has no tables; asked again by itself"
      case (.live, _): ": tables of a live PostgreSQL, read by federated queries"
      case (.warehouse, _) where row.rows == nil:
        ": the table cannot be counted; r says why"
      case (.warehouse, _): ": hot, in the warehouse; r moves old months to the archive"
      case (.archive, nil):
        row.rows == nil
          ? ": an external table without a policy; its files are found when it is read"
          : ": an external table without a policy"
      case (.archive, _): ": what has moved, in Parquet; o brings a month back"
      }
    return [name, Span(words, theme.style(.dim))]
  }

  /// `month 3 of 8 (2025-08), verified, 1,204 rows/s`
  var progressWords: String? {
    guard let progress = model.tierDetail.progress(today: model.currentMonth) else { return nil }
    let batch = progress.batch
    let place =
      progress.count.map { "month \(progress.place) of \($0)" } ?? "month \(progress.place)"
    let parts = [
      "\(batch.kind) \(place)\(batch.month.map { " (\($0.text))" } ?? "")",
      batch.step ?? "", progress.rowsNow.map { Units.count($0, "rows") } ?? "",
      archiveRate(progress).map { Units.rate($0, "rows/s") } ?? "",
    ]
    return parts.filter { !$0.isEmpty }.joined(separator: ", ")
  }

  /// Rows per second of the run so far; nil before its first month is done.
  private func archiveRate(_ progress: ArchiveProgress) -> Double? {
    let done = model.tierDetail.batches.filter {
      $0.run == progress.batch.run && $0.state == "done"
    }
    let seconds = done.compactMap(\.seconds).reduce(0, +)
    return seconds > 0 ? Double(progress.rowsDone) / seconds : nil
  }
}
