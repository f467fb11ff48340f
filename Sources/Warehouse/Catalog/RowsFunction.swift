internal import DuckDB

/// A table function whose rows are made at once, for what is small: settings, faults, events.
enum RowsFunction {
  enum Value: Sendable {
    case null
    case text(String)
    case integer(Int64)
    case double(Double)
    /// Microseconds since 1970-01-01T00:00:00Z.
    case timestamp(Int64)

    init(_ text: String?) { self = text.map(Value.text) ?? .null }
    init(_ value: Int?) { self = value.map { .integer(Int64($0)) } ?? .null }
    init(_ value: Double?) { self = value.map(Value.double) ?? .null }
  }

  /// - Parameter rows: called once for every use in a statement; each row has a value for each
  ///   column, of its type.
  static func make(
    _ name: String, _ columns: [TableColumn], rows: @escaping @Sendable () -> [[Value]]
  ) -> TableFunction {
    TableFunction(name: name, parameters: []) { _ in
      Source(columns: columns, rows: rows())
    }
  }

  private final class Source: TableFunctionSource {
    let columns: [TableColumn]
    let rows: [[Value]]
    var estimatedRowCount: Int? { rows.count }
    let threadsMax = 1

    init(columns: [TableColumn], rows: [[Value]]) {
      self.columns = columns
      self.rows = rows
    }

    func makeWorker(projection: [Int]) -> any TableFunctionWorker {
      Worker(rows: rows, projection: projection)
    }
  }

  private final class Worker: TableFunctionWorker {
    private let rows: [[Value]]
    private let projection: [Int]
    private var next = 0

    init(rows: [[Value]], projection: [Int]) {
      self.rows = rows
      self.projection = projection
    }

    func fill(_ chunk: inout OutputChunk) throws -> Int {
      var row = 0
      while row < chunk.capacity, next < rows.count {
        for (place, column) in projection.enumerated() {
          let value = column < rows[next].count ? rows[next][column] : .null
          switch value {
          case .null: chunk.setNull(column: place, row: row)
          case .text(var text):
            text.withUTF8 { chunk.setStringCopy(column: place, row: row, $0) }
          case .integer(let value): chunk.setInt64(column: place, row: row, value)
          case .double(let value): chunk.setDouble(column: place, row: row, value)
          case .timestamp(let value): chunk.setTimestamp(column: place, row: row, value)
          }
        }
        next += 1
        row += 1
      }
      return row
    }
  }
}
