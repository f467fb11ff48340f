package import Core
package import NIOCore

extension BackendMessage {
  package func encode(into buffer: inout ByteBuffer) {
    switch self {
    case .encryptionRefused:
      buffer.writeInteger(UInt8(ascii: "N"))
    case .authenticationOk, .authenticationMD5, .authenticationSASL,
      .authenticationSASLContinue, .authenticationSASLFinal, .negotiateProtocolVersion,
      .parameterStatus, .backendKeyData:
      encodeStart(into: &buffer)
    case .readyForQuery(let status):
      buffer.writeMessage("Z") { $0.writeInteger(status.code) }
    case .rowDescription(let columns):
      encode(columns, into: &buffer)
    case .dataRows(let batch):
      var rows = DataRowEncoder(batch)
      while rows.encode(into: &buffer, byteCount: .max) {}
    case .commandComplete(let tag):
      buffer.writeMessage("C") { $0.writeCString(tag) }
    case .emptyQueryResponse:
      buffer.writeMessage("I") { _ in }
    case .error(let error, let severity):
      encode(error, severity, into: &buffer)
    case .notice(let notice):
      buffer.writeMessage("N") {
        $0.writeField("S", notice.severity)
        $0.writeField("V", notice.severity)
        $0.writeField("C", notice.sqlState)
        $0.writeField("M", notice.message)
        $0.writeInteger(UInt8(0))
      }
    }
  }

  private func encodeStart(into buffer: inout ByteBuffer) {
    switch self {
    case .authenticationOk:
      buffer.writeMessage("R") { $0.writeInteger(Int32(0)) }
    case .authenticationMD5(let salt):
      buffer.writeMessage("R") {
        $0.writeInteger(Int32(5))
        $0.writeBytes(salt)
      }
    case .authenticationSASL(let mechanisms):
      buffer.writeMessage("R") {
        $0.writeInteger(Int32(10))
        for mechanism in mechanisms { $0.writeCString(mechanism) }
        $0.writeInteger(UInt8(0))
      }
    case .authenticationSASLContinue(let data):
      buffer.writeMessage("R") {
        $0.writeInteger(Int32(11))
        $0.writeBytes(data)
      }
    case .authenticationSASLFinal(let data):
      buffer.writeMessage("R") {
        $0.writeInteger(Int32(12))
        $0.writeBytes(data)
      }
    case .negotiateProtocolVersion(let newest, let options):
      buffer.writeMessage("v") {
        $0.writeInteger(newest)
        $0.writeInteger(Int32(clamping: options.count))
        for option in options { $0.writeCString(option) }
      }
    case .parameterStatus(let name, let value):
      buffer.writeMessage("S") {
        $0.writeCString(name)
        $0.writeCString(value)
      }
    case .backendKeyData(let processID, let secret):
      buffer.writeMessage("K") {
        $0.writeInteger(processID)
        $0.writeBytes(secret)
      }
    default:
      break
    }
  }

  private func encode(_ columns: [SQLColumn], into buffer: inout ByteBuffer) {
    buffer.writeMessage("T") {
      $0.writeInteger(Int16(clamping: columns.count))
      for column in columns.prefix(Int(Int16.max)) {
        $0.writeCString(column.name)
        $0.writeInteger(UInt32(0))  // no table
        $0.writeInteger(Int16(0))  // no column of it
        $0.writeInteger(column.type.oid)
        $0.writeInteger(column.type.size)
        $0.writeInteger(Int32(-1))  // no modifier
        $0.writeInteger(Int16(0))  // text
      }
    }
  }

  private func encode(
    _ error: SQLError, _ severity: Severity, into buffer: inout ByteBuffer
  ) {
    buffer.writeMessage("E") {
      $0.writeField("S", severity.rawValue)
      $0.writeField("V", severity.rawValue)
      $0.writeField("C", error.sqlState)
      $0.writeField("M", error.message)
      if let detail = error.detail { $0.writeField("D", detail) }
      if let hint = error.hint { $0.writeField("H", hint) }
      if let position = error.position, position > 0 { $0.writeField("P", String(position)) }
      $0.writeInteger(UInt8(0))
    }
  }
}

/// Writes a batch as DataRow messages, piece by piece, so that a large batch need not be in
/// memory twice.
package struct DataRowEncoder {
  private let batch: RowBatch
  private var row = 0

  package init(_ batch: RowBatch) {
    self.batch = batch
  }

  /// Writes whole rows until `buffer` holds `byteCount` bytes or more.
  ///
  /// - Returns: whether rows are left.
  package mutating func encode(into buffer: inout ByteBuffer, byteCount: Int) -> Bool {
    while row < batch.rowCount, buffer.readableBytes < byteCount {
      encodeRow(into: &buffer)
      row += 1
    }
    return row < batch.rowCount
  }

  /// Rows are most of what a server sends, so they are written straight into the buffer's
  /// memory: their length is known beforehand.
  private func encodeRow(into buffer: inout ByteBuffer) {
    let columnCount = min(batch.columnCount, Int(Int16.max))
    var length = 6
    for column in 0..<columnCount {
      length += 4 + batch.withValue(row: row, column: column) { $0?.count ?? 0 }
    }
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 1 + length) { out in
      out[0] = UInt8(ascii: "D")
      out.storeBytes(of: Int32(clamping: length).bigEndian, toByteOffset: 1, as: Int32.self)
      out.storeBytes(of: Int16(clamping: columnCount).bigEndian, toByteOffset: 5, as: Int16.self)
      var offset = 7
      for column in 0..<columnCount {
        batch.withValue(row: row, column: column) { value in
          let count = value.map { Int32(clamping: $0.count) } ?? -1
          out.storeBytes(of: count.bigEndian, toByteOffset: offset, as: Int32.self)
          offset += 4
          guard let value else { return }
          UnsafeMutableRawBufferPointer(rebasing: out[offset...])
            .copyMemory(from: UnsafeRawBufferPointer(value))
          offset += value.count
        }
      }
      return offset
    }
  }
}

extension TransactionStatus {
  fileprivate var code: UInt8 {
    switch self {
    case .idle: UInt8(ascii: "I")
    case .inTransaction: UInt8(ascii: "T")
    case .failed: UInt8(ascii: "E")
    }
  }
}

extension ByteBuffer {
  /// Writes a message's type, the length (known once `body` has written), and the body.
  fileprivate mutating func writeMessage(
    _ type: Unicode.Scalar, _ body: (inout ByteBuffer) -> Void
  ) {
    writeInteger(UInt8(ascii: type))
    let lengthIndex = writerIndex
    writeInteger(Int32(0))
    body(&self)
    setInteger(Int32(clamping: writerIndex - lengthIndex), at: lengthIndex)
  }

  /// Text and a NUL. A NUL in the text would end it early and shift all that follows, so it
  /// is left out.
  fileprivate mutating func writeCString(_ text: String) {
    if text.utf8.contains(0) {
      writeBytes(text.utf8.lazy.filter { $0 != 0 })
    } else {
      writeString(text)
    }
    writeInteger(UInt8(0))
  }

  fileprivate mutating func writeField(_ code: Unicode.Scalar, _ text: String) {
    writeInteger(UInt8(ascii: code))
    writeCString(text)
  }
}
