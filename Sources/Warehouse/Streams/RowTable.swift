internal import Core
internal import DuckDB

/// A small table that Swift has in memory, for a table function to return.
final class RowTable: TableFunctionSource {
  enum Cell: Sendable {
    case text(String)
    case integer(Int)
    case bigint(UInt64)
    case double(Double)
    case time(Timestamp)
    case flag(Bool)
    case null

    static func text(_ value: (some CustomStringConvertible)?) -> Cell {
      value.map { .text($0.description) } ?? .null
    }

    static func time(optional value: Timestamp?) -> Cell { value.map(Cell.time) ?? .null }
  }

  let columns: [TableColumn]
  fileprivate let rows: [[Cell]]

  /// - Parameter rows: each with one cell for each column, of the column's type or NULL.
  init(_ columns: [(name: String, type: TableFunction.ColumnType)], rows: [[Cell]]) {
    self.columns = columns.map { TableColumn(name: $0.name, type: $0.type) }
    self.rows = rows
  }

  var estimatedRowCount: Int? { rows.count }
  var threadsMax: Int { 1 }

  func makeWorker(projection: [Int]) -> any TableFunctionWorker {
    Worker(rows: rows, projection: projection)
  }

  private final class Worker: TableFunctionWorker {
    private let rows: [[Cell]]
    private let projection: [Int]
    private var next = 0

    init(rows: [[Cell]], projection: [Int]) {
      self.rows = rows
      self.projection = projection
    }

    func fill(_ chunk: inout OutputChunk) throws -> Int {
      var row = 0
      while row < chunk.capacity, next < rows.count {
        for (place, column) in projection.enumerated() where rows[next].indices.contains(column) {
          write(rows[next][column], place, row, &chunk)
        }
        next += 1
        row += 1
      }
      return row
    }

    private func write(_ cell: Cell, _ place: Int, _ row: Int, _ chunk: inout OutputChunk) {
      switch cell {
      case .text(var text):
        text.withUTF8 { chunk.setStringCopy(column: place, row: row, $0) }
      case .integer(let value):
        chunk.setInt32(column: place, row: row, Int32(clamping: value))
      case .bigint(let value):
        chunk.setInt64(column: place, row: row, Int64(clamping: value))
      case .double(let value): chunk.setDouble(column: place, row: row, value)
      case .time(let time): chunk.setTimestamp(column: place, row: row, time.microseconds)
      case .flag(let value): chunk.setBool(column: place, row: row, value)
      case .null: chunk.setNull(column: place, row: row)
      }
    }
  }
}
