import Core
import PostgresWire
import Testing

struct SessionMachineTests {
  private static let credential = Credential(user: "weir", password: "secret")

  private func machine() -> SessionMachine {
    SessionMachine(
      secrets: .init(
        nonce: "server", md5Salt: [1, 2, 3, 4], cancelKey: [5, 6, 7, 8], nobodySecret: [9]))
  }

  /// A machine whose client logged in by md5, which needs no proof to compute.
  private func readyMachine() -> SessionMachine {
    var machine = machine()
    _ = machine.received(.startup(redshiftStartup))
    _ = machine.found(Self.credential)
    _ = machine.received(.authentication(Self.md5Answer))
    _ = machine.opened(processID: 7)
    return machine
  }

  private let redshiftStartup = StartupMessage(parameters: [
    "user": "weir", "database": "dev", "driver_version": "2.1.17",
  ])

  /// md5(md5("secretweir") + salt), as a client computes it.
  private static let md5Answer = Array("md512b54bc7b57fbba1959ba01ec530395c\0".utf8)

  private func error(_ action: SessionMachine.Action) -> SQLError? {
    guard case .fail(let messages) = action, case .error(let error, .fatal)? = messages.last
    else { return nil }
    return error
  }

  @Test func `encryption is declined and the client may go on without`() {
    var machine = machine()
    #expect(machine.received(.sslRequest) == .send([.encryptionRefused]))
    #expect(machine.received(.gssEncryptionRequest) == .send([.encryptionRefused]))
    #expect(
      machine.received(.startup(StartupMessage(parameters: ["user": "weir"])))
        == .findCredential(user: "weir"))
    #expect(
      machine.found(Self.credential)
        == .send([.authenticationSASL(mechanisms: ["SCRAM-SHA-256"])]))
  }

  @Test func `Amazon's driver logs in by md5 and meets a version it can parse`() {
    var machine = machine()
    #expect(machine.received(.startup(redshiftStartup)) == .findCredential(user: "weir"))
    #expect(
      machine.found(Self.credential) == .send([.authenticationMD5(salt: [1, 2, 3, 4])]))
    guard
      case .openSession(let start, let sending) = machine.received(
        .authentication(Self.md5Answer))
    else {
      Issue.record("not let in")
      return
    }
    #expect(start.database == "dev")
    #expect(sending == [.authenticationOk])
    guard case .send(let messages) = machine.opened(processID: 7) else {
      Issue.record("not opened")
      return
    }
    #expect(messages.first == .parameterStatus(name: "server_version", value: "8.0.2"))
    #expect(
      messages.suffix(2) == [
        .backendKeyData(processID: 7, secret: [5, 6, 7, 8]), .readyForQuery(.idle),
      ])
  }

  @Test func `a user who does not exist is asked for a password and refused like any other`() {
    var machine = machine()
    _ = machine.received(.startup(StartupMessage(parameters: ["user": "nobody"])))
    #expect(
      machine.found(nil) == .send([.authenticationSASL(mechanisms: ["SCRAM-SHA-256"])]))
    let first = Array("SCRAM-SHA-256\0".utf8) + [0, 0, 0, 10] + Array("n,,n=,r=ab".utf8)
    guard case .send(let messages) = machine.received(.authentication(first)),
      case .authenticationSASLContinue? = messages.first
    else {
      Issue.record("no challenge")
      return
    }
    let proof = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
    let final = Array("c=biws,r=abserver,p=\(proof)".utf8)
    let refusal = error(machine.received(.authentication(final)))
    #expect(
      refusal
        == SQLError("28P01", "password authentication failed for user \"nobody\""))
    #expect(machine.state == .closed)
  }

  @Test func `a newer protocol version is talked down to 3.0`() {
    var machine = machine()
    let startup = StartupMessage(
      minor: 2, parameters: ["user": "weir"], protocolOptions: ["_pq_.x"])
    _ = machine.received(.startup(startup))
    #expect(
      machine.found(Self.credential)
        == .send([
          .negotiateProtocolVersion(newest: 196_608, unknownOptions: ["_pq_.x"]),
          .authenticationSASL(mechanisms: ["SCRAM-SHA-256"]),
        ]))
  }

  @Test(arguments: [
    (StartupMessage(major: 2, parameters: ["user": "weir"]), "0A000"),
    (StartupMessage(parameters: [:]), "28000"),
    (StartupMessage(parameters: ["user": "weir", "client_encoding": "LATIN1"]), "0A000"),
    (StartupMessage(parameters: ["user": "weir", "replication": "database"]), "0A000"),
  ])
  func `a startup that cannot be served is refused with a reason`(
    startup: StartupMessage, sqlState: String
  ) {
    var machine = machine()
    #expect(error(machine.received(.startup(startup)))?.sqlState == sqlState)
  }

  @Test func `quoted names of UTF-8 are understood`() {
    var machine = machine()
    let startup = StartupMessage(parameters: ["user": "weir", "client_encoding": "'utf-8'"])
    #expect(machine.received(.startup(startup)) == .findCredential(user: "weir"))
  }

  @Test func `a query runs, and its end tells the transaction's status`() throws {
    var machine = readyMachine()
    #expect(machine.received(.query("begin; select 1")) == .run("begin; select 1"))
    #expect(try machine.produced(.complete(tag: "BEGIN")) == .commandComplete(tag: "BEGIN"))
    let columns = [SQLColumn(name: "?column?", type: .integer)]
    #expect(try machine.produced(.columns(columns)) == .rowDescription(columns))
    let failure = SQLError("22012", "division by zero")
    #expect(
      machine.finished(failure, status: .failed)
        == .send([.error(failure, severity: .error), .readyForQuery(.failed)]))
    #expect(machine.received(.sync) == .send([.readyForQuery(.failed)]))
  }

  @Test func `the extended protocol is declined once, and the client survives`() {
    var machine = readyMachine()
    let parse = FrontendMessage.parse(name: "", query: "select 1", parameterTypes: [])
    guard case .send(let messages) = machine.received(parse),
      case .error(let error, .error)? = messages.first
    else {
      Issue.record("no error")
      return
    }
    #expect(messages.count == 1)
    #expect(error.sqlState == "0A000")
    #expect(machine.received(.describe(.statement, name: "")) == .read)
    #expect(machine.received(.execute(portal: "", rowCountMax: 0)) == .read)
    #expect(machine.received(.query("ignored")) == .read)
    #expect(machine.received(.sync) == .send([.readyForQuery(.idle)]))
    #expect(machine.received(.query("select 1")) == .run("select 1"))
  }

  @Test func `text that is not UTF-8 fails the statement, not the session`() {
    var machine = readyMachine()
    guard case .send(let messages) = machine.received(.invalidText(isExtended: false)),
      case .error(let error, .error)? = messages.first
    else {
      Issue.record("no error")
      return
    }
    #expect(error.sqlState == "22021")
    #expect(messages.last == .readyForQuery(.idle))
    #expect(machine.state == .ready)
  }

  @Test func `a result with more columns than the wire can tell is refused`() {
    let columns = Array(repeating: SQLColumn(name: "c", type: .integer), count: 1665)
    #expect(throws: SQLError.self) { try readyMachine().produced(.columns(columns)) }
  }

  @Test func `messages out of turn end the session`() {
    var early = machine()
    #expect(error(early.received(.query("select 1")))?.sqlState == "08P01")
    var unauthenticated = machine()
    _ = unauthenticated.received(.startup(redshiftStartup))
    _ = unauthenticated.found(Self.credential)
    #expect(error(unauthenticated.received(.query("select 1")))?.sqlState == "08P01")
    var ready = readyMachine()
    #expect(error(ready.received(.authentication([])))?.sqlState == "08P01")
    #expect(ready.received(.query("select 1")) == .close)
  }

  @Test func `a cancel request names its session`() {
    var machine = machine()
    #expect(
      machine.received(.cancelRequest(processID: 7, secret: [1, 2, 3, 4]))
        == .cancel(processID: 7, secret: [1, 2, 3, 4]))
    #expect(machine.state == .closed)
  }
}
