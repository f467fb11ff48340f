internal import Core

/// Cuts one direction of a PostgreSQL conversation into messages.
///
/// Only the payloads that `captures` asks for are kept, and of those the first 64 KiB; rows are
/// passed over by their lengths.
struct MessageScanner {
  private static let capturedMax = 64 << 10

  private var header: [UInt8] = []
  private var type: UInt8 = 0
  private var length = 0
  private var remaining = 0
  private var isInside = false
  private var payload: [UInt8] = []
  private var isCapturing = false

  /// Whether the next message has a type byte: the first of a client has none.
  var isTyped = true

  /// - Parameter message: called at each message's end with its type (0 for an untyped one), the
  ///   bytes of its payload, and the payload as far as it was captured.
  mutating func scan(
    _ bytes: UnsafeRawBufferPointer, captures: (UInt8) -> Bool,
    message: (UInt8, Int, [UInt8], inout MessageScanner) -> Void
  ) {
    var place = 0
    while place < bytes.count {
      if isInside {
        let taken = min(remaining, bytes.count - place)
        if isCapturing, payload.count < Self.capturedMax {
          payload.append(contentsOf: bytes[place..<(place + taken)])
        }
        place += taken
        remaining -= taken
      } else if header.isEmpty, isTyped, bytes.count - place >= 5 {
        begin(
          bytes[place],
          Int(UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: place + 1, as: UInt32.self))),
          captures)
        place += 5
      } else {
        header.append(bytes[place])
        place += 1
        guard header.count == (isTyped ? 5 : 4) else { continue }
        let count = header.suffix(4).reduce(0) { $0 << 8 | Int($1) }
        begin(isTyped ? header[0] : 0, count, captures)
        header.removeAll(keepingCapacity: true)
      }
      if isInside, remaining == 0 {
        isInside = false
        let found = payload
        if !payload.isEmpty { payload = [] }
        message(type, length, found, &self)
      }
    }
  }

  private mutating func begin(_ type: UInt8, _ count: Int, _ captures: (UInt8) -> Bool) {
    self.type = type
    // The length counts itself.
    length = max(0, count - 4)
    remaining = length
    isInside = true
    isCapturing = captures(type)
  }
}

/// What a relay sees of a conversation between DuckDB's libpq and a server.
///
/// No sockets: it is shown the bytes of both directions, and keeps the facts.
struct PostgresTraffic {
  /// A statement that the client sent, and what came back for it.
  struct Exchange: Sendable, Equatable {
    var text: String
    var messages = 0
    var bytes = 0
    /// Whether bytes came that are a numeric's that is no number, or look like one.
    var mayHoldOddNumber = false
    var isBinaryCopy: Bool { text.hasPrefix("COPY (") }

    /// A binary COPY has a header of 19 bytes before its first row, and a trailer of 2 as a message
    /// of its own; without a row both are one message.
    var rows: Int { isBinaryCopy ? max(0, messages - 1) : messages }
    var rowBytes: Int { isBinaryCopy ? max(0, bytes - 21) : bytes }
  }

  enum Event: Equatable {
    /// A statement begins, or the session does.
    case asked
    /// The server waits for the next one.
    case ready
    /// The marker of a transaction of Weir's: see `marker(of:)`.
    case claimed(Int)
    case failed(state: String, message: String)
    /// The connection goes back to the pool.
    case released
  }

  private var client = MessageScanner()
  private var server = MessageScanner()
  /// After this the bytes are TLS's.
  private(set) var isOpaque = false
  private var awaitsEncryptionReply = false
  private(set) var processID: UInt32 = 0
  private(set) var secretKey: UInt32 = 0
  private(set) var hasStarted = false
  private(set) var exchange: Exchange?
  private var oddNumbers = OddNumberSearch()

  init() {
    client.isTyped = false
  }

  /// A statement that does nothing but say, when it is parsed, whose transaction the connection
  /// serves.
  static func marker(of owner: Int) -> String { "SELECT /* weir \(owner) */ 1" }

  private static func owner(in text: String) -> Int? {
    guard text.hasPrefix("SELECT /* weir ") else { return nil }
    return Int(text.dropFirst(15).prefix { $0.isNumber })
  }

  mutating func sent(_ bytes: UnsafeRawBufferPointer, _ note: (Event) -> Void) {
    guard !isOpaque else { return note(.asked) }
    var scanner = client
    scanner.scan(
      bytes, captures: { $0 == 0 || $0 == 0x50 || $0 == 0x51 },
      message: { type, _, payload, scanner in
        switch type {
        case 0: started(payload, &scanner, note)
        case 0x51: query(Self.text(payload[...]), note)  // Query
        case 0x50:  // Parse: the statement's name, then its text.
          let name = payload.prefix { $0 != 0 }.count
          if let owner = Self.owner(in: Self.text(payload.dropFirst(name + 1))) {
            note(.claimed(owner))
          }
        case 0x53: note(.asked)  // Sync
        default: break
        }
      })
    client = scanner
  }

  private mutating func started(
    _ payload: [UInt8], _ scanner: inout MessageScanner, _ note: (Event) -> Void
  ) {
    let code = payload.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    // SSLRequest and GSSENCRequest are answered with one byte, and another such message follows.
    if code == 80_877_103 || code == 80_877_104 {
      awaitsEncryptionReply = true
    } else {
      scanner.isTyped = true
    }
    note(.asked)
  }

  private mutating func query(_ text: String, _ note: (Event) -> Void) {
    exchange = Exchange(text: text)
    if text == "DISCARD ALL" { note(.released) }
    note(.asked)
  }

  mutating func received(_ bytes: UnsafeRawBufferPointer, _ note: (Event) -> Void) {
    // Of what TLS hides only that the server is alive is known.
    guard !isOpaque else { return note(.ready) }
    var bytes = bytes
    if awaitsEncryptionReply, let reply = bytes.first {
      awaitsEncryptionReply = false
      isOpaque = reply != UInt8(ascii: "N")
      bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
      if isOpaque { return }
    }
    if exchange?.isBinaryCopy == true, oddNumbers.find(in: bytes) {
      exchange?.mayHoldOddNumber = true
    }
    var scanner = server
    scanner.scan(
      bytes, captures: { $0 == 0x45 || $0 == 0x4B || $0 == 0x52 },
      message: { type, length, payload, _ in
        switch type {
        case 0x64, 0x44:  // CopyData, DataRow
          exchange?.messages += 1
          exchange?.bytes += length
        case 0x45: note(Self.failure(payload))  // ErrorResponse
        case 0x52 where payload.prefix(4) == [0, 0, 0, 3]:  // AuthenticationCleartextPassword
          note(
            .failed(
              state: "28000",
              message: "it asks for the password itself, which is not sent: only SCRAM and MD5 are")
          )
        case 0x4B where payload.count >= 8:  // BackendKeyData
          processID = payload[..<4].reduce(0) { $0 << 8 | UInt32($1) }
          secretKey = payload[4..<8].reduce(0) { $0 << 8 | UInt32($1) }
        case 0x5A:  // ReadyForQuery
          hasStarted = true
          note(.ready)
        default: break
        }
      })
    server = scanner
  }

  /// The statement whose answer is whole, to be kept.
  mutating func takeExchange() -> Exchange? {
    defer { exchange = nil }
    return exchange
  }

  private static func failure(_ payload: [UInt8]) -> Event {
    var fields: [UInt8: String] = [:]
    for field in payload.split(separator: 0) {
      if let code = field.first { fields[code] = text(field.dropFirst()) }
    }
    return .failed(
      state: fields[UInt8(ascii: "C")] ?? "XX000",
      message: fields[UInt8(ascii: "M")] ?? "the server reported an error")
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }
}
