internal import Core

/// The settings of a session that clients set and ask for.
struct Settings {
  private var values: [String: String] = [:]

  /// What a new session has, under the names that PostgreSQL and Redshift give them.
  private static let defaults: [String: String] = [
    "analyze_threshold_percent": "10", "application_name": "",
    "cast_super_null_on_error": "on", "client_encoding": "UTF8",
    "client_min_messages": "notice", "datestyle": "ISO, MDY",
    "default_geometry_encoding": "1", "describe_field_name_in_uppercase": "off",
    "downcase_delimited_identifier": "on", "enable_case_sensitive_identifier": "off",
    "enable_case_sensitive_super_attribute": "off", "enable_numeric_rounding": "on",
    "enable_result_cache_for_session": "on", "enable_vacuum_boost": "off",
    "error_on_nondeterministic_update": "off", "extra_float_digits": "0",
    "interval_forbid_composite_literals": "on", "intervalstyle": "postgres",
    "is_superuser": "on", "json_serialization_enable": "off",
    "json_serialization_parse_nested_strings": "off",
    "max_concurrency_scaling_clusters": "1", "max_cursor_result_set_size": "0",
    "mv_enable_aqmv_for_session": "on", "navigate_super_null_on_error": "on",
    "parse_super_null_on_error": "off", "pg_federation_repeatable_read": "on",
    "query_group": "", "query_priority": "normal", "search_path": "\"$user\", public",
    "server_encoding": "UTF8", "session_authorization": "default",
    "server_version": "8.0.2",
    "spectrum_enable_pseudo_columns": "on", "spectrum_query_maxerror": "-1",
    "standard_conforming_strings": "off", "statement_timeout": "0",
    "stored_proc_log_min_messages": "log", "timezone": "UTC",
    "transaction_isolation": "serializable", "transaction_read_only": "off",
    "use_fips_ssl": "off", "wlm_query_slot_count": "1",
  ]

  /// Settings of which only one value does what it says; nothing is taken that would not be done.
  private static let fixed: [String: (values: Set<String>, instead: String)] = [
    "cast_super_null_on_error": (["on", "true"], "it is on"),
    "navigate_super_null_on_error": (["on", "true"], "it is on"),
    "enable_case_sensitive_super_attribute": (["off", "false"], "it is off"),
    "interval_forbid_composite_literals": (["on", "true"], "it is on"),
    "datestyle": (
      ["iso", "iso, mdy", "iso,mdy", "mdy", "us"], "dates are written as ISO, and read as MDY"
    ),
    "pg_federation_repeatable_read": (["on", "true"], "it is on"),
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

  func isOn(_ name: String) throws(SQLError) -> Bool {
    ["on", "true", "1", "yes"].contains(try value(of: name).lowercased())
  }

  /// - Returns: the name under which clients are told of the change, if they are.
  mutating func set(_ name: String, to value: String) throws(SQLError) -> String? {
    guard Self.defaults[name] != nil else {
      throw SQLError("42704", "unrecognized configuration parameter \"\(name)\"")
    }
    guard !["server_version", "server_encoding", "is_superuser"].contains(name) else {
      throw SQLError("55P02", "parameter \"\(name)\" cannot be changed")
    }
    if let rule = Self.fixed[name], !rule.values.contains(value.lowercased()),
      value.lowercased() != "default"
    {
      throw SQLError("0A000", "\(name) = \(value) is not supported: \(rule.instead)")
    }
    if name == "timezone" {
      let zone = value.lowercased() == "default" ? "UTC" : value
      guard SessionZone.isKnown(zone) else {
        throw SQLError("22023", "unrecognized time zone name: \"\(value)\"")
      }
    }
    if name == "wlm_query_slot_count", value.lowercased() != "default",
      !(1...50).contains(Int(value) ?? 0)
    {
      throw SQLError(
        "22023", "\(value) is outside the valid range for parameter \"\(name)\" (1 .. 50)")
    }
    if name == "query_priority", value.lowercased() != "default",
      QueryPriority(rawValue: value.lowercased()) == nil
    {
      throw SQLError(
        "22023", "invalid value for parameter \"query_priority\": \"\(value)\"",
        hint: "one of \(QueryPriority.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    // What is kept of a style of dates is all of it.
    let isUnsaid = value.lowercased() == "default" || name == "datestyle"
    values[name] = isUnsaid ? nil : value
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
