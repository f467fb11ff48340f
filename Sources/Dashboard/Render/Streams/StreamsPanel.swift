import Core
import Telemetry

extension Painter {
  /// All streams, one of them chosen.
  mutating func paintStreams(_ rect: Rect) {
    let streams = model.snapshot?.streams ?? []
    let visible = rect.height - 3
    let first = max(0, min(model.firstRow(.streams), streams.count - visible))
    let faults = model.snapshot?.faults.count ?? 0
    let inside = box(
      .streams, rect,
      note: note([
        range(first: first, visible: visible, of: streams.count),
        streams.isEmpty ? "" : plural(streams.count, "stream"),
        faults == 0 ? "" : plural(faults, "fault") + " set",
      ]))
    let empty = [
      "No streams yet.", "aws kinesis create-stream --stream-name orders --shard-count 4",
    ]
    if paintState(inside, isEmpty: streams.isEmpty, empty: empty) { return }
    canvas.draw(
      Table(columns: streamColumns, rows: streams.map(streamSummaryRow)), in: inside, first: first)
  }

  private var streamColumns: [TableColumn] {
    [
      TableColumn(title: "Stream", minimum: 10, maximum: 32),
      TableColumn(title: "State", minimum: 6, maximum: 9, priority: 5),
      TableColumn(title: "Mode", minimum: 9, maximum: 11, priority: 8),
      TableColumn(title: "Shards", alignment: .right, minimum: 6, maximum: 18, priority: 1),
      TableColumn(title: "Records", alignment: .right, minimum: 12, maximum: 16),
      TableColumn(title: "Bytes", alignment: .right, minimum: 9, maximum: 12, priority: 6),
      TableColumn(title: "Of limit", minimum: 12, maximum: 14, priority: 3),
      TableColumn(title: "Behind", alignment: .right, minimum: 8, maximum: 12, priority: 2),
      TableColumn(
        title: "", minimum: 10, maximum: 90, priority: 4, grows: true, isGraph: true),
      TableColumn(title: "Throttled", alignment: .right, minimum: 9, maximum: 14, priority: 7),
      TableColumn(title: "Stored", alignment: .right, minimum: 8, maximum: 10, priority: 9),
      TableColumn(title: "Kept for", alignment: .right, minimum: 8, maximum: 10, priority: 10),
    ]
  }

  private func streamSummaryRow(_ stream: StreamStatus) -> [TableCell] {
    let text = theme.style(.text)
    let load = stream.load
    let age = stream.shards.compactMap(StreamReading.worstAge).max()
    let history = stream.recordsHistory
    return [
      .text(chosenName(stream.name, isChosen: stream.name == model.chosenStream?.name, .streams)),
      .text([Span(stream.status.lowercased(), theme.style(stateKey(stream.status)))]),
      .text([Span(stream.mode.map(Self.modeWord) ?? Units.unknown, theme.style(.dim))]),
      .text([Span(shardWords(stream), text)]),
      .text([Span(Units.rate(stream.recordsPerSecond, "rec/s"), text)]),
      .text([Span(Units.byteRate(stream.bytesPerSecond), text)]),
      .meter(load, gradient: .lag, label: Span(Units.percent(load), theme.style(loadKey(load)))),
      .text([Span(Units.duration(age), theme.style(ageKey(age)))]),
      .area(history, peak: history.max() ?? 0, gradient: .rate),
      .text([throttled(stream.throttledPerSecond)]),
      .text([Span(Units.bytes(stream.shards.reduce(0) { $0 &+ $1.bytesTotal }), text)]),
      .text([Span(Units.duration(stream.retentionHours.map { Double($0) * 3600 }), text)]),
    ]
  }

  /// The name of a row, with a mark before it where it is the chosen one.
  func chosenName(_ name: String, isChosen: Bool, _ panel: PanelID) -> [Span] {
    let isFocused = model.focus == panel && model.overlay == nil
    guard isChosen else {
      return [Span("  ", theme.style(.dim)), Span(name, theme.style(.accent))]
    }
    return [
      Span(glyphs.chosen + " ", theme.style(.key)),
      Span(
        name,
        isFocused
          ? theme.style(.selectedText, on: .selectedBackground, .bold)
          : theme.style(.accent, .bold)),
    ]
  }

  private static func modeWord(_ mode: String) -> String {
    mode == "ON_DEMAND" ? "on demand" : mode == "PROVISIONED" ? "provisioned" : mode.lowercased()
  }

  /// `4 open, 2 closed`
  private func shardWords(_ stream: StreamStatus) -> String {
    let open = stream.shards.count(where: \.isOpen)
    let closed = stream.shards.count - open
    return "\(Units.count(open)) open" + (closed == 0 ? "" : ", \(Units.count(closed)) closed")
  }

  func loadKey(_ load: Double?) -> ThemeKey {
    guard let load else { return .dim }
    return load >= 1 ? .bad : load >= 0.8 ? .warning : .text
  }

  func ageKey(_ age: Double?) -> ThemeKey {
    guard let age else { return .dim }
    return age >= 60 ? .bad : age >= 5 ? .warning : .text
  }

  func throttled(_ rate: Double?) -> Span {
    Span(Units.rate(rate, "rec/s"), theme.style((rate ?? 0) > 0 ? .bad : .dim))
  }
}

extension StreamStatus {
  /// How much of the limits of all open shards is used, by the scarcer of records and bytes.
  var load: Double? {
    let count = Double(shards.count(where: \.isOpen))
    guard count > 0, let records = recordsPerSecond, let bytes = bytesPerSecond else { return nil }
    return max(
      records / (count * Double(ShardLimits.recordsIn)),
      bytes / (count * Double(ShardLimits.bytesIn)))
  }

  var throttledPerSecond: Double? {
    let known = shards.compactMap(\.throttledPerSecond)
    return known.isEmpty ? nil : known.reduce(0, +)
  }
}
