import Core
import Telemetry

extension Painter {
  /// A part of a bar: the higher its rank, the longer it stays.
  private struct Part {
    var spans: [Span]
    var rank: Int
  }

  /// Older numbers than this say so.
  private static let staleSeconds = 5.0

  mutating func paintHeader(_ rect: Rect) {
    canvas.fill(rect, theme.style(.barText, on: .barBackground))
    let left = headerLeft(width: rect.width)
    let right = headerRight()
    let room = rect.width - 2
    var ranks = Set((left + right).map(\.rank))
    func width(_ parts: [Part]) -> Int {
      parts.filter { ranks.contains($0.rank) }
        .reduce(0) { $0 + Canvas.width(of: $1.spans) + 2 }
    }
    while width(left) + width(right) > room, let least = ranks.min(), ranks.count > 1 {
      ranks.remove(least)
    }
    var x = rect.x + 1
    for part in left where ranks.contains(part.rank) {
      x += canvas.put(part.spans, x: x, y: rect.y, width: max(0, rect.width - 1 - x)) + 2
    }
    var end = rect.x + rect.width - 1
    for part in right.reversed() where ranks.contains(part.rank) {
      let size = Canvas.width(of: part.spans)
      end -= size
      canvas.put(part.spans, x: end, y: rect.y, width: size)
      end -= 2
    }
  }

  private func bar(_ label: String, _ value: String) -> [Span] {
    [
      Span(label + " ", theme.style(.barDim, on: .barBackground)),
      Span(value, theme.style(.barText, on: .barBackground)),
    ]
  }

  private func headerLeft(width: Int) -> [Part] {
    let name = theme.style(.barMark, on: .barBackground, .bold)
    var parts = [
      Part(spans: [Span("weir", name)], rank: 100),
      Part(spans: tabs(isNarrow: width < 70), rank: 60),
    ]
    guard let engine = model.snapshot?.engine else { return parts }
    parts.append(
      Part(
        spans: bar(
          model.isRemote ? "attached to" : "data", tail(engine.dataDirectory, max(12, width / 10))),
        rank: 50))
    parts.append(Part(spans: bar("aws", port(engine.awsPort)), rank: 40))
    parts.append(Part(spans: bar("sql", port(engine.sqlPort)), rank: 41))
    parts.append(Part(spans: bar("metrics", port(engine.metricsPort)), rank: 10))
    return parts
  }

  private func tabs(isNarrow: Bool) -> [Span] {
    let on = theme.style(.barText, on: .barBackground, .bold)
    let off = theme.style(.barDim, on: .barBackground)
    let screens: [(String, Screen)] = [
      ("Overview", .overview), ("Streams", .streams), ("Views", .views), ("Tiers", .tiers),
      ("Query", .query),
    ]
    let between = Span(isNarrow ? glyphs.separator : " \(glyphs.separator) ", off)
    return Array(
      screens.map { [Span($0, model.screen == $1 ? on : off)] }.joined(separator: [between]))
  }

  /// The end of a path, which tells more than its start.
  private func tail(_ path: String, _ width: Int) -> String {
    guard TextCells.width(of: path) > width else { return path }
    return glyphs.ellipsis + path.suffix(max(1, width - 1))
  }

  private func port(_ port: Int?) -> String {
    port.map { ":\($0)" } ?? "off"
  }

  private func headerRight() -> [Part] {
    var parts: [Part] = []
    if let engine = model.snapshot?.engine {
      let uptime = max(0, now.seconds(since: engine.startedAt))
      parts.append(Part(spans: bar("sessions", Units.count(engine.sessions)), rank: 5))
      parts.append(Part(spans: bar("cpu", Units.percent(engine.cpuFraction)), rank: 30))
      parts.append(Part(spans: bar("mem", Units.bytes(engine.residentBytes)), rank: 31))
      parts.append(Part(spans: bar("up", Units.age(uptime)), rank: 20))
    }
    if let mark = stateMark() {
      parts.append(
        Part(
          spans: [Span(" \(mark) ", theme.style(.selectedText, on: .selectedBackground, .bold))],
          rank: 99))
    }
    parts.append(
      Part(
        spans: [Span(Units.clock(now) + " UTC", theme.style(.barText, on: .barBackground))],
        rank: 90))
    return parts
  }

  /// Why the numbers are not those of this second.
  private func stateMark() -> String? {
    guard let snapshot = model.snapshot else {
      return model.disconnected == nil ? nil : "NO ENGINE"
    }
    if model.isFrozen { return "FROZEN since \(Units.clock(snapshot.takenAt))" }
    if model.disconnected != nil { return "LOST at \(Units.clock(snapshot.takenAt))" }
    let age = now.seconds(since: snapshot.takenAt)
    return age > Self.staleSeconds ? "STALE \(Units.age(age))" : nil
  }
}
