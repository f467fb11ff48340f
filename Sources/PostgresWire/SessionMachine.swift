package import Core

/// One client's session as PostgreSQL's protocol sees it: which message may come now, and what
/// is to be done about it. Does no I/O; whoever owns it carries the actions out.
///
/// ```
/// startup ──▶ findingCredential ──▶ authenticating ──▶ opening ──▶ ready ◀──▶ running
///                                                                   ▲ │
///                                                                   │ ▼
///                                                             skippingToSync
/// ```
/// Any state may lead to `closed`.
package struct SessionMachine: Sendable {
  package enum State: Equatable, Sendable {
    case startup
    case findingCredential
    /// Awaits SASLInitialResponse.
    case authenticatingSCRAM
    /// Awaits the client's proof.
    case verifyingSCRAM
    case authenticatingMD5
    case opening
    case ready
    case running
    /// After an error in the extended protocol all is ignored up to Sync.
    case skippingToSync
    case closed
  }

  package enum Action: Equatable, Sendable {
    /// Nothing to do: read on.
    case read
    case send([BackendMessage])
    /// Ask for the user's credential, then call `found(_:)`.
    case findCredential(user: String)
    /// Send, open a session, then call `opened(processID:)` or `failed(_:)`. The client is
    /// known from here on.
    case openSession(SessionStart, sending: [BackendMessage])
    /// Run the text's statements, send what `produced(_:)` makes of the output, then call
    /// `finished(_:status:)`.
    case run(String)
    /// Cancel what that session runs, then close without an answer.
    case cancel(processID: Int32, secret: [UInt8])
    /// Send, then close.
    case fail([BackendMessage])
    case close
  }

  /// What must not be guessed; passed in so that tests can fix it.
  package struct Secrets: Sendable {
    package var nonce: String
    package var md5Salt: [UInt8]
    package var cancelKey: [UInt8]
    /// Gives strangers a steady salt; the same for all sessions of a server.
    package var nobodySecret: [UInt8]

    package init(nonce: String, md5Salt: [UInt8], cancelKey: [UInt8], nobodySecret: [UInt8]) {
      self.nonce = nonce
      self.md5Salt = md5Salt
      self.cancelKey = cancelKey
      self.nobodySecret = nobodySecret
    }

    package static func random(nobodySecret: [UInt8]) -> Secrets {
      Secrets(
        nonce: hexadecimalMD5(randomBytes(32)), md5Salt: randomBytes(4),
        cancelKey: randomBytes(4), nobodySecret: nobodySecret)
    }
  }

  /// 3.0, as the wire writes it.
  private static let newestVersion: UInt32 = 3 << 16

  package private(set) var state = State.startup
  private let secrets: Secrets
  private var start: SessionStart?
  private var credential: Credential?
  private var scram: ScramExchange?
  private var negotiation: [BackendMessage] = []
  private var status = TransactionStatus.idle

  package init(secrets: Secrets) {
    self.secrets = secrets
  }

  /// - Precondition on use: not called in `findingCredential`, `opening` and `running`, whose
  ///   outcome comes first; a message then ends the session.
  package mutating func received(_ message: FrontendMessage) -> Action {
    switch state {
    case .startup:
      return receivedAtStartup(message)
    case .authenticatingSCRAM, .verifyingSCRAM, .authenticatingMD5:
      guard case .authentication(let data) = message else {
        return fail(SQLError("08P01", "expected password response"))
      }
      return receivedAuthentication(data)
    case .ready:
      return receivedWhenReady(message)
    case .skippingToSync:
      switch message {
      case .sync:
        state = .ready
        return .send([.readyForQuery(status)])
      case .terminate: return close()
      default: return .read
      }
    case .findingCredential, .opening, .running:
      if case .terminate = message { return close() }
      return fail(SQLError("08P01", "message out of turn"))
    case .closed:
      return .close
    }
  }

  /// Ends the session with an error that the client is told.
  package mutating func failed(_ error: SQLError) -> Action {
    fail(error)
  }

  private mutating func fail(_ error: SQLError) -> Action {
    state = .closed
    return .fail([.error(error, severity: .fatal)])
  }

  private mutating func close() -> Action {
    state = .closed
    return .close
  }
}

// MARK: - Startup and authentication

extension SessionMachine {
  private mutating func receivedAtStartup(_ message: FrontendMessage) -> Action {
    switch message {
    case .sslRequest, .gssEncryptionRequest:
      return .send([.encryptionRefused])
    case .cancelRequest(let processID, let secret):
      state = .closed
      return .cancel(processID: processID, secret: secret)
    case .startup(let message):
      return begin(message)
    default:
      return fail(SQLError("08P01", "expected a startup packet"))
    }
  }

  private mutating func begin(_ message: StartupMessage) -> Action {
    guard message.major == 3 else {
      return fail(
        SQLError(
          "0A000",
          "unsupported frontend protocol \(message.major).\(message.minor): server supports 3.0"))
    }
    guard let user = message.parameters["user"], !user.isEmpty else {
      return fail(SQLError("28000", "no PostgreSQL user name specified in startup packet"))
    }
    let replication = message.parameters["replication"]?.lowercased() ?? "false"
    guard ["false", "off", "no", "0"].contains(replication) else {
      return fail(SQLError("0A000", "replication connections are not supported"))
    }
    let start = SessionStart(user: user, parameters: message.parameters)
    guard start.acceptsUTF8 else {
      let name = message.parameters["client_encoding"] ?? ""
      return fail(
        SQLError(
          "0A000", "client encoding \"\(name)\" is not supported",
          hint: "use UTF8, for example with PGCLIENTENCODING=UTF8"))
    }
    if message.minor > 0 || !message.protocolOptions.isEmpty {
      negotiation = [
        .negotiateProtocolVersion(
          newest: Self.newestVersion, unknownOptions: message.protocolOptions)
      ]
    }
    self.start = start
    state = .findingCredential
    return .findCredential(user: user)
  }

  /// - Parameter credential: nil if there is no such user; the client is asked for a password
  ///   all the same.
  package mutating func found(_ credential: Credential?) -> Action {
    guard state == .findingCredential, let start else { return close() }
    let credential =
      credential ?? Credential(ofNobodyCalled: start.user, secret: secrets.nobodySecret)
    self.credential = credential
    if start.isRedshiftDriver {
      state = .authenticatingMD5
      return .send(negotiation + [.authenticationMD5(salt: secrets.md5Salt)])
    }
    scram = ScramExchange(verifier: credential.scram, nonce: secrets.nonce)
    state = .authenticatingSCRAM
    return .send(negotiation + [.authenticationSASL(mechanisms: [ScramExchange.mechanism])])
  }

  private mutating func receivedAuthentication(_ data: [UInt8]) -> Action {
    do {
      switch state {
      case .authenticatingMD5: return try verifyMD5(data)
      case .authenticatingSCRAM: return try beginSCRAM(data)
      default: return try finishSCRAM(data)
      }
    } catch {
      return fail(error)
    }
  }

  private mutating func verifyMD5(_ data: [UInt8]) throws(SQLError) -> Action {
    guard data.last == 0 else { throw PayloadReader.malformed("invalid password packet") }
    let answer = Array(data.dropLast())
    guard let credential, credential.isSatisfied(byMD5: answer, salt: secrets.md5Salt) else {
      throw wrongPassword
    }
    return open(sending: [])
  }

  private mutating func beginSCRAM(_ data: [UInt8]) throws(SQLError) -> Action {
    var reader = PayloadReader(data)
    let mechanism = try reader.string()
    guard mechanism == ScramExchange.mechanism else {
      throw SQLError("08P01", "client selected an invalid SASL authentication mechanism")
    }
    let length = try reader.integer(Int32.self)
    let message = try reader.bytes(count: Int(length))
    try reader.finish()
    guard let answer = try scram?.begin(message) else { throw wrongPassword }
    state = .verifyingSCRAM
    return .send([.authenticationSASLContinue(answer)])
  }

  private mutating func finishSCRAM(_ data: [UInt8]) throws(SQLError) -> Action {
    guard let answer = try scram?.finish(data) else { throw wrongPassword }
    return open(sending: [.authenticationSASLFinal(answer)])
  }

  private var wrongPassword: SQLError {
    SQLError("28P01", "password authentication failed for user \"\(start?.user ?? "")\"")
  }

  private mutating func open(sending messages: [BackendMessage]) -> Action {
    guard let start else { return close() }
    state = .opening
    credential = nil
    scram = nil
    return .openSession(start, sending: messages + [.authenticationOk])
  }

  /// The session is there and may be canceled by `processID` and the secrets' key.
  package mutating func opened(processID: Int32) -> Action {
    guard state == .opening, let start else { return close() }
    state = .ready
    return .send(
      start.parameterStatuses + [
        .backendKeyData(processID: processID, secret: secrets.cancelKey), .readyForQuery(status),
      ])
  }
}

// MARK: - Queries

extension SessionMachine {
  /// As many columns as PostgreSQL allows in a result.
  package static let columnCountMax = 1664

  private mutating func receivedWhenReady(_ message: FrontendMessage) -> Action {
    switch message {
    case .query(let text):
      state = .running
      return .run(text)
    case .invalidText(isExtended: false):
      return .send([.error(Self.invalidText, severity: .error), .readyForQuery(status)])
    case .functionCall:
      let error = SQLError("0A000", "the function call protocol is not supported")
      return .send([.error(error, severity: .error), .readyForQuery(status)])
    case .parse, .bind, .describe, .execute, .close:
      state = .skippingToSync
      return .send([.error(Self.extendedProtocol, severity: .error)])
    case .invalidText(isExtended: true):
      state = .skippingToSync
      return .send([.error(Self.invalidText, severity: .error)])
    case .sync:
      return .send([.readyForQuery(status)])
    case .flush, .copyData, .copyDone, .copyFail:
      // As PostgreSQL does: what a failed COPY left behind is passed over.
      return .read
    case .terminate:
      return close()
    case .startup, .sslRequest, .gssEncryptionRequest, .cancelRequest, .authentication:
      return fail(SQLError("08P01", "message out of turn"))
    }
  }

  /// What the client is sent for a piece of a statement's output.
  ///
  /// - Throws: 54011 if the result has more columns than the wire can tell.
  package func produced(_ output: SQLOutput) throws(SQLError) -> BackendMessage {
    switch output {
    case .columns(let columns):
      guard columns.count <= Self.columnCountMax else {
        throw SQLError(
          "54011", "a result can have at most \(Self.columnCountMax) columns",
          detail: "this one has \(columns.count)")
      }
      return .rowDescription(columns)
    case .rows(let batch): return .dataRows(batch)
    case .complete(let tag): return .commandComplete(tag: tag)
    case .empty: return .emptyQueryResponse
    case .notice(let notice): return .notice(notice)
    case .parameter(let name, let value): return .parameterStatus(name: name, value: value)
    }
  }

  /// The text's statements have run, up to `error` if there is one.
  package mutating func finished(_ error: SQLError?, status: TransactionStatus) -> Action {
    guard state == .running else { return close() }
    state = .ready
    self.status = status
    let failure = error.map { BackendMessage.error($0, severity: .error) }
    return .send([failure, .readyForQuery(status)].compactMap { $0 })
  }

  private static let invalidText = SQLError(
    "22021", "invalid byte sequence for encoding \"UTF8\"")

  private static let extendedProtocol = SQLError(
    "0A000",
    "the extended query protocol is not supported in this version; use simple queries")
}
