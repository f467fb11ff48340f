import Core
import Telemetry

extension Painter {
  /// The shards of the chosen stream: rates against limits, words, the map of hash keys, a table.
  mutating func paintStreamShards(_ rect: Rect) {
    let stream = model.chosenStream
    let rows = model.shardRows
    let head = model.shardsHeadLines
    let visible = rect.height - 3 - head
    let first = max(0, min(model.firstRow(.streamShards), rows.count - visible))
    let inside = box(
      .streamShards, rect, title: stream.map { "Shards of \($0.name)" },
      note: note([
        range(first: first, visible: visible, of: rows.count),
        stream.map { plural($0.shards.count, "shard") } ?? "",
      ]))
    let empty =
      stream == nil
      ? ["No stream is chosen.", "Its shards appear here once there is one."]
      : ["The stream has no shards yet.", "They appear when it is active."]
    if paintState(inside, isEmpty: rows.isEmpty, empty: empty) { return }
    guard let stream else { return }
    canvas.put(rateWords(stream), x: inside.x, y: inside.y, width: inside.width)
    canvas.put(
      actionWords + troubleWords(stream), x: inside.x, y: inside.y + 1, width: inside.width)
    if head > 2 {
      canvas.keyMap(
        keyPieces(stream), in: Rect(x: inside.x, y: inside.y + 2, width: inside.width, height: 2))
    }
    let room = Rect(
      x: inside.x, y: inside.y + head, width: inside.width, height: inside.height - head)
    var table = Table(
      columns: streamShardColumns(width: room.width),
      rows: rows.map { streamShardRow($0, in: stream) })
    table.rowHeight = model.shardRowHeight
    canvas.draw(table, in: room, first: first)
    let detail = model.shardDetailLines
    guard detail > 0, let shard = model.chosenShard else { return }
    let y = room.y + 1 + (rows.count - first) * table.rowHeight
    paintDetail(shard, in: Rect(x: inside.x, y: y, width: inside.width, height: detail))
    let left = inside.y + inside.height - y - detail
    guard left >= 7 else { return }
    paintHistory(
      of: shard, in: Rect(x: inside.x, y: y + detail, width: inside.width, height: left))
  }

  // MARK: The chosen shard

  /// All that is known of one shard: names and keys in full, each reader with how it gets on.
  private mutating func paintDetail(_ shard: ShardStatus, in rect: Rect) {
    let dim = theme.style(.dim)
    let text = theme.style(.text)
    for column in 0..<rect.width {
      canvas.put(glyph: glyphs.rule, x: rect.x + column, y: rect.y, theme.style(.box))
    }
    var lines: [[Span]] = [
      [
        Span(shard.id, theme.style(.accent, .bold)),
        Span("  from ", dim),
        Span(
          shard.parents.isEmpty
            ? "the stream's start" : shard.parents.map(Self.shortName).joined(separator: ", "),
          text),
        Span("  throttled so far ", dim), Span(Units.count(shard.throttledTotal, "rec"), text),
      ],
      [
        Span("hash keys ", dim), Span(shard.keys?.first ?? Units.unknown, text),
        Span(" to ", dim), Span(shard.keys?.last ?? Units.unknown, text),
      ],
    ]
    if let reason = shard.degraded {
      lines.append([Span("degraded: \(reason)", theme.style(.bad))])
    }
    lines.append(
      shard.readers.isEmpty
        ? [Span("nobody reads it", theme.style(.warning))]
        : [Span("readers", dim)])
    lines += shard.readers.map { readerLine($0, of: shard) }
    for (index, line) in lines.prefix(rect.height - 1).enumerated() {
      canvas.put(line, x: rect.x, y: rect.y + 1 + index, width: rect.width)
    }
  }

  /// What came in, second by second; the colour tells how near to Kinesis' limit that is.
  private mutating func paintHistory(of shard: ShardStatus, in rect: Rect) {
    canvas.put(
      "records in each second", x: rect.x, y: rect.y, width: rect.width, theme.style(.dim))
    let room = Rect(x: rect.x, y: rect.y + 1, width: rect.width, height: rect.height - 1)
    canvas.chart(
      shard.recordsHistory, in: room, gradient: .lag, hot: Double(ShardLimits.recordsIn)
    ) { Units.axis($0) + " rec/s" }
  }

  private func readerLine(_ reader: ReaderStatus, of shard: ShardStatus) -> [Span] {
    let dim = theme.style(.dim)
    let why = StreamReading.obstacle(reader, of: shard, now: now)
    return [
      Span("  " + reader.name, theme.style(.accent)), Span(" (\(reader.kind.word))  ", dim),
      Span(
        Units.duration(reader.secondsBehind) + " behind",
        theme.style(ageKey(reader.secondsBehind))),
      Span(reader.recordsBehind.map { ", " + Units.count($0, "rec") } ?? "", theme.style(.text)),
      Span("  ", dim),
      why.map { Span($0, theme.style(.warning)) } ?? Span("gets on", theme.style(.good)),
    ]
  }

  // MARK: Words

  /// What the stream takes in, against what its open shards may.
  private func rateWords(_ stream: StreamStatus) -> [Span] {
    let open = stream.shards.count(where: \.isOpen)
    let dim = theme.style(.dim)
    let key = loadKey(stream.load)
    let bytesMax = Units.byteRate(Double(open * ShardLimits.bytesIn))
    return [
      Span("in ", dim),
      Span(Units.rate(stream.recordsPerSecond, "rec/s"), theme.style(key)),
      Span(" of \(Units.count(open * ShardLimits.recordsIn)) rec/s, ", dim),
      Span(Units.byteRate(stream.bytesPerSecond), theme.style(key)),
      Span(" of \(bytesMax), the limit of \(plural(open, "open shard"))", dim),
    ]
  }

  /// How long the outcome of a change stays on the screen.
  private static let outcomeSeconds = 20.0

  /// What came of the last change that was asked for.
  private var actionWords: [Span] {
    guard let asked = model.actionRun,
      asked.run.isRunning
        || now.seconds(since: asked.run.startedAt ?? now) < Self.outcomeSeconds
    else { return [] }
    switch asked.run.state {
    case .running, .cancelling:
      let waits = model.run?.isRunning == true ? ", behind the running query (F2)" : ""
      return [
        Span(
          "\(spinner) \(asked.action.title.filter { $0 != "?" })\(waits)  ", theme.style(.accent))
      ]
    case .finished:
      let words = asked.run.notices.last?.message ?? "done"
      return [Span("\(glyphs.dot) \(words)  ", theme.style(.good))]
    case .failed(let error):
      return [Span("\(glyphs.dot) not done: \(Self.oneLine(error.message))  ", theme.style(.bad))]
    }
  }

  /// Skew, shards that nobody reads, throttles: what needs a look, or that nothing does.
  private func troubleWords(_ stream: StreamStatus) -> [Span] {
    var parts: [Span] = []
    if let busiest = StreamReading.busiest(stream) {
      let name = Self.shortName(busiest.shard.id)
      let isHot = StreamReading.isHot(busiest.shard, in: stream)
      parts.append(
        Span(
          "\(name) takes \(Units.percent(busiest.share)) of the records",
          theme.style(isHot ? .warning : .text)))
      if isHot { parts.append(Span("hot: s splits it", theme.style(.warning))) }
    }
    let degraded = stream.shards.filter { $0.degraded != nil }
    if let shard = degraded.first, let reason = shard.degraded {
      let more = degraded.count == 1 ? "" : " (and \(degraded.count - 1) more)"
      parts.append(
        Span("\(Self.shortName(shard.id)) is degraded\(more): \(reason)", theme.style(.bad)))
    }
    let stuck = stream.shards.filter { StreamReading.obstacle($0, now: now) != nil }
    if let shard = stuck.first, let why = StreamReading.obstacle(shard, now: now) {
      let more = stuck.count == 1 ? "" : " (and \(stuck.count - 1) more)"
      parts.append(
        Span("\(Self.shortName(shard.id)) is not read\(more): \(why)", theme.style(.warning)))
    }
    if let rate = stream.throttledPerSecond, rate > 0 {
      parts.append(Span("\(Units.rate(rate, "rec/s")) throttled", theme.style(.bad)))
    }
    if parts.isEmpty {
      return [
        Span(
          stream.recordsPerSecond == nil ? "rates are not known yet" : "no records in this second",
          theme.style(.dim))
      ]
    }
    return Array(
      parts.map { [$0] }.joined(separator: [Span(" · ", theme.style(.dim))]))
  }

  private func keyPieces(_ stream: StreamStatus) -> [Canvas.KeyPiece] {
    let total = stream.recordsPerSecond ?? 0
    let count = max(1, stream.shards.count(where: \.isOpen))
    return stream.shards.filter(\.isOpen).compactMap { shard in
      guard let keys = shard.keys else { return nil }
      let share = total > 0 ? (shard.recordsPerSecond ?? 0) / total : 0
      // Its fair part is the middle of the colours.
      let color = theme.color(.share, at: share * Double(count) / 2)
      return Canvas.KeyPiece(
        keys: keys, name: Self.shortName(shard.id),
        style: Style(foreground: color, background: theme[.mainBackground]))
    }
  }

  // MARK: The table

  private func streamShardColumns(width: Int) -> [TableColumn] {
    [
      TableColumn(title: "Shard", minimum: 9, maximum: 24),
      TableColumn(title: "State", minimum: 6, maximum: 9, priority: 4),
      TableColumn(title: "Hash keys", minimum: 15, maximum: 24, priority: 5),
      TableColumn(title: "Records", alignment: .right, minimum: 11, maximum: 16),
      TableColumn(title: "Bytes", alignment: .right, minimum: 9, maximum: 12, priority: 7),
      TableColumn(title: "Of limit", minimum: 11, maximum: 14, priority: 6),
      TableColumn(
        title: "", minimum: 10, maximum: 60, priority: 2, grows: true, isGraph: true),
      TableColumn(title: "Throttled", alignment: .right, minimum: 9, maximum: 13, priority: 8),
      TableColumn(title: "Total", alignment: .right, minimum: 10, maximum: 20, priority: 9),
      TableColumn(title: "Stored", alignment: .right, minimum: 8, maximum: 10, priority: 10),
      TableColumn(title: "Behind", alignment: .right, minimum: 7, maximum: 11, priority: 1),
      TableColumn(
        title: "Read by", minimum: 12, maximum: width < 100 ? 18 : 46, priority: 3),
    ]
  }

  private func streamShardRow(_ shard: ShardStatus, in stream: StreamStatus) -> [TableCell] {
    let text = theme.style(shard.isOpen ? .text : .dim)
    let load = StreamReading.load(shard)
    let age = StreamReading.worstAge(shard)
    let peak = stream.shards.flatMap(\.recordsHistory).filter(\.isFinite).max() ?? 0
    let isChosen = shard.id == model.chosenShard?.id
    let part = shard.keys.map { $0.end - $0.start }
    return [
      .text(chosenName(Self.shortName(shard.id), isChosen: isChosen, .streamShards)),
      .text([shardState(shard, in: stream)]),
      .keys(shard.keys, theme.style(shard.isOpen ? .accent : .dim), label: keyShare(part)),
      .text([Span(Units.rate(shard.recordsPerSecond, "rec/s"), text)]),
      .text([Span(Units.byteRate(shard.bytesPerSecond), text)]),
      .meter(load, gradient: .lag, label: Span(Units.percent(load), theme.style(loadKey(load)))),
      .area(shard.recordsHistory, peak: peak, gradient: .rate),
      .text([throttled(shard.throttledPerSecond)]),
      .text([Span(Units.count(shard.recordsTotal, "rec"), text)]),
      .text([Span(Units.bytes(shard.bytesTotal), text)]),
      .text([Span(Units.duration(age), theme.style(ageKey(age)))]),
      .text([readBy(shard)]),
    ]
  }

  private func keyShare(_ part: Double?) -> Span {
    guard let part else { return Span(Units.unknown, theme.style(.dim)) }
    let words = part < 0.01 ? "<1 %" : Units.percent(part)
    return Span(words, theme.style(.text))
  }

  private func shardState(_ shard: ShardStatus, in stream: StreamStatus) -> Span {
    if shard.degraded != nil { return Span("degraded", theme.style(.bad)) }
    guard shard.isOpen else { return Span("closed", theme.style(.dim)) }
    return StreamReading.isHot(shard, in: stream)
      ? Span("hot", theme.style(.warning)) : Span("open", theme.style(.good))
  }

  private func readBy(_ shard: ShardStatus) -> Span {
    if let why = StreamReading.obstacle(shard, now: now) {
      return Span(why, theme.style(.warning))
    }
    switch shard.readers.count {
    case 0: return Span("nothing to read", theme.style(.dim))
    case 1: return Span(shard.readers[0].name, theme.style(.text))
    default:
      return Span(
        "\(shard.readers[0].name) and \(shard.readers.count - 1) more", theme.style(.text))
    }
  }
}
