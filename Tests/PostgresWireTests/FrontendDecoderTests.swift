import Core
import NIOCore
import PostgresWire
import Testing

struct FrontendDecoderTests {
  /// A conversation with each kind of message in it, and what it should be read as.
  private static let bytes: [UInt8] =
    ClientBytes.request(80_877_103) + ClientBytes.request(80_877_104)
    + ClientBytes.startup([("user", "weir"), ("database", "dev"), ("_pq_.extra", "1")])
    + ClientBytes.message("p") { $0.writeBytes([1, 2, 3]) }
    + ClientBytes.query("select 'ä€😀'")
    + ClientBytes.message("P") {
      $0.writeNullTerminatedString("s1")
      $0.writeNullTerminatedString("select $1")
      $0.writeMultipleIntegers(UInt16(1), UInt32(23))
    }
    + ClientBytes.message("B") {
      $0.writeNullTerminatedString("")
      $0.writeNullTerminatedString("s1")
      $0.writeMultipleIntegers(UInt16(1), Int16(0), UInt16(2), Int32(-1), Int32(1), UInt8(65))
      $0.writeMultipleIntegers(UInt16(1), Int16(1))
    }
    + ClientBytes.message("D") { $0.writeString("Ss1\0") }
    + ClientBytes.message("E") { $0.writeMultipleIntegers(UInt8(0), Int32(100)) }
    + ClientBytes.message("C") { $0.writeString("P\0") }
    + ClientBytes.message("H") + ClientBytes.message("S")
    + ClientBytes.message("F") { $0.writeInteger(Int64(1)) }
    + ClientBytes.message("d") { $0.writeBytes([9]) } + ClientBytes.message("c")
    + ClientBytes.message("f") { $0.writeString("why\0") }
    + ClientBytes.message("Q") { $0.writeBytes([0xC3, 0x28, 0]) }
    + ClientBytes.message("X")

  private static let messages: [FrontendMessage] = [
    .sslRequest, .gssEncryptionRequest,
    .startup(
      StartupMessage(
        parameters: ["user": "weir", "database": "dev"], protocolOptions: ["_pq_.extra"])),
    .authentication([1, 2, 3]), .query("select 'ä€😀'"),
    .parse(name: "s1", query: "select $1", parameterTypes: [23]),
    .bind(
      BindMessage(
        portal: "", statement: "s1", parameterFormats: [0], parameters: [nil, [65]],
        resultFormats: [1])),
    .describe(.statement, name: "s1"), .execute(portal: "", rowCountMax: 100),
    .close(.portal, name: ""), .flush, .sync, .functionCall, .copyData([9]), .copyDone,
    .copyFail("why"), .invalidText(isExtended: false), .terminate,
  ]

  private func decode(_ pieces: [ArraySlice<UInt8>]) throws -> [FrontendMessage] {
    var decoder = FrontendDecoder()
    var messages: [FrontendMessage] = []
    for piece in pieces {
      decoder.append(ByteBuffer(bytes: piece))
      while let message = try decoder.next() { messages.append(message) }
    }
    return messages
  }

  @Test func `messages are the same wherever the network cuts them`() throws {
    let bytes = Self.bytes
    for cut in 0...bytes.count {
      #expect(try decode([bytes[..<cut], bytes[cut...]]) == Self.messages, "cut at \(cut)")
    }
    #expect(try decode(bytes.indices.map { bytes[$0...$0] }) == Self.messages)
  }

  @Test func `a cancel request is read with its secret`() throws {
    let request = ClientBytes.request(80_877_102, [0, 0, 0, 7, 1, 2, 3, 4])
    #expect(try decode([request[...]]) == [.cancelRequest(processID: 7, secret: [1, 2, 3, 4])])
  }

  @Test(
    arguments: [
      [0, 0, 0, 0], [0, 0, 0, 7], [0x7F, 0xFF, 0xFF, 0xFF], [0xFF, 0xFF, 0xFF, 0xFF],
      Array("GET / HTTP/1.1\r\n".utf8), [0x16, 3, 1, 0, 0xA5, 1, 0, 0],
      ClientBytes.request(3 << 16, [0x75]), ClientBytes.request(3 << 16, [0, 0]),
      ClientBytes.request(80_877_102, [1]), ClientBytes.request(80_877_103, [1]),
    ] as [[UInt8]])
  func `a startup packet that lies about itself is refused`(bytes: [UInt8]) {
    var decoder = FrontendDecoder()
    decoder.append(ByteBuffer(bytes: bytes))
    expectProtocolViolation(&decoder)
  }

  @Test(
    arguments: [
      [0x51, 0, 0, 0, 3], [0x51, 0x7F, 0xFF, 0xFF, 0xFF], [0x51, 0x80, 0, 0, 0],
      [0x51, 0, 0, 0, 4], [0x51, 0, 0, 0, 5, 65], [0x51, 0, 0, 0, 6, 0, 0], [0x53, 0, 0, 0, 5, 0],
      [0x7A], [0, 0, 0, 0, 0],
      // Bind claims 65535 formats; a parameter of 2 GiB; a parameter of length -2.
      [0x42, 0, 0, 0, 8, 0, 0, 0xFF, 0xFF],
      [0x42, 0, 0, 0, 14, 0, 0, 0, 0, 0, 1, 0x7F, 0xFF, 0xFF, 0xFF],
      [0x42, 0, 0, 0, 14, 0, 0, 0, 0, 0, 1, 0xFF, 0xFF, 0xFF, 0xFE],
      [0x44, 0, 0, 0, 6, 0x58, 0],
    ] as [[UInt8]])
  func `a message that lies about itself is refused`(bytes: [UInt8]) throws {
    var decoder = FrontendDecoder()
    decoder.append(ByteBuffer(bytes: ClientBytes.startup([("user", "weir")])))
    _ = try decoder.next()
    decoder.isAuthenticated = true
    decoder.append(ByteBuffer(bytes: bytes))
    expectProtocolViolation(&decoder)
    decoder.append(ByteBuffer(bytes: ClientBytes.query("select 1")))
    expectProtocolViolation(&decoder)
  }

  private func expectProtocolViolation(_ decoder: inout FrontendDecoder) {
    do {
      let message = try decoder.next()
      Issue.record("read \(String(describing: message))")
    } catch {
      #expect(error.sqlState == "08P01")
    }
  }

  @Test func `a client that is not known yet may not send a long message`() throws {
    var decoder = FrontendDecoder(limits: .init(message: 1 << 20))
    decoder.append(ByteBuffer(bytes: ClientBytes.startup([("user", "weir")])))
    _ = try decoder.next()
    var known = decoder
    known.isAuthenticated = true
    let long = ByteBuffer(bytes: ClientBytes.query(String(repeating: "x", count: 100_000)))
    decoder.append(long)
    expectProtocolViolation(&decoder)
    known.append(long)
    #expect(try known.next() != nil)
    known.append(ByteBuffer(bytes: [0x51, 0, 0x10, 0, 1]))
    expectProtocolViolation(&known)
  }

  @Test func `bytes gone wrong end in messages or in an error, and never trap`() {
    var random = SeededRandom(seed: 5439)
    for _ in 0..<3000 {
      var bytes = Self.bytes
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let index = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0...2, using: &random) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeSubrange(index..<min(bytes.count, index + 3))
        default: bytes.insert(0xFF, at: index)
        }
      }
      var decoder = FrontendDecoder()
      decoder.append(ByteBuffer(bytes: bytes))
      var count = 0
      do {
        while try decoder.next() != nil { count += 1 }
      } catch {
        #expect(error.sqlState == "08P01")
      }
      #expect(count <= bytes.count)
    }
  }
}
