package import Core

/// One connection's state: messages in, actions out. Knows no sockets and runs no SQL.
package struct SessionMachine: Sendable {
  package enum Action: Equatable, Sendable {
    case send([BackendMessage])
    /// The single byte N: no encryption here.
    case refuseEncryption
    /// Look the user up, then call `authenticate`.
    case findCredential(user: String)
    /// The password is right: make a session, then call `started` or `failed`.
    case startSession(user: String, database: String, parameters: [String: String])
    case run(String)
    case cancel(processID: Int32, secret: Int32)
    /// Send these (if any), then close.
    case close([BackendMessage])
    case none
  }

  private enum State {
    case waitingForStartup
    case waitingForCredential
    case waitingForScramStart(ScramExchange)
    case waitingForScramEnd(ScramExchange)
    case waitingForMD5(Credential, salt: [UInt8])
    case starting
    case ready
    case running
    /// After an error in the extended protocol everything is dropped up to Sync.
    case skippingToSync
    case closed
  }

  private var state = State.waitingForStartup
  /// Above 0 it is negotiated down.
  private var minorVersion: Int32 = 0
  private var user = ""
  private var database = ""
  private var parameters: [String: String] = [:]
  private var transaction = TransactionStatus.idle

  package init() {}

  /// Whether a statement may be running, so that a disconnect must stop it.
  package var isRunning: Bool {
    if case .running = state { return true }
    return false
  }

  /// Amazon's driver: it fails standard SCRAM, and looks for Redshift's version.
  private var isRedshiftDriver: Bool {
    parameters["driver_version"] != nil || parameters["client_protocol_version"] != nil
  }

  // MARK: Messages

  package mutating func received(_ message: FrontendMessage) -> Action {
    switch (state, message) {
    case (.waitingForStartup, .sslRequest), (.waitingForStartup, .gssRequest):
      return .refuseEncryption
    case (.waitingForStartup, .cancel(let process, let secret)):
      state = .closed
      return .cancel(processID: process, secret: secret)
    case (.waitingForStartup, .startup(let version, let parameters)):
      return startup(version, parameters)
    case (.closed, _): return .none
    case (_, .terminate): return close()
    case (.waitingForScramStart(let exchange), .password(let bytes)):
      return scramStart(exchange, bytes)
    case (.waitingForScramEnd(let exchange), .password(let bytes)):
      return scramEnd(exchange, bytes)
    case (.waitingForMD5(let credential, let salt), .password(let bytes)):
      return md5(credential, salt, bytes)
    case (.skippingToSync, .sync):
      state = .ready
      return .send([.readyForQuery(transaction)])
    case (.skippingToSync, _): return .none
    case (.ready, .query(let text)):
      state = .running
      return .run(text)
    case (.ready, .sync): return .send([.readyForQuery(transaction)])
    case (.ready, .flush): return .none
    case (.ready, .other): return extended()
    default:
      return violation("unexpected message in this state of the session")
    }
  }

  /// The bytes were no message.
  package mutating func received(_ error: ProtocolError) -> Action {
    violation(error.message)
  }

  private mutating func violation(_ message: String) -> Action {
    state = .closed
    return .close([.error(SQLError("08P01", message), severity: "FATAL")])
  }

  private mutating func close() -> Action {
    state = .closed
    return .close([])
  }

  private mutating func extended() -> Action {
    state = .skippingToSync
    let error = SQLError(
      "0A000", "the extended query protocol is not supported by this version",
      hint: "use simple queries: psql does, as does psycopg2")
    return .send([.error(error, severity: "ERROR")])
  }

  // MARK: Start-up

  private mutating func startup(_ version: Int32, _ parameters: [String: String]) -> Action {
    guard version >> 16 == 3 else {
      return fatal(
        SQLError(
          "0A000", "unsupported frontend protocol \(version >> 16).\(version & 0xFFFF)",
          hint: "protocol 3.0 is supported"))
    }
    minorVersion = version & 0xFFFF
    guard let user = parameters["user"], !user.isEmpty else {
      return fatal(SQLError("28000", "no PostgreSQL user name specified in startup packet"))
    }
    self.user = user
    self.parameters = parameters
    database = parameters["database"].flatMap { $0.isEmpty ? nil : $0 } ?? user
    state = .waitingForCredential
    return .findCredential(user: user)
  }

  private mutating func fatal(_ error: SQLError) -> Action {
    state = .closed
    return .close([.error(error, severity: "FATAL")])
  }

  /// - Parameter credential: nil for an unknown user, who is asked for a password all the same.
  package mutating func authenticate(with credential: Credential?) -> Action {
    guard case .waitingForCredential = state else { return .none }
    let credential =
      credential ?? Credential(user: user, password: Credential.md5(Credential.random(16)))
    let negotiation: [BackendMessage] =
      minorVersion > 0 ? [.negotiateVersion(minor: 0, unknown: [])] : []
    if isRedshiftDriver {
      let salt = Credential.random(4)
      state = .waitingForMD5(credential, salt: salt)
      return .send(negotiation + [.authenticationMD5(salt: salt)])
    }
    state = .waitingForScramStart(ScramExchange(credential: credential))
    return .send(negotiation + [.authenticationSASL(mechanisms: ["SCRAM-SHA-256"])])
  }

  private mutating func wrongPassword() -> Action {
    fatal(SQLError("28P01", "password authentication failed for user \"\(user)\""))
  }

  /// The first answer: mechanism, length, data.
  private mutating func scramStart(_ exchange: ScramExchange, _ bytes: [UInt8]) -> Action {
    guard let end = bytes.firstIndex(of: 0), bytes.count >= end + 5,
      String(decoding: bytes[..<end], as: UTF8.self) == "SCRAM-SHA-256"
    else { return fatal(SQLError("28000", "SASL mechanism is not SCRAM-SHA-256")) }
    var exchange = exchange
    guard let answer = exchange.begin(String(decoding: bytes[(end + 5)...], as: UTF8.self)) else {
      return fatal(SQLError("08P01", "malformed SCRAM message"))
    }
    state = .waitingForScramEnd(exchange)
    return .send([.authenticationSASLContinue(answer)])
  }

  private mutating func scramEnd(_ exchange: ScramExchange, _ bytes: [UInt8]) -> Action {
    guard let answer = exchange.finish(String(decoding: bytes, as: UTF8.self)) else {
      return wrongPassword()
    }
    proof = answer
    return startSession()
  }

  /// The server's own proof, which goes before "authentication ok".
  private var proof: String?

  private mutating func md5(
    _ credential: Credential, _ salt: [UInt8], _ bytes: [UInt8]
  ) -> Action {
    let given = Array(bytes.prefix { $0 != 0 })
    let expected = "md5" + Credential.md5(Array(credential.md5Secret.utf8) + salt)
    guard isEqual(given, Array(expected.utf8)) else { return wrongPassword() }
    return startSession()
  }

  private mutating func startSession() -> Action {
    guard database == "dev" else {
      return fatal(
        SQLError("3D000", "database \"\(database)\" does not exist", hint: "it is called dev"))
    }
    state = .starting
    return .startSession(user: user, database: database, parameters: parameters)
  }

  /// The session is there.
  package mutating func started(processID: Int32, secret: Int32) -> Action {
    guard case .starting = state else { return .none }
    state = .ready
    var messages: [BackendMessage] = []
    if let proof { messages.append(.authenticationSASLFinal(proof)) }
    messages.append(.authenticationOK)
    let statuses = [
      ("server_version", isRedshiftDriver ? "8.0.2" : "15.0"), ("server_encoding", "UTF8"),
      ("client_encoding", "UTF8"), ("DateStyle", "ISO, MDY"), ("TimeZone", "UTC"),
      ("IntervalStyle", "postgres"), ("integer_datetimes", "on"),
      ("standard_conforming_strings", "on"), ("is_superuser", "on"),
      ("session_authorization", user),
      ("application_name", parameters["application_name"] ?? ""),
    ]
    messages += statuses.map { .parameterStatus(name: $0.0, value: $0.1) }
    messages.append(.backendKey(processID: processID, secret: secret))
    messages.append(.readyForQuery(.idle))
    return .send(messages)
  }

  /// The session could not be made.
  package mutating func failed(_ error: SQLError) -> Action { fatal(error) }

  // MARK: Statements

  /// The text that `run` asked for has ended, well or not.
  package mutating func finished(_ error: SQLError?, status: TransactionStatus) -> Action {
    guard case .running = state else { return .none }
    state = .ready
    transaction = status
    var messages: [BackendMessage] = []
    if let error { messages.append(.error(error, severity: "ERROR")) }
    return .send(messages + [.readyForQuery(status)])
  }
}
