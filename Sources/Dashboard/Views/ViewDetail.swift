import Core
import Telemetry

/// What is known of the chosen view beyond the snapshot: asked for as SQL while it is shown, and
/// again when the snapshot says that there is something new.
struct ViewDetail: Sendable {
  enum Part: CaseIterable, Sendable {
    case definition, refreshes, lag, errors

    var panel: PanelID {
      switch self {
      case .definition: .viewDefinition
      case .refreshes: .viewRefreshes
      case .lag: .viewLag
      case .errors: .viewErrors
      }
    }

    func sql(_ view: ViewName) -> String {
      switch self {
      case .definition:
        """
        SELECT definition FROM pg_views WHERE \
        \(view.condition(schema: "schemaname", name: "viewname"))
        """
      case .refreshes:
        """
        SELECT start_time, refresh_type, status, duration_ms, row_count \
        FROM weir.sys_weir_refresh_history WHERE \(view.condition(name: "mv_name")) \
        ORDER BY transaction_id DESC LIMIT \(ViewDetail.refreshesMax)
        """
      case .lag:
        """
        SELECT DATEDIFF(minute, '1970-01-01'::timestamp, minute), p50_ms, p99_ms, max_ms, \
        rows_refreshed, failures FROM weir.sys_weir_view_lag_history \
        WHERE \(view.condition(name: "mv_name")) \
        ORDER BY minute DESC LIMIT \(ViewDetail.minutesMax)
        """
      case .errors:
        """
        SELECT approximate_arrival_timestamp, shard_id, sequence_number, attempts, reason \
        FROM weir.sys_weir_dead_letters WHERE \(view.condition(name: "mv_name")) \
        ORDER BY approximate_arrival_timestamp DESC LIMIT \(ViewDetail.errorsMax)
        """
      }
    }
  }

  static let refreshesMax = 200
  static let minutesMax = 720
  static let errorsMax = 200
  /// Between two questions about the same, at least.
  private static let pauseSeconds = 2.0
  /// After a question that failed.
  private static let retrySeconds = 5.0

  let view: ViewName
  let objectID: Int64?
  private var answers: [Part: Answer] = [:]
  private var asked: [Part: (stamp: String, at: Timestamp)] = [:]

  private enum Answer: Sendable {
    case rows(ResultSet)
    case failed(SQLError)
  }

  init(_ view: ViewStatus) {
    self.view = ViewName(view)
    objectID = view.objectID
  }

  /// Nil while it is loading, and where it failed.
  func result(_ part: Part) -> ResultSet? {
    if case .rows(let result) = answers[part] { return result }
    return nil
  }

  func failure(_ part: Part) -> SQLError? {
    if case .failed(let error) = answers[part] { return error }
    return nil
  }

  /// Asks for everything anew, as soon as it is shown.
  mutating func expire() { asked = [:] }

  /// Whether the part has to be asked for, given what the snapshot says of the view.
  func isDue(_ part: Part, _ view: ViewStatus, at now: Timestamp) -> Bool {
    guard let last = asked[part] else { return true }
    let elapsed = abs(now.seconds(since: last.at))
    if failure(part) != nil { return elapsed >= Self.retrySeconds }
    return last.stamp != Self.stamp(of: part, view, at: now) && elapsed >= Self.pauseSeconds
  }

  mutating func noteAsked(_ part: Part, _ view: ViewStatus, at now: Timestamp) {
    asked[part] = (Self.stamp(of: part, view, at: now), now)
  }

  mutating func take(_ part: Part, _ run: QueryRun) {
    switch run.state {
    case .finished: run.result.map { answers[part] = .rows($0) }
    case .failed(let error): answers[part] = .failed(error)
    case .running, .cancelling: break
    }
  }

  /// Changes when there may be another answer.
  private static func stamp(of part: Part, _ view: ViewStatus, at now: Timestamp) -> String {
    let refreshed = view.lastRefreshAt.map { "\($0.microseconds)" } ?? "never"
    return switch part {
    case .definition: "\(view.objectID ?? 0)"
    case .refreshes: refreshed
    case .lag: "\(refreshed) \(now.microseconds / 60_000_000)"
    case .errors: "\(view.skippedRecords) \(view.deadLetters ?? 0)"
    }
  }
}

/// The one question about a view that is on its way.
struct Inspection: Sendable {
  var part: ViewDetail.Part
  var view: ViewName
  var run: QueryRun
}

/// A minute of how long a view's rows took to become visible; in seconds.
struct LagMinute: Equatable, Sendable {
  /// Counted from the epoch.
  var minute: Int
  var p50: Double?
  var p99: Double?
  var longest: Double?
  var rows: Int
  var failures: Int
}

extension ViewDetail {
  /// The minutes with a refresh, the newest last. A minute in which the engine was started anew
  /// has two rows, of which the worse counts.
  var minutes: [LagMinute] {
    guard let result = result(.lag) else { return [] }
    var minutes: [LagMinute] = []
    for row in (0..<result.rowsKept).reversed() {
      func number(_ column: Int) -> Double? {
        result.text(row: row, column: column).flatMap { Double($0) }
      }
      guard let minute = number(0).map({ Units.integer($0) }) else { continue }
      let next = LagMinute(
        minute: minute, p50: number(1).map { $0 / 1000 }, p99: number(2).map { $0 / 1000 },
        longest: number(3).map { $0 / 1000 }, rows: number(4).map { Units.integer($0) } ?? 0,
        failures: number(5).map { Units.integer($0) } ?? 0)
      if let last = minutes.last, last.minute == minute {
        minutes[minutes.count - 1] = last.merged(with: next)
      } else {
        minutes.append(next)
      }
    }
    return minutes
  }

  /// One value for every minute up to the newest; 0 where no row became visible.
  static func series(
    _ minutes: [LagMinute], _ value: (LagMinute) -> Double?
  ) -> [Double] {
    guard let last = minutes.last, let first = minutes.first else { return [] }
    let start = max(first.minute, last.minute - minutesMax)
    var series = Array(repeating: 0.0, count: last.minute - start + 1)
    for minute in minutes where minute.minute >= start && minute.minute <= last.minute {
      series[minute.minute - start] = value(minute) ?? 0
    }
    return series
  }
}

extension LagMinute {
  fileprivate func merged(with other: LagMinute) -> LagMinute {
    func worse(_ left: Double?, _ right: Double?) -> Double? {
      [left, right].compactMap(\.self).max()
    }
    return LagMinute(
      minute: minute, p50: worse(p50, other.p50), p99: worse(p99, other.p99),
      longest: worse(longest, other.longest), rows: rows &+ other.rows,
      failures: failures &+ other.failures)
  }
}
