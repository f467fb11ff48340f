package import Core

/// A record as it is read back: it stays where it lies in its segment, until it is asked for.
package struct StoredRecord: Sendable, Equatable {
  private enum Content: Sendable {
    case copied(key: String, data: [UInt8])
    case inPlace(SliceMemory, offset: Int, keySize: Int, dataSize: Int)
  }

  package let sequence: SequenceNumber
  package let arrivedAt: Timestamp
  private let content: Content

  package init(
    sequence: SequenceNumber, arrivedAt: Timestamp, partitionKey: String, data: [UInt8]
  ) {
    self.sequence = sequence
    self.arrivedAt = arrivedAt
    content = .copied(key: partitionKey, data: data)
  }

  /// - Parameter offset: of the record's header, which is whole.
  init(
    sequence: SequenceNumber, header: RecordFormat.Header, at offset: Int, in memory: SliceMemory
  ) {
    self.sequence = sequence
    arrivedAt = Timestamp(microseconds: header.arrivedAt)
    content = .inPlace(
      memory, offset: offset + RecordFormat.headerSize, keySize: header.keySize,
      dataSize: header.dataSize)
  }

  /// A copy.
  package var partitionKey: String {
    switch content {
    case .copied(let key, _): key
    case .inPlace(let memory, let offset, let size, _):
      String(
        decoding: UnsafeRawBufferPointer(start: memory.mapping.base + offset, count: size),
        as: UTF8.self)
    }
  }

  /// A copy; `withData` has none.
  package var data: [UInt8] { withData { Array($0) } }

  package var dataCount: Int {
    switch content {
    case .copied(_, let data): data.count
    case .inPlace(_, _, _, let size): size
    }
  }

  /// Data and partition key, as limits count them.
  package var byteCount: Int {
    switch content {
    case .copied(let key, let data): key.utf8.count + data.count
    case .inPlace(_, _, let keySize, let dataSize): keySize + dataSize
    }
  }

  /// Shows the data where it lies, while `body` runs.
  package func withData<Value, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    switch content {
    case .copied(_, let data):
      let result = data.withUnsafeBytes { bytes in
        Result { () throws(Failure) in try body(bytes) }
      }
      return try result.get()
    case .inPlace(let memory, let offset, let keySize, let size):
      return try body(
        UnsafeRawBufferPointer(start: memory.mapping.base + offset + keySize, count: size))
    }
  }

  package static func == (left: StoredRecord, right: StoredRecord) -> Bool {
    left.sequence == right.sequence && left.arrivedAt == right.arrivedAt
      && left.partitionKey == right.partitionKey && left.data == right.data
  }
}
