package import NIOCore

/// What a client sends (PostgreSQL's protocol, version 3).
package enum FrontendMessage: Equatable, Sendable {
  case startup(version: Int32, parameters: [String: String])
  case sslRequest
  case gssRequest
  case cancel(processID: Int32, secret: Int32)
  case query(String)
  /// Passwords and SASL answers share a message.
  case password([UInt8])
  case terminate
  case flush
  case sync
  /// Of the extended protocol, COPY, or function calls: named by its byte.
  case other(UInt8)
}

/// The bytes were no message: there is no way to find the next one.
package struct ProtocolError: Error, Equatable, Sendable {
  package let message: String

  package init(message: String) {
    self.message = message
  }
}

/// Cuts a connection's bytes into messages.
package struct FrontendDecoder: Sendable {
  /// The first message comes without a type byte, and so do the ones after refused requests.
  package private(set) var expectsStartup = true
  private let bytesMax: Int

  /// - Parameter bytesMax: a longer message is an error before anything is kept of it.
  package init(bytesMax: Int = 64 << 20) {
    self.bytesMax = bytesMax
  }

  /// Takes the next whole message off the buffer; nil until more bytes come.
  package mutating func next(
    _ buffer: inout ByteBuffer
  ) throws(ProtocolError) -> FrontendMessage? {
    expectsStartup ? try startup(&buffer) : try message(&buffer)
  }

  private mutating func startup(
    _ buffer: inout ByteBuffer
  ) throws(ProtocolError) -> FrontendMessage? {
    guard let length = buffer.getInteger(at: buffer.readerIndex, as: Int32.self) else {
      return nil
    }
    guard (8...10_000).contains(length) else {
      throw ProtocolError(message: "invalid length of startup packet")
    }
    guard var body = buffer.readSlice(length: Int(length)) else { return nil }
    body.moveReaderIndex(forwardBy: 4)
    guard let code = body.readInteger(as: Int32.self) else { return nil }
    switch code {
    case 80_877_103: return .sslRequest
    case 80_877_104: return .gssRequest
    case 80_877_102:
      guard let process = body.readInteger(as: Int32.self),
        let secret = body.readInteger(as: Int32.self)
      else { throw ProtocolError(message: "invalid cancel request") }
      return .cancel(processID: process, secret: secret)
    default:
      expectsStartup = false
      return .startup(version: code, parameters: try parameters(&body))
    }
  }

  private func parameters(
    _ body: inout ByteBuffer
  ) throws(ProtocolError) -> [String: String] {
    var parameters: [String: String] = [:]
    while let name = body.readNullTerminatedString(), !name.isEmpty {
      guard let value = body.readNullTerminatedString() else {
        throw ProtocolError(message: "invalid startup packet: a parameter has no value")
      }
      parameters[name] = value
    }
    return parameters
  }

  private func message(_ buffer: inout ByteBuffer) throws(ProtocolError) -> FrontendMessage? {
    guard let type = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self),
      let length = buffer.getInteger(at: buffer.readerIndex + 1, as: Int32.self)
    else { return nil }
    guard length >= 4, Int(length) <= bytesMax else {
      throw ProtocolError(message: "invalid message length \(length)")
    }
    guard buffer.readableBytes >= Int(length) + 1 else { return nil }
    buffer.moveReaderIndex(forwardBy: 5)
    guard var body = buffer.readSlice(length: Int(length) - 4) else { return nil }
    switch type {
    case UInt8(ascii: "Q"):
      guard let text = body.readNullTerminatedString() else {
        throw ProtocolError(message: "invalid query message: the text does not end")
      }
      return .query(text)
    case UInt8(ascii: "p"): return .password(Array(body.readableBytesView))
    case UInt8(ascii: "X"): return .terminate
    case UInt8(ascii: "H"): return .flush
    case UInt8(ascii: "S"): return .sync
    default:
      guard "PBDECFcdf".utf8.contains(type) else {
        throw ProtocolError(message: "invalid frontend message type \(type)")
      }
      return .other(type)
    }
  }
}
