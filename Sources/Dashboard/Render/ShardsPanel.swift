import Telemetry

extension Painter {
  mutating func paintShards(_ rect: Rect) {
    let streams = model.snapshot?.streams ?? []
    let visible = rect.height - 3
    let count = model.rowCount(.shards)
    let first = first(.shards, rows: count, visible: visible)
    let total = streams.compactMap(\.recordsPerSecond).reduce(0, +)
    let known = streams.contains { $0.recordsPerSecond != nil }
    let inside = box(
      .shards, rect,
      note: note([
        range(first: first, visible: visible, of: count),
        streams.isEmpty ? "" : plural(streams.count, "stream"),
        known && streams.count > 1 ? Units.rate(total, "rec/s") : "",
      ]))
    let empty = [
      "No streams yet.",
      "aws kinesis create-stream --stream-name orders --shard-count 4",
      "weir put orders orders.jsonl",
    ]
    if paintState(inside, isEmpty: streams.isEmpty, empty: empty) { return }
    var table = Table(
      columns: shardColumns, rows: streams.flatMap { shardRows($0, panelWidth: inside.width) })
    let hasGraph = table.fit(inside.width).contains { table.columns[$0.column].isGraph }
    if hasGraph && first == 0 {
      table.rowHeight = max(1, min(3, (inside.height - 1) / max(1, count)))
    }
    canvas.draw(table, in: inside, first: first)
    if table.rowHeight > 1 { joinBranches(streams, rowHeight: table.rowHeight, in: inside) }
  }

  /// The tree's line goes on beside the lower lines of tall rows.
  private mutating func joinBranches(_ streams: [StreamStatus], rowHeight: Int, in rect: Rect) {
    guard !glyphs.isASCII else { return }
    var y = rect.y + 1
    for stream in streams {
      for row in 0...stream.shards.count {
        for line in 1..<rowHeight where row < stream.shards.count {
          canvas.put(glyph: glyphs.separator, x: rect.x, y: y + line, theme.style(.box))
        }
        y += rowHeight
      }
    }
  }

  func plural(_ count: Int, _ noun: String) -> String {
    Units.count(count, count == 1 ? noun : noun + "s")
  }

  private var shardColumns: [TableColumn] {
    [
      TableColumn(title: "Stream", minimum: 9, maximum: 30),
      TableColumn(title: "State", minimum: 6, maximum: 9, priority: 2),
      TableColumn(title: "Records", alignment: .right, minimum: 12, maximum: 16),
      TableColumn(title: "Bytes", alignment: .right, minimum: 9, maximum: 12, priority: 1),
      TableColumn(title: "Share", minimum: 12, maximum: 12, priority: 4),
      TableColumn(
        title: "", minimum: 24, maximum: 90, priority: 3, grows: true, isGraph: true),
      TableColumn(title: "Total", alignment: .right, minimum: 10, maximum: 20, priority: 5),
      TableColumn(title: "Stored", alignment: .right, minimum: 8, maximum: 10, priority: 6),
    ]
  }

  private func shardRows(_ stream: StreamStatus, panelWidth: Int) -> [[TableCell]] {
    let peak = stream.shards.flatMap(\.recordsHistory).filter(\.isFinite).max() ?? 0
    var rows = [streamRow(stream)]
    for (index, shard) in stream.shards.enumerated() {
      let isLast = index == stream.shards.count - 1
      let branch = glyphs.isASCII ? "  " : isLast ? "└ " : "├ "
      rows.append(
        shardRow(
          shard, branch: branch, in: stream, peak: peak, isFullName: panelWidth >= 110))
    }
    return rows
  }

  private func streamRow(_ stream: StreamStatus) -> [TableCell] {
    let text = theme.style(.text, .bold)
    let history = stream.recordsHistory
    return [
      .text([Span(stream.name, theme.style(.accent, .bold))]),
      .text([Span(stream.status.lowercased(), theme.style(stateKey(stream.status)))]),
      .text([Span(Units.rate(stream.recordsPerSecond, "rec/s"), text)]),
      .text([Span(Units.byteRate(stream.bytesPerSecond), text)]),
      .text([skew(stream)]),
      .area(history, peak: history.max() ?? 0, gradient: .rate),
      .text([Span(Units.count(stream.shards.reduce(0) { $0 &+ $1.recordsTotal }, "rec"), text)]),
      .text([Span(Units.bytes(stream.shards.reduce(0) { $0 &+ $1.bytesTotal }), text)]),
    ]
  }

  func stateKey(_ status: String) -> ThemeKey {
    switch status {
    case "ACTIVE": .good
    case "DELETING": .bad
    default: .warning
    }
  }

  /// How much more the busiest shard gets than its fair part.
  private func skew(_ stream: StreamStatus) -> Span {
    let rates = stream.shards.filter(\.isOpen).compactMap(\.recordsPerSecond)
    let sum = rates.reduce(0, +)
    guard rates.count > 1, sum > 0, let most = rates.max() else {
      return Span(rates.count > 1 ? "idle" : "", theme.style(.dim))
    }
    let factor = most * Double(rates.count) / sum
    let key: ThemeKey = factor >= 2 ? .warning : .dim
    return Span("skew \(Units.decimal(factor, places: 1))×", theme.style(key))
  }

  private func shardRow(
    _ shard: ShardStatus, branch: String, in stream: StreamStatus, peak: Double, isFullName: Bool
  ) -> [TableCell] {
    let style = theme.style(shard.isOpen ? .text : .dim)
    let sum = stream.recordsPerSecond ?? 0
    let share = shard.recordsPerSecond.flatMap { sum > 0 ? $0 / sum : nil }
    let known = stream.shards.filter { $0.isOpen && $0.recordsPerSecond != nil }.count
    let isHot = known > 1 && sum >= StreamReading.hotFrom && (share ?? 0) * Double(known) >= 2
    return [
      .text([
        Span(branch, theme.style(.box)),
        Span(isFullName ? shard.id : Self.shortName(shard.id), style),
      ]),
      .text([
        Span(
          shard.isOpen ? isHot ? "hot" : "open" : "closed",
          theme.style(isHot ? .warning : .dim))
      ]),
      .text([Span(Units.rate(shard.recordsPerSecond, "rec/s"), style)]),
      .text([Span(Units.byteRate(shard.bytesPerSecond), style)]),
      .meter(
        share, gradient: .share,
        label: Span(Units.percent(share), theme.style(isHot ? .warning : .text))),
      .area(shard.recordsHistory, peak: peak, gradient: .rate),
      .text([Span(Units.count(shard.recordsTotal, "rec"), style)]),
      .text([Span(Units.bytes(shard.bytesTotal), style)]),
    ]
  }

  /// `shardId-000000000003` as `shard 3`; other names as they are.
  static func shortName(_ id: String) -> String {
    let prefix = "shardId-"
    guard id.hasPrefix(prefix), let number = Int(id.dropFirst(prefix.count)) else { return id }
    return "shard \(number)"
  }
}

extension StreamStatus {
  /// Over the shards where it is known; nil where it is of none.
  var recordsPerSecond: Double? { Self.sum(shards.map(\.recordsPerSecond)) }
  var bytesPerSecond: Double? { Self.sum(shards.map(\.bytesPerSecond)) }
  var recordsHistory: [Double] { SampleSeries.sum(shards.map(\.recordsHistory)) }

  private static func sum(_ values: [Double?]) -> Double? {
    let known = values.compactMap(\.self)
    return known.isEmpty ? nil : known.reduce(0, +)
  }
}

/// SampleSeries of one sample a second, the newest last; those that began later are shorter.
enum SampleSeries {
  static func sum(_ series: [[Double]]) -> [Double] { merge(series, +) }
  static func worst(_ series: [[Double]]) -> [Double] { merge(series) { max($0, $1) } }

  private static func merge(
    _ series: [[Double]], _ combine: (Double, Double) -> Double
  ) -> [Double] {
    var merged = Array(repeating: 0.0, count: series.map(\.count).max() ?? 0)
    for samples in series {
      let start = merged.count - samples.count
      for (index, sample) in samples.enumerated() where sample.isFinite {
        merged[start + index] = combine(merged[start + index], sample)
      }
    }
    return merged
  }
}
