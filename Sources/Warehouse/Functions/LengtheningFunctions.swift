internal import Core
internal import DuckDB

/// Functions whose results may be far longer than their arguments: they stop before they fill the
/// memory.
///
/// Source: the page "REPEAT function": a VARCHAR has up to 16,000,000 bytes.
enum LengtheningFunctions {
  private static let bytesMax = 16_000_000
  /// Of the rows that DuckDB computes at once.
  private static let totalMax = 1 << 30

  static let all: [ScalarFunction] = [
    ScalarFunction("weir_repeat", [.varchar, .bigint], to: .varchar) { input, output in
      var room = Room()
      for row in 0..<input.rowCount where input.isValid(row) {
        let count = max(0, Int(clamping: input.int64(1, row)))
        let bytes = input.bytes(0, row)
        let (length, overflow) = bytes.count.multipliedReportingOverflow(by: count)
        try room.take(overflow ? .max : length)
        var text: [UInt8] = []
        text.reserveCapacity(length)
        if !bytes.isEmpty { for _ in 0..<count { text += bytes } }
        output.set(row, bytes: text)
      }
    },
    // Text, letters, what fills it, whether on the left.
    ScalarFunction("weir_pad", [.varchar, .bigint, .varchar, .boolean], to: .varchar) {
      input, output in
      var room = Room()
      for row in 0..<input.rowCount where input.isValid(row) {
        let text = Letters(input.bytes(0, row))
        let fill = Letters(input.bytes(2, row))
        let count = max(0, Int(clamping: input.int64(1, row)))
        guard count > text.count, fill.count > 0 else {
          output.set(row, bytes: Array(text.prefix(count)))
          continue
        }
        let missing = count - text.count
        let (whole, rest) = missing.quotientAndRemainder(dividingBy: fill.count)
        let (length, overflow) = fill.bytes.count.multipliedReportingOverflow(by: whole + 1)
        try room.take(
          overflow ? .max : length.addingReportingOverflow(text.bytes.count).partialValue)
        var padding: [UInt8] = []
        padding.reserveCapacity(length)
        for _ in 0..<whole { padding += fill.bytes }
        padding += fill.prefix(rest)
        output.set(row, bytes: input.bool(3, row) ? padding + text.bytes : text.bytes + padding)
      }
    },
  ]

  private struct Room {
    private var total = 0

    /// - Throws: 54000 for more bytes than a text may have; 53200 for too many in all.
    mutating func take(_ count: Int) throws(SQLError) {
      guard count >= 0, count <= bytesMax else {
        throw SQLError("54000", "requested length too large: a text has up to \(bytesMax) bytes")
      }
      total += count
      guard total <= totalMax else {
        throw SQLError("53200", "out of memory: the texts of \(total) bytes are too long")
      }
    }
  }

  /// A text in UTF-8, by its letters.
  private struct Letters {
    let bytes: [UInt8]
    let count: Int

    init(_ bytes: [UInt8]) {
      self.bytes = bytes
      count = bytes.count { $0 & 0xC0 != 0x80 }
    }

    func prefix(_ letters: Int) -> ArraySlice<UInt8> {
      guard letters < count else { return bytes[...] }
      var left = letters
      for (offset, byte) in bytes.enumerated() where byte & 0xC0 != 0x80 {
        if left == 0 { return bytes[..<offset] }
        left -= 1
      }
      return bytes[...]
    }
  }
}
