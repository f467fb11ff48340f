internal import DuckDB
internal import StreamLog

/// The table function `weir_stream_ends()`: how much is in every shard right now, which lag is
/// measured against.
enum StreamEndsFunction {
  static func make(log: StreamLog) -> TableFunction {
    TableFunction(name: "weir_stream_ends", parameters: []) { _ in
      StreamEndsSource(
        streams: log.streamNames().compactMap { try? log.summary(of: $0) })
    }
  }
}

private final class StreamEndsSource: TableFunctionSource {
  let rows: [(stream: StreamSummary, shard: ShardSummary)]

  init(streams: [StreamSummary]) {
    rows = streams.flatMap { stream in stream.shards.map { (stream, $0) } }
  }

  let columns = [
    TableColumn(name: "stream_name", type: .varchar),
    TableColumn(name: "stream_id", type: .varchar),
    TableColumn(name: "shard_index", type: .integer),
    TableColumn(name: "next_ordinal", type: .bigint),
    TableColumn(name: "bytes", type: .bigint),
  ]
  var estimatedRowCount: Int? { rows.count }
  var threadsMax: Int { 1 }

  func makeWorker(projection: [Int]) -> any TableFunctionWorker {
    StreamEndsWorker(source: self, projection: projection)
  }
}

private final class StreamEndsWorker: TableFunctionWorker {
  private let source: StreamEndsSource
  private let projection: [Int]
  private var next = 0

  init(source: StreamEndsSource, projection: [Int]) {
    self.source = source
    self.projection = projection
  }

  func fill(_ chunk: inout OutputChunk) throws -> Int {
    var row = 0
    while row < chunk.capacity, next < source.rows.count {
      let (stream, shard) = source.rows[next]
      for (place, column) in projection.enumerated() {
        switch column {
        case 0: set(stream.name, place, row, &chunk)
        case 1: set(stream.id, place, row, &chunk)
        case 2: chunk.setInt32(column: place, row: row, Int32(clamping: shard.id.index))
        case 3: chunk.setInt64(column: place, row: row, Int64(clamping: shard.recordCount))
        default: chunk.setInt64(column: place, row: row, Int64(clamping: shard.byteCount))
        }
      }
      next += 1
      row += 1
    }
    return row
  }

  private func set(_ text: String, _ place: Int, _ row: Int, _ chunk: inout OutputChunk) {
    var text = text
    text.withUTF8 { chunk.setStringCopy(column: place, row: row, $0) }
  }
}
