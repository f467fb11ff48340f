import Core
import Telemetry

extension Painter {
  /// Who reads the chosen stream, and how far they are.
  mutating func paintReaders(_ rect: Rect) {
    let readers = model.readerSummaries
    let visible = rect.height - 3
    let first = first(.readers, rows: readers.count, visible: visible)
    let stuck = readers.filter { $0.stuck > 0 }.count
    let inside = box(
      .readers, rect, title: model.chosenStream.map { "Readers of \($0.name)" },
      note: note([
        range(first: first, visible: visible, of: readers.count),
        stuck == 0 ? "" : "\(stuck) not getting on",
      ]))
    let empty = [
      "Nobody reads this stream.",
      "Views, GetRecords and SubscribeToShard clients appear here.",
    ]
    if paintState(inside, isEmpty: readers.isEmpty, empty: empty) { return }
    let columns = [
      TableColumn(title: "Reader", minimum: 10, maximum: 28),
      TableColumn(title: "By", minimum: 7, maximum: 10, priority: 3),
      TableColumn(title: "Behind", alignment: .right, minimum: 8, maximum: 11),
      TableColumn(title: "Unread", alignment: .right, minimum: 8, maximum: 16, priority: 1),
      TableColumn(title: "Pace", alignment: .right, minimum: 10, maximum: 14, priority: 4),
      TableColumn(title: "Shards", alignment: .right, minimum: 6, maximum: 8, priority: 5),
      TableColumn(title: "Read", minimum: 8, maximum: 12, priority: 6),
      TableColumn(title: "Getting on", minimum: 10, maximum: 60, priority: 2),
    ]
    canvas.draw(Table(columns: columns, rows: readers.map(readerRow)), in: inside, first: first)
  }

  private func readerRow(_ reader: ReaderSummary) -> [TableCell] {
    let text = theme.style(.text)
    let total = model.chosenStream?.shards.count ?? 0
    let seen = reader.lastReadAt.map { Units.age(now.seconds(since: $0)) + " ago" }
    return [
      .text([Span(reader.name, theme.style(.accent))]),
      .text([Span(reader.kind.word, theme.style(.dim))]),
      .text([Span(Units.duration(reader.secondsBehind), theme.style(ageKey(reader.secondsBehind)))]
      ),
      .text([Span(Units.count(reader.recordsBehind, "rec"), text)]),
      .text([Span(Units.rate(reader.recordsPerSecond, "rec/s"), text)]),
      .text([Span("\(reader.shards) of \(total)", text)]),
      .text([Span(seen ?? Units.unknown, theme.style(.dim))]),
      .text([
        reader.obstacle.map { Span($0, theme.style(.warning)) }
          ?? Span("yes", theme.style(.good))
      ]),
    ]
  }

  /// Faults that are set, and how the capacity changed.
  mutating func paintChanges(_ rect: Rect) {
    let lines = model.changeLines
    let visible = rect.height - 2
    let first = first(.changes, rows: lines.count, visible: visible)
    let faults = model.snapshot?.faults.count ?? 0
    let inside = box(
      .changes, rect,
      note: note([
        range(first: first, visible: visible, of: lines.count),
        faults == 0 ? "" : plural(faults, "fault") + " set",
      ]))
    let empty = [
      "No fault is set: x sets one.",
      "No shard changed since the engine started;",
      "SYS_WEIR_SCALING_EVENTS has what was before.",
    ]
    if paintState(inside, isEmpty: lines.isEmpty, empty: empty) { return }
    for (index, line) in lines.dropFirst(first).prefix(visible).enumerated() {
      canvas.put(changeSpans(line), x: inside.x, y: inside.y + index, width: inside.width)
    }
  }

  private func changeSpans(_ line: ChangeLine) -> [Span] {
    switch line {
    case .fault(let entry):
      let isOver = entry.rule.limit.map { entry.struck >= $0 } ?? false
      let failed =
        entry.recordsFailed == 0 ? "" : ", \(Units.count(entry.recordsFailed, "rec")) failed"
      return [
        Span("fault \(entry.id) ", theme.style(isOver ? .dim : .warning, .bold)),
        Span(
          "struck \(Units.count(entry.struck)) of \(Units.count(entry.matched))\(failed)"
            + (isOver ? ", is over" : "") + "  ",
          theme.style(entry.struck > 0 && !isOver ? .bad : .dim)),
        Span(entry.rule.summary, theme.style(isOver ? .dim : .text)),
      ]
    case .scaling(let report):
      func names(_ ids: [String]) -> String { ids.map(Self.shortName).joined(separator: ", ") }
      return [
        Span(Units.clock(report.at) + " ", theme.style(.dim)),
        Span(report.action + " ", theme.style(.accent, .bold)),
        Span(
          "\(names(report.parents)) \(glyphs.steady) \(names(report.children))",
          theme.style(.text)),
        Span(
          "  now \(report.openShards) open; \(report.isAutomatic ? "by itself: " : "")"
            + report.reason, theme.style(.dim)),
      ]
    }
  }
}
