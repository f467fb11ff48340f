import Core
import NIOCore
import PostgresWire
import Testing

struct BackendEncodingTests {
  private func bytes(_ message: BackendMessage) -> [UInt8] {
    var buffer = ByteBuffer()
    message.encode(into: &buffer)
    return Array(buffer.readableBytesView)
  }

  @Test func `rows keep NULL apart from the empty string`() {
    var batch = RowBatch(columnCount: 2)
    batch.append("")
    batch.appendNull()
    batch.append("ä")
    batch.append("1")
    #expect(
      bytes(.dataRows(batch)) == [0x44, 0, 0, 0, 14, 0, 2, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF]
        + [0x44, 0, 0, 0, 17, 0, 2, 0, 0, 0, 2, 0xC3, 0xA4, 0, 0, 0, 1, 0x31])
  }

  @Test func `a large batch is written piece by piece`() {
    var batch = RowBatch(columnCount: 1)
    for _ in 0..<100 { batch.append(String(repeating: "x", count: 100)) }
    var rows = DataRowEncoder(batch)
    var pieces: [Int] = []
    var isMore = true
    while isMore {
      var buffer = ByteBuffer()
      isMore = rows.encode(into: &buffer, byteCount: 1000)
      pieces.append(buffer.readableBytes)
    }
    // 111 bytes for each row: ten of them pass 1000.
    #expect(pieces == Array(repeating: 1110, count: 10))
  }

  @Test func `columns tell their type, size and text format`() {
    let column = SQLColumn(name: "n", type: .integer)
    let fields: [UInt8] =
      [0x6E, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 23, 0, 4, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0]
    #expect(bytes(.rowDescription([column])) == [0x54, 0, 0, 0, 26, 0, 1] + fields)
  }

  @Test func `an error carries severity, code, message, detail, hint and position`() {
    let error = SQLError("42601", "no\0NUL", detail: "d", hint: "h", position: 8)
    let text = "SERROR\0VERROR\0C42601\0MnoNUL\0Dd\0Hh\0P8\0\0"
    #expect(
      bytes(.error(error, severity: .error)) == [0x45, 0, 0, 0, UInt8(text.utf8.count + 4)]
        + Array(text.utf8))
  }

  @Test func `small messages have their exact bytes`() {
    #expect(bytes(.encryptionRefused) == [0x4E])
    #expect(bytes(.authenticationOk) == [0x52, 0, 0, 0, 8, 0, 0, 0, 0])
    #expect(bytes(.readyForQuery(.failed)) == [0x5A, 0, 0, 0, 5, 0x45])
    #expect(bytes(.emptyQueryResponse) == [0x49, 0, 0, 0, 4])
    #expect(
      bytes(.backendKeyData(processID: 1, secret: [1, 2, 3, 4]))
        == [0x4B, 0, 0, 0, 12, 0, 0, 0, 1, 1, 2, 3, 4])
    #expect(
      bytes(.negotiateProtocolVersion(newest: 196_608, unknownOptions: ["_pq_.a"]))
        == [0x76, 0, 0, 0, 19, 0, 3, 0, 0, 0, 0, 0, 1] + Array("_pq_.a\0".utf8))
  }
}
