import Core
import NIOCore

/// Packets that open a connection: a length and a code, without a type byte.
enum StartupPacket {
  private static let cancelCode: UInt32 = 80_877_102
  private static let sslCode: UInt32 = 80_877_103
  private static let gssCode: UInt32 = 80_877_104

  /// - Parameter packet: the whole packet with its length.
  static func decode(_ packet: ByteBuffer) throws(SQLError) -> FrontendMessage {
    var reader = PayloadReader(packet)
    _ = try reader.integer(Int32.self)
    let code = try reader.integer(UInt32.self)
    switch code {
    case sslCode:
      try reader.finish()
      return .sslRequest
    case gssCode:
      try reader.finish()
      return .gssEncryptionRequest
    case cancelCode:
      let processID = try reader.integer(Int32.self)
      let secret = reader.rest()
      guard (4...256).contains(secret.count) else { throw PayloadReader.malformed() }
      return .cancelRequest(processID: processID, secret: secret)
    default:
      return .startup(try startup(version: code, &reader))
    }
  }

  private static func startup(
    version: UInt32, _ reader: inout PayloadReader
  ) throws(SQLError) -> StartupMessage {
    var message = StartupMessage(
      major: UInt16(truncatingIfNeeded: version >> 16),
      minor: UInt16(truncatingIfNeeded: version), parameters: [:])
    // What follows in another major version is not known.
    guard message.major == 3 else { return message }
    while true {
      let name = try reader.string()
      if name.isEmpty { break }
      let value = try reader.string()
      if name.hasPrefix("_pq_.") {
        message.protocolOptions.append(name)
      } else {
        message.parameters[name] = value
      }
    }
    guard reader.byteCount == 0 else {
      throw PayloadReader.malformed(
        "invalid startup packet layout: expected terminator as last byte")
    }
    return message
  }
}

/// Bodies of the messages that begin with a type byte.
enum MessageBody {
  static func isKnown(_ type: UInt8) -> Bool {
    "QXpPBDECHSFdcf".utf8.contains(type)
  }

  static func decode(type: UInt8, _ body: ByteBuffer) throws(SQLError) -> FrontendMessage {
    var reader = PayloadReader(body)
    let message = try fields(type: type, &reader)
    try reader.finish()
    return message
  }

  private static func fields(
    type: UInt8, _ reader: inout PayloadReader
  ) throws(SQLError) -> FrontendMessage {
    switch type {
    case UInt8(ascii: "Q"):
      return try reader.validString().map { .query($0) } ?? .invalidText(isExtended: false)
    case UInt8(ascii: "X"): return .terminate
    case UInt8(ascii: "p"): return .authentication(reader.rest())
    case UInt8(ascii: "P"): return try parse(&reader)
    case UInt8(ascii: "B"): return .bind(try bind(&reader))
    case UInt8(ascii: "D"):
      return .describe(try object(&reader), name: try reader.string())
    case UInt8(ascii: "E"):
      return .execute(portal: try reader.string(), rowCountMax: try reader.integer())
    case UInt8(ascii: "C"):
      return .close(try object(&reader), name: try reader.string())
    case UInt8(ascii: "H"): return .flush
    case UInt8(ascii: "S"): return .sync
    case UInt8(ascii: "F"):
      _ = reader.rest()
      return .functionCall
    case UInt8(ascii: "d"): return .copyData(reader.rest())
    case UInt8(ascii: "c"): return .copyDone
    case UInt8(ascii: "f"): return .copyFail(try reader.string())
    default: throw PayloadReader.malformed("invalid frontend message type \(type)")
    }
  }

  private static func parse(_ reader: inout PayloadReader) throws(SQLError) -> FrontendMessage {
    let name = try reader.string()
    let query = try reader.validString()
    let types = try reader.list { (each) throws(SQLError) in try each.integer(UInt32.self) }
    guard let query else { return .invalidText(isExtended: true) }
    return .parse(name: name, query: query, parameterTypes: types)
  }

  private static func bind(_ reader: inout PayloadReader) throws(SQLError) -> BindMessage {
    BindMessage(
      portal: try reader.string(), statement: try reader.string(),
      parameterFormats: try reader.list { (each) throws(SQLError) in try each.integer() },
      parameters: try reader.list { (each) throws(SQLError) in
        let length = try each.integer(Int32.self)
        return length == -1 ? nil : try each.bytes(count: Int(length))
      },
      resultFormats: try reader.list { (each) throws(SQLError) in try each.integer() })
  }

  private static func object(_ reader: inout PayloadReader) throws(SQLError) -> PreparedObject {
    switch try reader.integer(UInt8.self) {
    case UInt8(ascii: "S"): return .statement
    case UInt8(ascii: "P"): return .portal
    case let other: throw PayloadReader.malformed("invalid object kind \(other) in message")
    }
  }
}
