/// What a startup message asks for, once it has been judged.
package struct SessionStart: Sendable, Equatable {
  package let user: String
  package let database: String
  package let applicationName: String
  /// All that the client sent, user and database included.
  package let parameters: [String: String]

  /// Amazon's drivers name themselves; they parse `server_version` strictly and fail SCRAM.
  package var isRedshiftDriver: Bool {
    parameters["driver_version"] != nil || parameters["client_protocol_version"] != nil
  }

  init(user: String, parameters: [String: String]) {
    self.user = user
    self.database = parameters["database"].flatMap { $0.isEmpty ? nil : $0 } ?? user
    self.applicationName = parameters["application_name"] ?? ""
    self.parameters = parameters
  }

  /// Whether the encoding that the client asked for is UTF-8 under one of its names, or a
  /// part of it. Some drivers put it in quotes.
  var acceptsUTF8: Bool {
    guard let name = parameters["client_encoding"] else { return true }
    let plain = name.lowercased().filter { $0.isLetter || $0.isNumber }
    return ["", "utf8", "unicode", "sqlascii", "ascii", "auto"].contains(plain)
  }

  /// What clients are told before the first ReadyForQuery.
  ///
  /// `server_version` has no suffix: one driver parses it as a Python package's version. To
  /// Redshift's own drivers it is what Redshift says.
  var parameterStatuses: [BackendMessage] {
    var values = [
      ("server_version", isRedshiftDriver ? "8.0.2" : "15.0"),
      ("server_encoding", "UTF8"),
      ("client_encoding", "UTF8"),
      ("DateStyle", "ISO, MDY"),
      ("TimeZone", "UTC"),
      ("integer_datetimes", "on"),
      ("standard_conforming_strings", "off"),
      ("application_name", applicationName),
      ("is_superuser", "on"),
      ("session_authorization", user),
    ]
    if !isRedshiftDriver {
      // libpq asks for these with extra statements if they are not told.
      values += [
        ("IntervalStyle", "postgres"), ("default_transaction_read_only", "off"),
        ("in_hot_standby", "off"),
      ]
    }
    return values.map { .parameterStatus(name: $0.0, value: $0.1) }
  }
}
