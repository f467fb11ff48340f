/// Some rows of a result in PostgreSQL's text form: values one behind the other, row by row,
/// in one buffer.
///
/// Cheap to make and to send; `NULL` is distinct from the empty string.
package struct RowBatch: Sendable, Equatable {
  package let columnCount: Int
  package private(set) var rowCount = 0
  private var bytes: [UInt8] = []
  /// Where each value ends in `bytes`; `nil`s are marked by the top bit.
  private var ends: [UInt32] = []

  private static let null: UInt32 = 1 << 31

  package init(columnCount: Int) {
    self.columnCount = columnCount
  }

  package var isEmpty: Bool { rowCount == 0 }
  package var byteCount: Int { bytes.count }

  /// Adds the next value; a row is complete after `columnCount` of them.
  package mutating func append(_ text: String) {
    var text = text
    text.withUTF8 { append($0) }
  }

  package mutating func append(_ utf8: UnsafeBufferPointer<UInt8>) {
    bytes.append(contentsOf: utf8)
    finish(UInt32(truncatingIfNeeded: bytes.count))
  }

  package mutating func appendNull() {
    finish(UInt32(truncatingIfNeeded: bytes.count) | Self.null)
  }

  private mutating func finish(_ end: UInt32) {
    ends.append(end)
    if columnCount > 0 && ends.count % columnCount == 0 { rowCount += 1 }
  }

  /// Calls `body` with the UTF-8 bytes of a value, or with nil for `NULL` or a place outside.
  package func withValue<Result>(
    row: Int, column: Int, _ body: (UnsafeBufferPointer<UInt8>?) throws -> Result
  ) rethrows -> Result {
    let index = row * columnCount + column
    guard row >= 0, row < rowCount, column >= 0, column < columnCount,
      ends[index] & Self.null == 0
    else { return try body(nil) }
    let start = index == 0 ? 0 : Int(ends[index - 1] & ~Self.null)
    let end = Int(ends[index])
    return try bytes.withUnsafeBufferPointer {
      try body(UnsafeBufferPointer(rebasing: $0[start..<end]))
    }
  }

  /// A value's text, or nil for `NULL`.
  package func text(row: Int, column: Int) -> String? {
    withValue(row: row, column: column) { $0.map { String(decoding: $0, as: UTF8.self) } }
  }
}
