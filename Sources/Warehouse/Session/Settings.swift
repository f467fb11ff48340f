internal import Core

/// The settings of a session that clients set and ask for.
struct Settings {
  private var values: [String: String] = [:]

  /// What a new session has, under the names that PostgreSQL and Redshift give them.
  private static let defaults: [String: String] = [
    "application_name": "", "client_encoding": "UTF8", "client_min_messages": "notice",
    "datestyle": "ISO, MDY", "enable_case_sensitive_identifier": "off",
    "enable_result_cache_for_session": "on", "extra_float_digits": "0", "intervalstyle": "postgres",
    "is_superuser": "on", "json_serialization_enable": "off", "query_group": "",
    "query_priority": "normal",
    "search_path": "\"$user\", public", "server_encoding": "UTF8", "server_version": "8.0.2",
    "standard_conforming_strings": "on", "statement_timeout": "0", "timezone": "UTC",
    "transaction_isolation": "serializable", "transaction_read_only": "off",
  ]

  /// Those that PostgreSQL reports to clients, as it spells them.
  private static let reported = [
    "application_name": "application_name", "client_encoding": "client_encoding",
    "datestyle": "DateStyle", "timezone": "TimeZone", "intervalstyle": "IntervalStyle",
  ]

  /// - Throws: `SQLError` 42704 for a setting that nobody knows.
  func value(of name: String) throws(SQLError) -> String {
    guard let value = values[name] ?? Self.defaults[name] else {
      throw SQLError("42704", "unrecognized configuration parameter \"\(name)\"")
    }
    return value
  }

  /// - Returns: the name under which clients are told of the change, if they are.
  mutating func set(_ name: String, to value: String) throws(SQLError) -> String? {
    guard Self.defaults[name] != nil else {
      throw SQLError("42704", "unrecognized configuration parameter \"\(name)\"")
    }
    guard !["server_version", "server_encoding", "is_superuser"].contains(name) else {
      throw SQLError("55P02", "parameter \"\(name)\" cannot be changed")
    }
    if name == "timezone", value.uppercased() != "UTC", value.lowercased() != "default" {
      throw SQLError(
        "0A000", "time zone \"\(value)\" is not supported for a session: it is UTC",
        hint: "use CONVERT_TIMEZONE in the query")
    }
    if name == "query_priority", value.lowercased() != "default",
      QueryPriority(rawValue: value.lowercased()) == nil
    {
      throw SQLError(
        "22023", "invalid value for parameter \"query_priority\": \"\(value)\"",
        hint: "one of \(QueryPriority.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    values[name] = value.lowercased() == "default" ? nil : value
    return Self.reported[name]
  }

  mutating func reset(_ name: String) throws(SQLError) {
    if name == "all" {
      values = [:]
    } else {
      _ = try value(of: name)
      values[name] = nil
    }
  }

  /// Every setting with its value, by name.
  var all: [(name: String, value: String)] {
    Self.defaults.keys.sorted().map { ($0, values[$0] ?? Self.defaults[$0] ?? "") }
  }

  /// Seconds; nil for none.
  var statementTimeout: Double? {
    guard let text = values["statement_timeout"], let milliseconds = Double(text),
      milliseconds > 0
    else { return nil }
    return milliseconds / 1_000
  }
}
