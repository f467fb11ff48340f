import Core
import Testing

@Suite struct ValueTests {
  @Test func `CRC32C gives the value of the specification's check`() {
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.checksum([]) == 0)
    // RFC 3720, B.4: 32 bytes of zeroes.
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
  }

  @Test func `a batch keeps NULL and the empty string apart`() {
    var batch = RowBatch(columnCount: 2)
    batch.append("")
    batch.appendNull()
    batch.append("b")
    batch.append("c")
    #expect(batch.rowCount == 2)
    #expect(batch.text(row: 0, column: 0) == "")
    #expect(batch.text(row: 0, column: 1) == nil)
    #expect(batch.text(row: 1, column: 1) == "c")
    #expect(batch.text(row: 2, column: 0) == nil)
  }

  @Test func `an error points at its place`() {
    let text = "SELECT 1;\nSELECT é FORM t"
    let error = SQLError("42601", "syntax error at or near \"t\"", position: 25)
    #expect(error.place(in: text)?.line == 2)
    #expect(error.place(in: text)?.column == 15)
    #expect(
      error.report(for: text) == """
        ERROR:  42601: syntax error at or near "t" (line 2, column 15)
        LINE 2: SELECT é FORM t
                              ^
        """)
  }

  @Test func `a seed gives the same numbers every time`() {
    var first = SeededRandom(seed: 7)
    var second = SeededRandom(seed: 7)
    #expect((0..<10).map { _ in first.next() } == (0..<10).map { _ in second.next() })
  }
}
