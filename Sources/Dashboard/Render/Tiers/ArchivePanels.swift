import Core
import Telemetry

extension Painter {
  // MARK: Runs

  mutating func paintArchiveRuns(_ rect: Rect) {
    let batches = model.tierDetail.batches
    let visible = rect.height - 3
    let first = first(.archiveRuns, rows: batches.count, visible: visible)
    let inside = box(
      .archiveRuns, rect,
      note: note([
        range(first: first, visible: visible, of: batches.count), progressWords ?? "",
      ]))
    if paintNoPolicy(inside) { return }
    let empty = ["Nothing was archived yet.", "r moves the months that are old enough."]
    if paintTierState(inside, .runs, isEmpty: batches.isEmpty, empty: empty) { return }
    let columns = [
      TableColumn(title: "Month", minimum: 7, maximum: 7),
      TableColumn(title: "What", minimum: 7, maximum: 7, priority: 3),
      TableColumn(title: "State", minimum: 7, maximum: 11),
      TableColumn(title: "Steps", minimum: 18, maximum: 18, priority: 1),
      TableColumn(title: "Rows", alignment: .right, minimum: 6, maximum: 14),
      TableColumn(title: "Rows/s", alignment: .right, minimum: 6, maximum: 12, priority: 4),
      TableColumn(title: "Size", alignment: .right, minimum: 7, maximum: 9, priority: 5),
      TableColumn(title: "Took", alignment: .right, minimum: 6, maximum: 10, priority: 2),
      TableColumn(title: "Started", minimum: 8, maximum: 11, priority: 6),
      TableColumn(title: "Why", minimum: 10, maximum: 200, priority: 7, grows: true),
    ]
    canvas.draw(Table(columns: columns, rows: batches.map(batchRow)), in: inside, first: first)
  }

  private func batchRow(_ batch: ArchiveBatchRow) -> [TableCell] {
    let text = theme.style(.text)
    let dim = theme.style(.dim)
    let isDone = batch.state == "done"
    let rate = batch.seconds.flatMap { seconds in
      isDone && seconds > 0 ? batch.rows.map { Double($0) / seconds } : nil
    }
    let steps = Double(batch.stepsDone) / Double(ArchiveBatchRow.steps.count)
    return [
      .text([Span(batch.month?.text ?? Units.unknown, text)]),
      .text([Span(batch.kind, dim)]),
      .text([Span(batch.state, theme.style(Self.batchKey(batch.state)))]),
      .meter(steps, gradient: .rate, label: Span(batch.step ?? Units.unknown, dim)),
      .text([Span(Units.count(isDone ? batch.rows : nil), text)]),
      .text([Span(Units.number(rate), dim)]),
      .text([Span(Units.bytes(isDone ? batch.bytes : nil), text)]),
      .text([Span(Units.duration(batch.seconds), text)]),
      .text([Span(TimeText.short(batch.started, now: now), dim)]),
      .text([Span(Self.oneLine(batch.message ?? ""), theme.style(.warning))]),
    ]
  }

  private static func batchKey(_ state: String) -> ThemeKey {
    switch state {
    case "done": .good
    case "running": .accent
    case "undone": .warning
    default: .bad
    }
  }

  // MARK: Policy

  mutating func paintPolicy(_ rect: Rect) {
    let policy = model.tierDetail.policy
    let title = policy.map { "Policy \($0.name)" }
    let inside = box(
      .tierPolicy, rect, title: title, note: note([policy == nil ? "" : "e edits it"]))
    if paintNoPolicy(inside) { return }
    let empty = ["The policy is gone."]
    if paintTierState(inside, .policy, isEmpty: policy == nil, empty: empty) { return }
    guard let policy else { return }
    let cutoff = model.currentMonth.map {
      "; before \(MonthNumber(number: $0.number - policy.months).text) is old"
    }
    let last = TimeText.short(policy.lastRun, now: now)
    let lines: [(String, String, ThemeKey)] = [
      ("Table", "\(policy.table), by \(policy.column)", .text),
      ("Keeps", plural(policy.months, "whole month") + (cutoff ?? ""), .text),
      ("Archive", "\(policy.archive), by \(policy.partitions)", .text),
      ("Objects", policy.destination, .text),
      ("Runs", policy.schedule.isEmpty ? "by hand only" : policy.schedule, .text),
      (
        "State",
        (policy.isEnabled ? "on" : "off") + ", last run "
          + (policy.lastRun == nil ? "never" : last), policy.isEnabled ? .good : .warning
      ),
    ]
    for (row, line) in lines.dropFirst(model.offset(.tierPolicy)).prefix(inside.height).enumerated()
    {
      let y = inside.y + row
      canvas.put(line.0, x: inside.x, y: y, width: 9, theme.style(.dim))
      canvas.put(line.1, x: inside.x + 9, y: y, width: inside.width - 9, theme.style(line.2))
    }
  }

  // MARK: Files

  mutating func paintTierFiles(_ rect: Rect) {
    let files = model.tierDetail.files
    let visible = rect.height - 3
    let first = first(.tierFiles, rows: files.count, visible: visible)
    let partitions = Set(files.map(\.partition)).count
    let inside = box(
      .tierFiles, rect,
      note: note([
        range(first: first, visible: visible, of: files.count),
        files.isEmpty
          ? "" : "\(plural(partitions, "partition")), \(plural(files.count, "file"))",
      ]))
    if model.chosenTier == nil, paintNoPolicy(inside) { return }
    if model.chosenTier != nil, model.chosenArchive == nil {
      state(
        [Span("Rows of this tier are in no files of an archive.", theme.style(.dim))], in: inside)
      return
    }
    let isManaged = model.chosenTier?.policy != nil
    let empty =
      isManaged
      ? ["The archive has no files yet.", "r moves the months that are old enough."]
      : ["The catalog has no list of its files.", "They are found when the table is read."]
    if paintTierState(inside, .files, isEmpty: files.isEmpty, empty: empty) { return }
    let columns = [
      TableColumn(title: "Partition", minimum: 10, maximum: 30),
      TableColumn(title: "Rows", alignment: .right, minimum: 6, maximum: 14),
      TableColumn(title: "Size", alignment: .right, minimum: 7, maximum: 9),
      TableColumn(title: "File", minimum: 16, maximum: 200, priority: 1, grows: true),
    ]
    let rows = files.prefix(first + max(0, visible)).map { file -> [TableCell] in
      [
        .text([Span(file.partition ?? Units.unknown, theme.style(.accent))]),
        .text([Span(Units.count(file.rows), theme.style(.text))]),
        .text([Span(Units.bytes(file.bytes), theme.style(.text))]),
        .text([Span(file.name, theme.style(.dim))]),
      ]
    }
    canvas.draw(Table(columns: columns, rows: rows), in: inside, first: first)
  }
}
