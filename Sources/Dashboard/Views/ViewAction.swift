import Core
import Telemetry

/// A materialized view by its full name.
struct ViewName: Hashable, Sendable {
  var schema: String
  var name: String

  init(_ view: ViewStatus) {
    schema = view.schema
    name = view.name
  }

  /// As people write it: without the schema that everything is in.
  var text: String { schema == "public" ? name : "\(schema).\(name)" }

  /// As an SQL identifier, quoted whatever is in it.
  var sql: String { "\(Self.quoted(schema)).\(Self.quoted(name))" }

  /// As the argument of a procedure.
  var argument: String { StreamAction.literal("\(schema).\(name)") }

  /// As a condition on the columns of a system view.
  func condition(schema schemaColumn: String = "schema_name", name nameColumn: String) -> String {
    "\(schemaColumn) = \(StreamAction.literal(schema)) "
      + "AND \(nameColumn) = \(StreamAction.literal(name))"
  }

  private static func quoted(_ name: String) -> String {
    let isPlain = name.unicodeScalars.allSatisfy {
      ("a"..."z").contains($0) || ("0"..."9").contains($0) || $0 == "_"
    }
    if isPlain, name.first?.isLetter == true { return name }
    return "\""
      + name.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"")
      + "\""
  }
}

/// What the views screen asks the engine for: as SQL, so that it works over a remote engine too.
enum ViewAction: Equatable, Sendable {
  case refresh(ViewName)
  /// With the names of the other views that go along.
  case cascade(ViewName, others: [String])
  case setAuto(ViewName, Bool)
  case replay(ViewName, count: Int?)
  case purge(ViewName, count: Int?)

  var view: ViewName {
    switch self {
    case .refresh(let view), .cascade(let view, _), .setAuto(let view, _),
      .replay(let view, _), .purge(let view, _):
      view
    }
  }

  var sql: String {
    switch self {
    case .refresh(let view): "REFRESH MATERIALIZED VIEW \(view.sql)"
    case .cascade(let view, _): "REFRESH MATERIALIZED VIEW \(view.sql) CASCADE"
    case .setAuto(let view, let on):
      "ALTER MATERIALIZED VIEW \(view.sql) AUTO REFRESH \(on ? "YES" : "NO")"
    case .replay(let view, _): "CALL weir.replay_errors(\(view.argument))"
    case .purge(let view, _): "CALL weir.purge_errors(\(view.argument))"
    }
  }

  var title: String {
    switch self {
    case .refresh(let view): "Refresh \(view.text)"
    case .cascade(let view, _): "Refresh \(view.text) and what belongs to it?"
    case .setAuto(let view, true): "Let \(view.text) refresh by itself?"
    case .setAuto(let view, false): "Stop the refreshes of \(view.text)?"
    case .replay(let view, let count):
      "Try \(Self.records(count)) of \(view.text) again?"
    case .purge(let view, let count):
      "Throw \(Self.records(count)) of \(view.text) away?"
    }
  }

  /// While it runs.
  var doing: String {
    switch self {
    case .refresh(let view): "refreshing \(view.text)"
    case .cascade(let view, _): "refreshing \(view.text) and what belongs to it"
    case .setAuto(let view, let on): "setting auto refresh of \(view.text) \(on ? "on" : "off")"
    case .replay(let view, _): "trying skipped records of \(view.text) again"
    case .purge(let view, _): "throwing skipped records of \(view.text) away"
    }
  }

  /// When it is done and the engine says no more.
  var done: String {
    switch self {
    case .refresh(let view), .cascade(let view, _): "\(view.text) was refreshed"
    case .setAuto(let view, true): "\(view.text) refreshes by itself now"
    case .setAuto(let view, false): "\(view.text) refreshes on request only now"
    case .replay, .purge: "done"
    }
  }

  /// What happens, in sentences.
  var words: [String] {
    switch self {
    case .refresh: return ["Reads what has come since the last refresh."]
    case .cascade(let view, let others):
      return [
        "Refreshes \(Self.list([view.text] + others)).",
        "Views over streams go first, each by itself; the others change together or not at all.",
      ]
    case .setAuto(let view, true):
      return ["\(view.text) follows its bases: new records are rows within a second."]
    case .setAuto(let view, false):
      return [
        "\(view.text) stays as it is until REFRESH MATERIALIZED VIEW.",
        "Nothing is lost meanwhile, as long as its stream keeps the records.",
      ]
    case .replay:
      return [
        "Rows are made of those that the view can take now; the others stay as they are.",
        "weir.mend_error gives a record other data before it is tried again.",
      ]
    case .purge:
      return [
        "Their bytes are gone for good: they can be neither looked at nor tried again.",
        "SYS_STREAM_SCAN_ERRORS still tells that they were skipped, and why.",
      ]
    }
  }

  private static func records(_ count: Int?) -> String {
    guard let count else { return "the skipped records" }
    return count == 1 ? "the skipped record" : "the \(Units.count(count)) skipped records"
  }

  /// `a, b and c`; of many the first ones.
  private static func list(_ names: [String]) -> String {
    guard names.count > 1 else { return names.first ?? "" }
    if names.count > 6 {
      return names.prefix(5).joined(separator: ", ") + " and \(names.count - 5) more"
    }
    return names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "")
  }
}

/// An action on a view that was sent to the engine, and what came of it.
struct ViewRun: Sendable {
  var action: ViewAction
  var run: QueryRun
  /// Records that the view had not read when the action began.
  var behindAtStart: Int?

  /// How much of what was to be read is read; nil where that is not known.
  func progress(behind: Int?) -> Double? {
    guard let start = behindAtStart, start > 0, let behind else { return nil }
    return max(0, min(1, 1 - Double(behind) / Double(start)))
  }

  /// What the engine said when it was done.
  var outcome: String {
    if let notice = run.notices.last { return notice.message }
    guard let result = run.result, result.rowsKept > 0 else { return action.done }
    return result.columns.indices.map { column in
      "\(result.columns[column].name) \(result.text(row: 0, column: column) ?? Units.unknown)"
    }.joined(separator: ", ")
  }

  /// A warning is no plain success.
  var isWarning: Bool { run.notices.contains { $0.severity == "WARNING" } }
}

/// A change that a dialog asks to confirm.
enum Change: Equatable, Sendable {
  case stream(StreamAction)
  case view(ViewAction)
  case tier(TierAction)

  var title: String {
    switch self {
    case .stream(let action): action.title
    case .view(let action): action.title
    case .tier(let action): action.title
    }
  }

  var words: [String] {
    switch self {
    case .stream(let action): action.words
    case .view(let action): action.words
    case .tier(let action): action.words
    }
  }

  var sql: String {
    switch self {
    case .stream(let action): action.sql
    case .view(let action): action.sql
    case .tier(let action): action.sql
    }
  }
}
