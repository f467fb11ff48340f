internal import Core
internal import DuckDB
internal import StreamLog

extension StreamProcedures {
  private static let recordsMax = 1_000
  private static let bytesShown = 8_192
  /// Bytes of data in one answer.
  private static let answerBytesMax = 8 << 20

  /// The newest records of a shard, without a scan of all that came before.
  static func peek(_ log: StreamLog) -> Procedure {
    let queue = BlockingQueue(label: "weir.peek")
    return Procedure(
      "peek_shard",
      [
        .init("stream", .text), .init("shard", .text),
        .init("records", .integer, isOptional: true),
      ],
      summary: "The newest records of a shard, the newest first; long data is cut"
    ) { arguments in
      let count = arguments.integer("records") ?? 20
      guard (1...recordsMax).contains(count) else {
        throw arguments.error("records", "from 1 to \(recordsMax) records can be shown")
      }
      let (name, shard) = try target(arguments, log)
      let found: Newest
      do {
        found = try await queue.run { try newest(count, of: shard, in: name, log) }
      } catch let error as StreamLogError {
        throw error.sqlError
      }
      var notices: [String] = []
      if found.isCut {
        notices = [
          "the newest \(found.records.count) of \(count) records: more than "
            + "\(answerBytesMax >> 20) MB of data are not read at a time"
        ]
      }
      return ProcedureOutcome(
        columns: columns, rows: found.records.map(row), notices: notices)
    }
  }

  private struct Newest: Sendable {
    /// The newest first.
    var records: [StoredRecord]
    /// There are more, which were asked for, and together are too large.
    var isCut = false
  }

  /// Blocking: reads files.
  private static func newest(
    _ count: Int, of shard: ShardSummary, in stream: String, _ log: StreamLog
  ) throws(StreamLogError) -> Newest {
    let end = shard.recordCount
    let start = end - min(end, UInt64(count))
    let read = try log.read(
      stream: stream, shard: shard.id, from: start, recordsMax: count, bytesMax: answerBytesMax)
    if read.next >= end { return Newest(records: read.records.reversed()) }
    // Read forward, the newest are what does not fit: so from the end, one by one.
    var found = Newest(records: [])
    var bytes = 0
    for ordinal in (start..<end).reversed() {
      let one = try log.read(
        stream: stream, shard: shard.id, from: ordinal, recordsMax: 1, bytesMax: answerBytesMax,
        isMetered: false)
      // A read from before the oldest record that is kept comes out behind it.
      guard let record = one.records.first, one.next == ordinal + 1 else { break }
      bytes += record.data.count
      guard bytes <= answerBytesMax || found.records.isEmpty else {
        found.isCut = true
        break
      }
      found.records.append(record)
    }
    return found
  }

  private static let columns = [
    SQLColumn(name: "sequence_number", type: .varchar),
    SQLColumn(name: "approximate_arrival_timestamp", type: .timestamp),
    SQLColumn(name: "partition_key", type: .varchar), SQLColumn(name: "bytes", type: .bigint),
    SQLColumn(name: "data", type: .varchar),
  ]

  private static func row(_ record: StoredRecord) -> [String?] {
    [
      "\(record.sequence)", record.arrivedAt.postgresText, record.partitionKey,
      "\(record.data.count)",
      text(record.data.prefix(bytesShown)) + (record.data.count > bytesShown ? "…" : ""),
    ]
  }

  /// UTF-8 as it is; bytes that are none, and NUL, as `\x1F`.
  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    var result = ""
    var decoder = UTF8()
    var iterator = bytes.makeIterator()
    var rest = bytes
    while true {
      switch decoder.decode(&iterator) {
      case .scalarValue(let scalar):
        let length = UTF8.width(scalar)
        result.unicodeScalars.append(contentsOf: scalar.value == 0 ? hex(0) : [scalar])
        rest = rest.dropFirst(length)
      case .emptyInput: return result
      case .error:
        // What could not be decoded is told byte by byte; decoding goes on behind the first.
        guard let first = rest.first else { return result }
        result.unicodeScalars.append(contentsOf: hex(first))
        rest = rest.dropFirst()
        iterator = rest.makeIterator()
        decoder = UTF8()
      }
    }
  }

  private static func hex(_ byte: UInt8) -> [Unicode.Scalar] {
    let digits = Array("0123456789ABCDEF".unicodeScalars)
    return ["\\", "x", digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  }
}
