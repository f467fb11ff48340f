import Core
import Testing

@Suite struct ValueTests {
  @Test func `CRC32C gives the value of the specification's check`() {
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.checksum([]) == 0)
    // RFC 3720, B.4: 32 bytes of zeroes.
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
  }

  @Test func `the processor's CRC32C is that of the tables, at every length`() {
    var random = SeededRandom(seed: 5)
    let bytes = (0..<3_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    for count in Array(0...1_100) + [1_535, 1_536, 1_537, 2_304, 3_000] {
      let part = Array(bytes.prefix(count))
      #expect(CRC32C.checksum(part) == CRC32C.portableChecksum(part), "\(count) bytes")
    }
  }

  private static let digests: [(text: String, digest: UInt128)] = [
    ("", 0xD41D_8CD9_8F00_B204_E980_0998_ECF8_427E),
    ("abc", 0x9001_5098_3CD2_4FB0_D696_3F7D_28E1_7F72),
    ("abcdefghijklmnopqrstuvwxyz", 0xC3FC_D3D7_6192_E400_7DFB_496C_CA67_E13B),
    (
      "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
      0x57ED_F4A2_2BE3_C955_AC49_DA2E_2107_B67A
    ),
    (String(repeating: "a", count: 55), 0xEF17_72B6_DFF9_A122_3585_5295_4AD0_DF65),
    (String(repeating: "a", count: 56), 0x3B0C_8AC7_03F8_28B0_4C6C_1970_06D1_7218),
    (String(repeating: "a", count: 64), 0x0148_42D4_80B5_7149_5A4A_0363_793F_7367),
  ]

  /// The values of RFC 1321, and lengths around a block's.
  @Test(arguments: digests)
  func `MD5 gives the values of its specification`(_ text: String, _ expected: UInt128) {
    #expect(Array(text.utf8).withUnsafeBytes { MD5.number($0) } == expected)
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

  @Test func `eight MD5s at once are those of each alone, at every length that fits`() {
    var random = SeededRandom(seed: 9)
    let texts = (0...MD5.Eight.bytesMax).map { count in
      String(
        (0..<count).map { _ in Character(Unicode.Scalar(UInt8.random(in: 32...126, using: &random)))
        })
    }
    for size in 1...8 {
      for start in stride(from: 0, to: texts.count, by: size) {
        let some = Array(texts[start..<min(texts.count, start + size)])
        var eight = MD5.Eight()
        for (place, text) in some.enumerated() { eight.add(text, place: place) }
        var numbers = [UInt128](repeating: 0, count: some.count)
        eight.finish(into: &numbers)
        #expect(numbers == some.map { Array($0.utf8).withUnsafeBytes { MD5.number($0) } })
      }
    }
  }
}
