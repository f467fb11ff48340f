import Testing

@testable import Warehouse

/// What a relay reads off the wire, without a socket.
@Suite struct PostgresTrafficTests {
  private static func number(_ value: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt32(value).bigEndian, Array.init)
  }

  private static func typed(_ type: Character, _ payload: [UInt8]) -> [UInt8] {
    [type.asciiValue ?? 0] + number(payload.count + 4) + payload
  }

  private static func untyped(_ payload: [UInt8]) -> [UInt8] {
    number(payload.count + 4) + payload
  }

  private static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

  private static let copy = "COPY (SELECT \"a\" FROM \"s\".\"t\" ) TO STDOUT (FORMAT \"binary\");"

  /// A whole conversation, the client's part and the server's alternating.
  private static let conversation: [(isClient: Bool, bytes: [UInt8])] = [
    (true, untyped(number(80_877_103))), (false, [UInt8(ascii: "N")]),
    (true, untyped(number(196_608) + text("user") + text("weir") + [0])),
    (
      false,
      typed("R", number(0)) + typed("K", number(77) + number(88)) + typed("Z", [0x49])
    ),
    (true, typed("P", text("") + text("SELECT /* weir 42 */ 1") + [0, 0]) + typed("S", [])),
    (false, typed("1", []) + typed("Z", [0x54])),
    (true, typed("Q", text(copy))),
    (
      false,
      typed("H", [1, 0, 1, 0, 1]) + typed("d", Array(repeating: 7, count: 19 + 10))
        + typed("d", Array(repeating: 7, count: 12)) + typed("d", [0xFF, 0xFF]) + typed("c", [])
        + typed("C", text("COPY 2")) + typed("Z", [0x54])
    ),
    (true, typed("Q", text("DISCARD ALL"))),
    (
      false,
      typed("E", [0x53] + text("ERROR") + [0x43] + text("25001") + [0x4D] + text("not now") + [0])
        + typed("Z", [0x49])
    ),
  ]

  /// Plays the conversation in pieces of the size.
  private static func play(pieces size: Int) -> (
    events: [PostgresTraffic.Event], exchanges: [PostgresTraffic.Exchange], traffic: PostgresTraffic
  ) {
    var traffic = PostgresTraffic()
    var events: [PostgresTraffic.Event] = []
    var exchanges: [PostgresTraffic.Exchange] = []
    for turn in conversation {
      var rest = turn.bytes[...]
      while !rest.isEmpty {
        let piece = Array(rest.prefix(size))
        rest = rest.dropFirst(size)
        var new: [PostgresTraffic.Event] = []
        piece.withUnsafeBytes { bytes in
          if turn.isClient {
            traffic.sent(bytes) { new.append($0) }
          } else {
            traffic.received(bytes) { new.append($0) }
          }
        }
        if new.contains(.ready), let exchange = traffic.takeExchange() {
          exchanges.append(exchange)
        }
        events += new
      }
    }
    return (events, exchanges, traffic)
  }

  @Test(arguments: [1, 2, 3, 5, 7, 64, 10_000])
  func `statements, rows and errors are found however the bytes are cut`(_ size: Int) {
    let (events, exchanges, traffic) = Self.play(pieces: size)
    #expect(
      events == [
        .asked, .asked, .ready, .claimed(42), .asked, .ready, .asked, .ready, .released, .asked,
        .failed(state: "25001", message: "not now"), .ready,
      ])
    #expect(traffic.processID == 77)
    #expect(traffic.secretKey == 88)
    #expect(exchanges.count == 2)
    #expect(exchanges.first?.query == "SELECT \"a\" FROM \"s\".\"t\"")
    #expect(exchanges.first?.table == "t")
    #expect(exchanges.first?.isScan == true)
    #expect(exchanges.first?.rows == 2)
    // Two rows of 10 and 12 bytes.
    #expect(exchanges.first?.rowBytes == 22)
    #expect(exchanges.last?.isScan == false)
  }

  @Test func `after the server takes up TLS nothing is read into the bytes`() {
    var traffic = PostgresTraffic()
    var events: [PostgresTraffic.Event] = []
    Self.untyped(Self.number(80_877_103)).withUnsafeBytes {
      traffic.sent($0) { events.append($0) }
    }
    [UInt8(ascii: "S")].withUnsafeBytes { traffic.received($0) { events.append($0) } }
    Self.typed("Q", Self.text("SELECT 1")).withUnsafeBytes {
      traffic.sent($0) { events.append($0) }
    }
    #expect(traffic.isOpaque)
    #expect(traffic.exchange == nil)
    #expect(events == [.asked, .asked])
  }

  @Test func `no rows of a COPY are no rows`() {
    var exchange = PostgresTraffic.Exchange(text: Self.copy)
    exchange.messages = 1
    exchange.bytes = 21
    #expect(exchange.rows == 0)
    #expect(exchange.rowBytes == 0)
  }
}
