internal import Core
internal import DuckDB
internal import StreamLog
internal import Synchronization

/// The table function `stream_scan(name)`: the records of a stream as rows, read in place.
///
/// `name` is a stream (all its durable records) or a batch of the registry (`@17`). Its columns
/// are those of Redshift's external stream relation, then three of our own: `weir_text` (the
/// data as text; a record that is not UTF-8 is skipped and noted in the batch), `weir_shard` and
/// `weir_ordinal`. A batch that finds fields has them too (`FieldPaths`), and `weir_is_json`.
enum StreamScanFunction {
  enum Column: Int, CaseIterable {
    case arrival, partitionKey, shardID, sequence, refreshTime, data, text, shard, ordinal
  }

  /// What `SELECT *` from a stream means.
  static let publicColumns = [
    "approximate_arrival_timestamp", "partition_key", "shard_id", "sequence_number",
    "refresh_time", "kinesis_data",
  ]
  static let textColumn = "weir_text"
  static let shardColumn = "weir_shard"
  static let ordinalColumn = "weir_ordinal"
  static let isJSONColumn = "weir_is_json"

  static let columns = [
    TableColumn(name: publicColumns[0], type: .timestamp),
    TableColumn(name: publicColumns[1], type: .varchar),
    TableColumn(name: publicColumns[2], type: .varchar),
    TableColumn(name: publicColumns[3], type: .varchar),
    TableColumn(name: publicColumns[4], type: .timestamp),
    TableColumn(name: publicColumns[5], type: .blob),
    TableColumn(name: textColumn, type: .varchar),
    TableColumn(name: shardColumn, type: .bigint),
    TableColumn(name: ordinalColumn, type: .bigint),
  ]

  static func make(log: StreamLog, registry: ScanRegistry, clock: any WallClock) -> TableFunction {
    TableFunction(name: "stream_scan", parameters: [.varchar]) { arguments in
      guard let name = arguments.first?.string else {
        throw SQLError("22023", "stream_scan needs the name of a stream")
      }
      if let batch = registry.batch(named: name) { return StreamScanSource(batch: batch) }
      do throws(StreamLogError) {
        let scan = try log.scan(
          stream: name, from: [:], bytesMax: .max, holdsBackChildren: false)
        return StreamScanSource(batch: ScanBatch(scan: scan, startedAt: clock.now()))
      } catch {
        throw error.sqlError
      }
    }
  }
}

/// One call of `stream_scan`: hands its slices out to the worker threads.
final class StreamScanSource: TableFunctionSource {
  let batch: ScanBatch
  let fields: FieldPaths?
  private let nextSlice = Atomic<Int>(0)

  init(batch: ScanBatch) {
    self.batch = batch
    fields = batch.wantedFields
  }

  var columns: [TableColumn] {
    guard let fields else { return StreamScanFunction.columns }
    return StreamScanFunction.columns
      + fields.columns.map { TableColumn(name: $0.name, type: $0.type) }
      + [TableColumn(name: StreamScanFunction.isJSONColumn, type: .boolean)]
  }
  var estimatedRowCount: Int? { batch.scan.recordCount }
  var threadsMax: Int { max(1, min(batch.scan.slices.count, batch.threadsMax ?? .max)) }

  func makeWorker(projection: [Int]) -> any TableFunctionWorker {
    StreamScanWorker(source: self, projection: projection)
  }

  func takeSlice() -> ScanSlice? {
    let index = nextSlice.wrappingAdd(1, ordering: .relaxed).oldValue
    return index < batch.scan.slices.count ? batch.scan.slices[index] : nil
  }
}

/// One thread's part of a scan.
final class StreamScanWorker: TableFunctionWorker {
  private let source: StreamScanSource
  /// The columns that the query needs, with the place each has in the chunk.
  private let projection: [(place: Int, column: StreamScanFunction.Column)]
  /// Nil if the query needs no fields.
  private let fields: FieldWriter?
  private let needsText: Bool
  /// Whether the record's data is text, if the query needs it.
  private var isText = true
  private var slice: ScanSlice?
  private var cursor: RecordCursor?
  private var shardName: [UInt8] = []
  private var tally = ScanBatch.ShardTally()
  private var last: RecordView?
  private var skipped: [ScanBatch.Skipped] = []

  init(source: StreamScanSource, projection: [Int]) {
    self.source = source
    self.projection = projection.enumerated().compactMap { place, index in
      StreamScanFunction.Column(rawValue: index).map { (place, $0) }
    }
    needsText = self.projection.contains { $0.column == .text }
    fields = FieldWriter(
      source.fields,
      projection: projection.enumerated().compactMap { place, index in
        let column = index - StreamScanFunction.Column.allCases.count
        return column >= 0 ? (place, column) : nil
      })
  }

  func fill(_ chunk: inout OutputChunk) throws -> Int {
    var row = 0
    while row < chunk.capacity {
      guard let record = try nextRecord() else {
        guard try advance() else { break }
        continue
      }
      last = record
      tally.rows += 1
      tally.bytes += record.data.count
      tally.oldest = min(tally.oldest ?? record.arrivedAt, record.arrivedAt)
      tally.newest = max(tally.newest ?? record.arrivedAt, record.arrivedAt)
      isText = !needsText || isUTF8(record.data)
      if !isText, !source.batch.passesOnlyJSON {
        skip(record, reason: "data is not valid UTF-8")
        continue
      }
      if let fields { try write(fields, of: record, row: row, to: &chunk) }
      write(record, row: row, to: &chunk)
      row += 1
    }
    return row
  }

  /// - Throws: `SQLError` for a record that the scanner cannot read, after the batch gave up.
  private func write(
    _ fields: FieldWriter, of record: RecordView, row: Int, to chunk: inout OutputChunk
  ) throws {
    let scanner = fields.scanner
    let isJSON = scanner.run(record.data)
    guard isJSON || (scanner.paths.skipsInvalid && scanner.isInvalid) else {
      source.batch.giveUpFields()
      throw SQLError("22P02", "a record that is no plain JSON")
    }
    fields.write(isJSON: isJSON, row: row, to: &chunk)
  }

  private func nextRecord() throws -> RecordView? {
    do throws(StreamLogError) {
      return try cursor?.next()
    } catch {
      throw error.sqlError
    }
  }

  /// Goes on to the next slice that no other worker took; false when there is none.
  private func advance() throws -> Bool {
    finishSlice()
    guard let next = source.takeSlice() else { return false }
    slice = next
    do throws(StreamLogError) {
      cursor = try next.makeCursor()
    } catch {
      throw error.sqlError
    }
    shardName = Array(next.shard.description.utf8)
    return true
  }

  private func finishSlice() {
    guard let slice else { return }
    tally.last = last?.sequence
    last = nil
    source.batch.add(tally, of: slice.shard, skipped: skipped)
    tally = ScanBatch.ShardTally()
    skipped = []
    self.slice = nil
    cursor = nil
  }

  private func skip(_ record: RecordView, reason: String) {
    guard let slice else { return }
    skipped.append(
      ScanBatch.Skipped(
        shard: slice.shard, ordinal: record.ordinal, sequence: record.sequence,
        arrivedAt: record.arrivedAt, reason: reason))
  }

  private func write(_ record: RecordView, row: Int, to chunk: inout OutputChunk) {
    for (place, column) in projection {
      switch column {
      case .arrival: chunk.setTimestamp(column: place, row: row, record.arrivedAt.microseconds)
      case .partitionKey: chunk.setStringInPlace(column: place, row: row, record.partitionKey)
      case .shardID:
        shardName.withUnsafeBufferPointer {
          chunk.setStringCopy(column: place, row: row, $0)
        }
      case .sequence:
        var digits = record.sequence.description
        digits.withUTF8 { chunk.setStringCopy(column: place, row: row, $0) }
      case .refreshTime:
        chunk.setTimestamp(column: place, row: row, source.batch.startedAt.microseconds)
      case .text where !isText:
        chunk.setStringInPlace(column: place, row: row, UnsafeBufferPointer(start: nil, count: 0))
      case .data, .text: chunk.setStringInPlace(column: place, row: row, record.data)
      case .shard:
        chunk.setInt64(column: place, row: row, Int64(slice?.shard.index ?? 0))
      case .ordinal:
        chunk.setInt64(column: place, row: row, Int64(clamping: record.ordinal))
      }
    }
  }
}

/// Whether the bytes are text: DuckDB takes that for granted of a VARCHAR.
private func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
  let span = unsafe Span(_unsafeElements: bytes)
  return (try? UTF8Span(validating: span)) != nil
}
