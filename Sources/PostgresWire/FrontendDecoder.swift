package import Core
package import NIOCore

/// Turns a client's bytes, however they were cut on their way, into messages.
///
/// Keeps only what has arrived: a length that a client merely claims allocates nothing. After
/// it has thrown, the connection must be closed; it throws the same again.
package struct FrontendDecoder: Sendable {
  /// The largest messages that are accepted, in bytes with their lengths.
  package struct Limits: Sendable, Equatable {
    /// As PostgreSQL's own.
    package var startup = 10_000
    /// Of a password or SASL message, before the client is known.
    package var authentication = 65_536
    package var message: Int

    package init(message: Int = 64 << 20) {
      self.message = max(1024, message)
    }
  }

  /// Set when the client is known: from then on messages may be long.
  package var isAuthenticated = false

  private let limits: Limits
  private var buffer = ByteBuffer()
  private var awaitsStartup = true
  private var failure: SQLError?

  package init(limits: Limits = Limits()) {
    self.limits = limits
  }

  package mutating func append(_ bytes: ByteBuffer) {
    if buffer.readableBytes == 0 {
      buffer = bytes
    } else {
      var bytes = bytes
      buffer.discardReadBytes()
      buffer.writeBuffer(&bytes)
    }
  }

  /// The next whole message, or nil if more bytes are needed.
  ///
  /// - Throws: 08P01, if the bytes are not the protocol's.
  package mutating func next() throws(SQLError) -> FrontendMessage? {
    if let failure { throw failure }
    do {
      return awaitsStartup ? try nextStartup() : try nextMessage()
    } catch {
      failure = error
      buffer = ByteBuffer()
      throw error
    }
  }

  private mutating func nextStartup() throws(SQLError) -> FrontendMessage? {
    guard let claimed = buffer.getInteger(at: buffer.readerIndex, as: Int32.self) else {
      return nil
    }
    let length = Int(claimed)
    guard length >= 8, length <= limits.startup else {
      throw PayloadReader.malformed("invalid length of startup packet")
    }
    guard buffer.readableBytes >= length, let packet = buffer.readSlice(length: length) else {
      return nil
    }
    let message = try StartupPacket.decode(packet)
    if case .startup = message { awaitsStartup = false }
    return message
  }

  private mutating func nextMessage() throws(SQLError) -> FrontendMessage? {
    guard let type = buffer.getInteger(at: buffer.readerIndex, as: UInt8.self) else { return nil }
    guard MessageBody.isKnown(type) else {
      throw PayloadReader.malformed("invalid frontend message type \(type)")
    }
    guard let claimed = buffer.getInteger(at: buffer.readerIndex + 1, as: Int32.self) else {
      return nil
    }
    let length = Int(claimed)
    guard length >= 4, length <= (isAuthenticated ? limits.message : limits.authentication) else {
      throw PayloadReader.malformed("invalid message length")
    }
    guard buffer.readableBytes > length, var packet = buffer.readSlice(length: length + 1) else {
      return nil
    }
    packet.moveReaderIndex(forwardBy: 5)
    return try MessageBody.decode(type: type, packet)
  }
}
