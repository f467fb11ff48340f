import Core
import Telemetry

@testable import Dashboard

/// Snapshots and small tools that the tests of the dashboard share.
enum Samples {
  static let now = Timestamp(seconds: 1_764_000_033)

  static let engine = EngineStatus(
    version: "0.1", dataDirectory: "/var/lib/weir", startedAt: now.advanced(bySeconds: -3725),
    awsPort: 4566, sqlPort: 5439, metricsPort: 9464, cpuFraction: 0.034,
    residentBytes: 148_000_000, sessions: 3)

  static func empty() -> Snapshot { Snapshot(takenAt: now, engine: engine) }

  static func shard(_ number: Int, rate: Double?, isOpen: Bool = true) -> ShardStatus {
    let history = (0..<180).map { second -> Double in
      let wave = (Double((second * (number + 3)) % 40) - 20).magnitude / 20
      return (rate ?? 0) * (0.6 + 0.5 * wave)
    }
    let digits = String(number)
    return ShardStatus(
      id: "shardId-" + String(repeating: "0", count: 12 - digits.count) + digits, isOpen: isOpen,
      recordsPerSecond: rate, bytesPerSecond: rate.map { $0 * 412 },
      recordsTotal: 1_204_331 + number * 7, bytesTotal: 512_000_000, recordsHistory: history)
  }

  static func view(
    _ name: String, _ health: ViewStatus.Health, behind: Int?, schema: String = "public"
  ) -> ViewStatus {
    ViewStatus(
      schema: schema, name: name, stream: "orders", health: health, autoRefresh: true,
      rows: 4_204_100, recordsBehind: behind, latencyP50: 0.212, latencyP99: 0.734,
      rowsPerSecond: 19_870, rowsHistory: (0..<120).map { Double(($0 * 7) % 50) * 400 },
      latencyHistory: (0..<120).map { 0.15 + Double(($0 * 11) % 30) / 60 }, skippedRecords: 0,
      lastRefreshAt: now.advanced(bySeconds: -1), lastRefreshSeconds: 0.084,
      lastStatus: "Refresh successfully updated MV incrementally")
  }

  static func query(_ id: Int, _ status: QueryReport.Status, _ text: String) -> QueryReport {
    let start = now.advanced(bySeconds: Double(-10 * id))
    return QueryReport(
      id: id, session: 1, user: "weir", text: text, status: status, startedAt: start,
      endedAt: status == .running ? nil : start.advanced(bySeconds: 0.0123 * Double(id)),
      rows: id * 37, error: status == .failed ? "relation \"ordesr\" does not exist" : nil)
  }

  static func rich() -> Snapshot {
    var snapshot = empty()
    snapshot.streams = [
      StreamStatus(
        name: "orders", status: "ACTIVE",
        shards: [
          shard(0, rate: 5012), shard(1, rate: 12_904), shard(2, rate: 1180), shard(3, rate: 1008),
        ]),
      StreamStatus(
        name: "clicks", status: "UPDATING",
        shards: [shard(0, rate: 0, isOpen: false), shard(1, rate: 0.5), shard(2, rate: nil)]),
    ]
    var failed = view("refunds_mv", .failed, behind: 91_244)
    failed.lastStatus = "Refresh failed. division by zero"
    failed.skippedRecords = 17
    var fresh = view("clicks_mv", .stale, behind: nil)
    fresh.rows = nil
    fresh.latencyP50 = nil
    fresh.latencyP99 = nil
    fresh.rowsPerSecond = nil
    fresh.rowsHistory = []
    fresh.latencyHistory = []
    fresh.lastRefreshAt = nil
    fresh.lastStatus = nil
    snapshot.views = [
      view("orders_mv", .current, behind: 0), view("orders_by_minute", .catchingUp, behind: 12_331),
      failed, fresh,
    ]
    snapshot.queries = [
      query(1, .running, "SELECT region, count(*)\n  FROM orders_mv\n GROUP BY region"),
      query(2, .success, "SELECT 1"), query(3, .failed, "SELECT * FROM ordesr"),
      query(4, .canceled, "SELECT * FROM orders_mv a, orders_mv b"),
      query(5, .success, "REFRESH MATERIALIZED VIEW orders_mv"),
    ]
    snapshot.messages = [
      Message(
        at: now.advanced(bySeconds: -63), level: .info, source: "StreamLog",
        text: "recovered 4 shards, 1,204,331 records, in 31 ms"),
      Message(
        at: now.advanced(bySeconds: -40), level: .warning, source: "Warehouse",
        text: "clicks_mv: no refresh for 5 minutes"),
      Message(
        at: now.advanced(bySeconds: -4), level: .error, source: "Warehouse",
        text: "refunds_mv: division by zero"),
    ]
    return snapshot
  }

  static func model(_ snapshot: Snapshot?, width: Int = 80, height: Int = 24) -> Model {
    var model = Model(history: ["SELECT 1", "SELECT 2"], themes: ["weir-dark", "weir-light"])
    _ = model.update(.resize(Size(width: width, height: height)))
    _ = model.update(.tick(now))
    if let snapshot { _ = model.update(.snapshot(snapshot)) }
    return model
  }

  static func batch(_ rows: [[String?]]) -> RowBatch {
    var batch = RowBatch(columnCount: rows.first?.count ?? 0)
    for row in rows {
      for value in row {
        if let value { batch.append(value) } else { batch.appendNull() }
      }
    }
    return batch
  }
}

extension Frame {
  /// The rows as text, without blanks at their ends.
  var rows: [String] {
    (0..<size.height).map { y in
      var line = (0..<size.width).map { self[$0, y]?.text ?? "" }.joined()
      while line.last == " " { line.removeLast() }
      return line
    }
  }

  var text: String { rows.joined(separator: "\n") }

  /// The style of the first cell of `words`, wherever they stand first.
  func style(of words: String) -> Style? {
    for y in 0..<size.height {
      let cells = (0..<size.width).compactMap { self[$0, y] }
      let texts = cells.map(\.text)
      for x in texts.indices where texts[x...].joined().hasPrefix(words) { return cells[x].style }
    }
    return nil
  }
}

extension Model {
  func frame(glyphs: Glyphs? = nil, now: Timestamp = Samples.now) -> Frame {
    render(self, size: size, theme: .fallback, glyphs: glyphs ?? self.glyphs, now: now)
  }

  var screenText: String { frame().text }

  /// Presses keys: single characters are typed, names stand in angle brackets: `z<esc>?<C-j>`.
  @discardableResult
  mutating func press(_ script: String) -> [Effect] {
    var effects: [Effect] = []
    var rest = Substring(script)
    while let first = rest.first {
      if first == "<", let end = rest.firstIndex(of: ">"),
        let key = Self.key(rest[..<end].dropFirst())
      {
        effects += update(.key(key))
        rest = rest[rest.index(after: end)...]
      } else {
        effects += update(.key(.character(first)))
        rest = rest.dropFirst()
      }
    }
    return effects
  }

  private static func key(_ name: Substring) -> Key? {
    let names: [Substring: Key] = [
      "esc": .escape, "enter": .enter, "tab": .tab, "S-tab": .backTab, "bs": .backspace,
      "del": .delete, "up": .up, "down": .down, "left": .left, "right": .right, "home": .home,
      "end": .end, "pgup": .pageUp, "pgdn": .pageDown, "C-left": .ctrlLeft,
      "C-right": .ctrlRight, "C-home": .ctrlHome, "C-end": .ctrlEnd, "F1": .function(1),
      "F2": .function(2), "F3": .function(3), "F4": .function(4), "F5": .function(5),
      "F6": .function(6), "F7": .function(7),
    ]
    if let key = names[name] { return key }
    if name.hasPrefix("C-"), let letter = name.last, name.count == 3 { return .ctrl(letter) }
    return nil
  }
}
