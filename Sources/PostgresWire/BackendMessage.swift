package import Core
package import NIOCore

/// What a server sends.
package enum BackendMessage: Equatable, Sendable {
  case authenticationOK
  case authenticationMD5(salt: [UInt8])
  case authenticationSASL(mechanisms: [String])
  case authenticationSASLContinue(String)
  case authenticationSASLFinal(String)
  case negotiateVersion(minor: Int32, unknown: [String])
  case parameterStatus(name: String, value: String)
  case backendKey(processID: Int32, secret: Int32)
  case readyForQuery(TransactionStatus)
  case rowDescription([SQLColumn])
  case dataRows(RowBatch)
  case commandComplete(String)
  case emptyQuery
  case error(SQLError, severity: String)
  case notice(SQLNotice)

  package func write(to buffer: inout ByteBuffer) {
    switch self {
    case .authenticationOK: authentication(0, to: &buffer) { _ in }
    case .authenticationMD5(let salt): authentication(5, to: &buffer) { $0.writeBytes(salt) }
    case .authenticationSASL(let mechanisms):
      authentication(10, to: &buffer) { buffer in
        for mechanism in mechanisms { buffer.writeNullTerminatedString(mechanism) }
        buffer.writeInteger(UInt8(0))
      }
    case .authenticationSASLContinue(let text):
      authentication(11, to: &buffer) { $0.writeString(text) }
    case .authenticationSASLFinal(let text):
      authentication(12, to: &buffer) { $0.writeString(text) }
    case .negotiateVersion(let minor, let unknown):
      message("v", to: &buffer) { buffer in
        buffer.writeInteger(minor)
        buffer.writeInteger(Int32(unknown.count))
        for name in unknown { buffer.writeNullTerminatedString(name) }
      }
    case .parameterStatus(let name, let value):
      message("S", to: &buffer) { buffer in
        buffer.writeNullTerminatedString(name)
        buffer.writeNullTerminatedString(value)
      }
    case .backendKey(let process, let secret):
      message("K", to: &buffer) { buffer in
        buffer.writeInteger(process)
        buffer.writeInteger(secret)
      }
    case .readyForQuery(let status):
      message("Z", to: &buffer) { buffer in
        switch status {
        case .idle: buffer.writeInteger(UInt8(ascii: "I"))
        case .inTransaction: buffer.writeInteger(UInt8(ascii: "T"))
        case .failed: buffer.writeInteger(UInt8(ascii: "E"))
        }
      }
    case .rowDescription(let columns): describe(columns, to: &buffer)
    case .dataRows(let batch): write(batch, to: &buffer)
    case .commandComplete(let tag):
      message("C", to: &buffer) { $0.writeNullTerminatedString(tag) }
    case .emptyQuery: message("I", to: &buffer) { _ in }
    case .error(let error, let severity): write(error, severity: severity, to: &buffer)
    case .notice(let notice):
      message("N", to: &buffer) { buffer in
        field("S", notice.severity, to: &buffer)
        field("V", notice.severity, to: &buffer)
        field("C", notice.sqlState, to: &buffer)
        field("M", notice.message, to: &buffer)
        buffer.writeInteger(UInt8(0))
      }
    }
  }

  // MARK: Parts

  private func message(
    _ type: Unicode.Scalar, to buffer: inout ByteBuffer, _ body: (inout ByteBuffer) -> Void
  ) {
    buffer.writeInteger(UInt8(ascii: type))
    let start = buffer.writerIndex
    buffer.writeInteger(Int32(0))
    body(&buffer)
    buffer.setInteger(Int32(buffer.writerIndex - start), at: start)
  }

  private func authentication(
    _ code: Int32, to buffer: inout ByteBuffer, _ body: (inout ByteBuffer) -> Void
  ) {
    message("R", to: &buffer) { buffer in
      buffer.writeInteger(code)
      body(&buffer)
    }
  }

  private func field(_ type: Unicode.Scalar, _ text: String?, to buffer: inout ByteBuffer) {
    guard let text else { return }
    buffer.writeInteger(UInt8(ascii: type))
    buffer.writeNullTerminatedString(text)
  }

  private func write(_ error: SQLError, severity: String, to buffer: inout ByteBuffer) {
    message("E", to: &buffer) { buffer in
      field("S", severity, to: &buffer)
      field("V", severity, to: &buffer)
      field("C", error.sqlState, to: &buffer)
      field("M", error.message, to: &buffer)
      field("D", error.detail, to: &buffer)
      field("H", error.hint, to: &buffer)
      field("P", error.position.map(String.init), to: &buffer)
      buffer.writeInteger(UInt8(0))
    }
  }

  private func describe(_ columns: [SQLColumn], to buffer: inout ByteBuffer) {
    message("T", to: &buffer) { buffer in
      buffer.writeInteger(Int16(clamping: columns.count))
      for column in columns.prefix(Int(Int16.max)) {
        buffer.writeNullTerminatedString(column.name)
        buffer.writeInteger(Int32(0))
        buffer.writeInteger(Int16(0))
        buffer.writeInteger(column.type.oid)
        buffer.writeInteger(column.type.size)
        buffer.writeInteger(Int32(-1))
        buffer.writeInteger(Int16(0))
      }
    }
  }

  private func write(_ batch: RowBatch, to buffer: inout ByteBuffer) {
    buffer.reserveCapacity(
      minimumWritableBytes: batch.byteCount + batch.rowCount * (7 + 4 * batch.columnCount))
    for row in 0..<batch.rowCount {
      message("D", to: &buffer) { buffer in
        buffer.writeInteger(Int16(clamping: batch.columnCount))
        for column in 0..<batch.columnCount {
          batch.withValue(row: row, column: column) { bytes in
            buffer.writeInteger(Int32(bytes?.count ?? -1))
            if let bytes { buffer.writeBytes(bytes) }
          }
        }
      }
    }
  }
}
