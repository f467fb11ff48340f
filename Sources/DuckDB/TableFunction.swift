internal import CDuckDB
internal import Core

/// A function in SQL that returns rows which Swift makes.
package struct TableFunction {
  package enum ColumnType: Hashable, Sendable {
    case boolean, smallint, integer, bigint, double, timestamp, date, varchar, blob
    /// Of up to 18 digits.
    case decimal(width: Int, scale: Int)

    /// The caller destroys it.
    func makeLogicalType() -> duckdb_logical_type? {
      switch self {
      case .boolean: duckdb_create_logical_type(1)
      case .smallint: duckdb_create_logical_type(3)
      case .integer: duckdb_create_logical_type(4)
      case .bigint: duckdb_create_logical_type(5)
      case .double: duckdb_create_logical_type(11)
      case .timestamp: duckdb_create_logical_type(12)
      case .date: duckdb_create_logical_type(13)
      case .varchar: duckdb_create_logical_type(17)
      case .blob: duckdb_create_logical_type(18)
      case .decimal(let width, let scale):
        duckdb_create_decimal_type(UInt8(clamping: width), UInt8(clamping: scale))
      }
    }
  }

  package struct Argument: Sendable {
    /// The value as text; nil for NULL.
    package let string: String?
  }

  package let name: String
  let parameters: [ColumnType]
  let bind: @Sendable ([Argument]) throws -> any TableFunctionSource

  /// - Parameter bind: called once for every use in a statement, on the thread that plans it.
  ///   What it throws fails the statement.
  package init(
    name: String, parameters: [ColumnType],
    bind: @escaping @Sendable ([Argument]) throws -> any TableFunctionSource
  ) {
    self.name = name
    self.parameters = parameters
    self.bind = bind
  }
}

package struct TableColumn: Sendable, Equatable {
  package var name: String
  package var type: TableFunction.ColumnType

  package init(name: String, type: TableFunction.ColumnType) {
    self.name = name
    self.type = type
  }
}

/// One use of a table function in a running statement. It lives until the statement's result is
/// destroyed, and so may hold the memory that `setStringInPlace` points to: DuckDB copies
/// strings when it inserts, sorts, groups or hands out a materialized result.
package protocol TableFunctionSource: AnyObject, Sendable {
  var columns: [TableColumn] { get }
  var estimatedRowCount: Int? { get }
  /// How many workers may run side by side.
  var threadsMax: Int { get }
  /// Called once for each thread.
  ///
  /// - Parameter projection: which columns the statement needs, in the order of the chunk.
  func makeWorker(projection: [Int]) -> any TableFunctionWorker
}

/// The work of one thread.
package protocol TableFunctionWorker: AnyObject {
  /// Fills the chunk from row 0.
  ///
  /// - Returns: rows filled; 0 when this worker has no more.
  func fill(_ chunk: inout OutputChunk) throws -> Int
}

/// Where a worker puts its rows. Columns count within the projection.
package struct OutputChunk: ~Copyable {
  package let capacity: Int
  private let vectors: [duckdb_vector?]
  private let data: [UnsafeMutableRawPointer?]
  /// Of the vectors that have a NULL.
  private var validity: [UnsafeMutablePointer<UInt64>?]

  init(_ chunk: duckdb_data_chunk) {
    capacity = Int(duckdb_vector_size())
    vectors = (0..<duckdb_data_chunk_get_column_count(chunk)).map {
      duckdb_data_chunk_get_vector(chunk, $0)
    }
    data = vectors.map { duckdb_vector_get_data($0) }
    validity = vectors.map { _ in nil }
  }

  package mutating func setInt64(column: Int, row: Int, _ value: Int64) {
    store(value, column, row)
  }

  package mutating func setInt32(column: Int, row: Int, _ value: Int32) {
    store(value, column, row)
  }

  package mutating func setInt16(column: Int, row: Int, _ value: Int16) {
    store(value, column, row)
  }

  /// - Parameters:
  ///   - value: in units of the column's scale.
  ///   - width: the column's, which must not be exceeded.
  package mutating func setDecimal(column: Int, row: Int, _ value: Int64, width: Int) {
    switch width {
    case ...4: store(Int16(truncatingIfNeeded: value), column, row)
    case ...9: store(Int32(truncatingIfNeeded: value), column, row)
    default: store(value, column, row)
    }
  }

  package mutating func setDouble(column: Int, row: Int, _ value: Double) {
    store(value, column, row)
  }

  package mutating func setBool(column: Int, row: Int, _ value: Bool) {
    store(value, column, row)
  }

  /// - Parameter microseconds: since 1970-01-01T00:00:00Z.
  package mutating func setTimestamp(column: Int, row: Int, _ microseconds: Int64) {
    store(microseconds, column, row)
  }

  package mutating func setNull(column: Int, row: Int) {
    if validity[column] == nil {
      duckdb_vector_ensure_validity_writable(vectors[column])
      validity[column] = duckdb_vector_get_validity(vectors[column])
    }
    validity[column]?[row >> 6] &= ~(1 << UInt64(row & 63))
  }

  package mutating func setStringCopy(
    column: Int, row: Int, _ bytes: UnsafeBufferPointer<UInt8>
  ) {
    bytes.withMemoryRebound(to: CChar.self) {
      duckdb_vector_assign_string_element_len(
        vectors[column], idx_t(row), $0.baseAddress, idx_t($0.count))
    }
  }

  /// Lets the value point at `bytes`, without a copy, if they are longer than 12. They must not
  /// move or change before the source is freed. For VARCHAR they must be UTF-8.
  package mutating func setStringInPlace(
    column: Int, row: Int, _ bytes: UnsafeBufferPointer<UInt8>
  ) {
    guard bytes.count <= Int(UInt32.max), let start = bytes.baseAddress,
      let strings = data[column]?.assumingMemoryBound(to: weir_duckdb_string.self)
    else {
      setStringCopy(column: column, row: row, bytes)
      return
    }
    if bytes.count <= 12 {
      // A short value lies where a long one has its first bytes and its pointer.
      let place = UnsafeMutableRawPointer(strings + row)
      place.storeBytes(of: UInt32(bytes.count), as: UInt32.self)
      (place + 4).initializeMemory(as: UInt8.self, repeating: 0, count: 12)
      (place + 4).copyMemory(from: start, byteCount: bytes.count)
      return
    }
    let prefix = UnsafeRawPointer(start).loadUnaligned(as: (CChar, CChar, CChar, CChar).self)
    strings[row] = weir_duckdb_string(
      length: UInt32(bytes.count), prefix: prefix,
      pointer: UnsafeRawPointer(start).assumingMemoryBound(to: CChar.self))
  }

  private func store<Value: BitwiseCopyable>(_ value: Value, _ column: Int, _ row: Int) {
    data[column]?.assumingMemoryBound(to: Value.self)[row] = value
  }
}
