import Core
import Telemetry

@testable import Dashboard

extension Samples {
  /// Views over a stream, over each other and over a table, in every state there is.
  static func related() -> Snapshot {
    var snapshot = rich()
    func base(_ name: String, _ kind: ViewStatus.Base.Kind) -> ViewStatus.Base {
      ViewStatus.Base(schema: kind == .stream ? "kds" : "public", name: name, kind: kind)
    }
    var orders = view("orders_mv", .catchingUp, behind: 12_331)
    orders.bases = [base("orders", .stream)]
    orders.upkeep = .incremental
    orders.latencyP99Before = 0.212
    orders.objectID = 1
    orders.skippedRecords = 17
    orders.deadLetters = 5
    var byCity = view("by_city", .current, behind: nil)
    byCity.bases = [base("orders_mv", .view)]
    byCity.upkeep = .incremental
    byCity.isStale = false
    byCity.latencyP99Before = 1.9
    byCity.objectID = 2
    var ranked = view("ranked", .stale, behind: nil)
    ranked.bases = [base("by_city", .view), base("cities", .table)]
    ranked.upkeep = .recomputed(reason: "window function(s) detected")
    ranked.isStale = true
    ranked.autoRefresh = false
    ranked.objectID = 3
    var broken = view("old_report", .failed, behind: nil, schema: "archive")
    broken.bases = [base("cities", .table)]
    broken.upkeep = .broken(reason: "Refresh failed. A base table column was dropped")
    broken.isStale = true
    broken.rows = nil
    broken.rowsPerSecond = nil
    broken.latencyP50 = nil
    broken.latencyP99 = nil
    broken.lastRefreshAt = nil
    broken.lastRefreshSeconds = nil
    broken.lastStatus = nil
    broken.objectID = 4
    snapshot.views = [orders, byCity, ranked, broken]
    return snapshot
  }
}

/// What an engine answers to the questions of the views screen, in turn.
struct ViewAnswers {
  var definition =
    "SELECT city, count(*) AS orders, sum(amount) AS revenue FROM orders GROUP BY city"
  var refreshes: [[String?]] = [
    [
      "2025-11-24 16:00:32.123456", "Auto", "Refresh successfully updated MV incrementally",
      "12.5", "1204",
    ],
    ["2025-11-24 16:00:12.5", "Manual", "MV was already updated", "0.7", "0"],
    [
      "2025-11-23 09:10:11", "Auto", "Refresh successfully recomputed MV from scratch", "1900",
      nil,
    ],
  ]
  // 2025-11-24 16:00 is the minute 29,400,000.
  var lag: [[String?]] = [
    ["29400000", "20", "90", "120", "5000", "0"], ["29399998", "30", "700", "3000", "4000", "1"],
    ["29399998", "10", "20", "40", "100", "0"],
  ]
  var errors: [[String?]] = [
    ["2025-11-24 15:59:01", "shardId-000000000002", "4961", "2", "Malformed JSON at byte 7"]
  ]

  /// The events of the answer to `text`.
  func events(to text: String, id: Int) -> [Event] {
    let rows: [[String?]] =
      if text.contains("pg_views WHERE") {
        [[definition]]
      } else if text.contains("refresh_history") {
        refreshes
      } else if text.contains("lag_history") {
        lag
      } else {
        errors
      }
    let count = rows.first?.count ?? 5
    let columns = (0..<count).map { SQLColumn(name: "c\($0)", type: .varchar) }
    return [.query(id: id, .output(.columns(columns)))]
      + (rows.isEmpty ? [] : [.query(id: id, .output(.rows(Samples.batch(rows))))])
      + [.query(id: id, .finished(seconds: 0.001))]
  }
}

extension Model {
  /// Answers everything that the screen asks for, until it asks for nothing more.
  ///
  /// - Returns: the questions.
  @discardableResult
  mutating func answer(_ first: [Effect], with answers: ViewAnswers = ViewAnswers()) -> [String] {
    var asked: [String] = []
    var effects = first
    while !effects.isEmpty {
      var next: [Effect] = []
      for case .runQuery(let id, let text, .inspection) in effects {
        asked.append(text)
        for event in answers.events(to: text, id: id) { next += update(event) }
      }
      effects = next
    }
    return asked
  }
}
