import NIOCore

/// Messages as a client writes them.
enum ClientBytes {
  static func startup(version: UInt32 = 3 << 16, _ parameters: [(String, String)]) -> [UInt8] {
    var body = ByteBuffer()
    body.writeInteger(version)
    for (name, value) in parameters {
      body.writeNullTerminatedString(name)
      body.writeNullTerminatedString(value)
    }
    body.writeInteger(UInt8(0))
    return packet(body)
  }

  static func request(_ code: UInt32, _ rest: [UInt8] = []) -> [UInt8] {
    var body = ByteBuffer()
    body.writeInteger(code)
    body.writeBytes(rest)
    return packet(body)
  }

  static func message(_ type: Character, _ write: (inout ByteBuffer) -> Void = { _ in }) -> [UInt8]
  {
    var body = ByteBuffer()
    write(&body)
    return Array(String(type).utf8) + packet(body)
  }

  static func query(_ text: String) -> [UInt8] {
    message("Q") { $0.writeNullTerminatedString(text) }
  }

  private static func packet(_ body: ByteBuffer) -> [UInt8] {
    var bytes = ByteBuffer()
    bytes.writeInteger(Int32(body.readableBytes + 4))
    bytes.writeImmutableBuffer(body)
    return Array(bytes.readableBytesView)
  }
}
