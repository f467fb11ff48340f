internal import CDuckDB
internal import Core

/// A function in SQL that makes one value of others, in Swift.
///
/// Unless it is volatile it must give the same value for the same arguments: DuckDB folds calls
/// with constants.
package struct ScalarFunction: Sendable {
  package enum ValueType: Int32, Sendable {
    case boolean = 1
    case smallint = 3
    case integer = 4
    case bigint = 5
    case double = 11
    case timestamp = 12
    case date = 13
    case time = 14
    case interval = 15
    case hugeint = 16
    case varchar = 17
    case blob = 18
    case timeTZ = 30
    case timestampTZ = 31
    /// Of a parameter: whatever it is called with.
    case any = 34
    /// The type of NULL alone, which any other takes in.
    case null = 36
  }

  package let name: String
  let parameters: [ValueType]
  /// Of any further arguments; nil: there are none.
  let furtherParameters: ValueType?
  let result: ValueType
  /// Whether rows with a NULL among their arguments are `run` too; else their value is NULL.
  let seesNulls: Bool
  /// Whether it does something, so that it is to run for each row, and for none before.
  let isVolatile: Bool
  let run: @Sendable (borrowing ScalarInput, inout ScalarOutput) throws -> Void

  /// - Parameter run: fills up to 2,048 rows. What it throws fails the statement; of a `SQLError`
  ///   the state goes with the message.
  package init(
    _ name: String, _ parameters: [ValueType], further: ValueType? = nil, to result: ValueType,
    seesNulls: Bool = false, isVolatile: Bool = false,
    run: @escaping @Sendable (borrowing ScalarInput, inout ScalarOutput) throws -> Void
  ) {
    self.name = name
    self.parameters = parameters
    furtherParameters = further
    self.result = result
    self.seesNulls = seesNulls
    self.isVolatile = isVolatile
    self.run = run
  }

  /// A function of text that gives text, row by row.
  package static func text(
    _ name: String, _ parameters: [ValueType], further: ValueType? = nil,
    _ body: @escaping @Sendable (borrowing ScalarInput, Int) throws -> String?
  ) -> ScalarFunction {
    ScalarFunction(name, parameters, further: further, to: .varchar) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        output.set(row, try body(input, row))
      }
    }
  }

  /// A function that gives a whole number, row by row.
  package static func int64(
    _ name: String, _ parameters: [ValueType], further: ValueType? = nil,
    _ body: @escaping @Sendable (borrowing ScalarInput, Int) throws -> Int64?
  ) -> ScalarFunction {
    ScalarFunction(name, parameters, further: further, to: .bigint) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        output.set(row, try body(input, row))
      }
    }
  }
}

/// The arguments of some rows. Valid within `run`.
package struct ScalarInput: ~Copyable {
  package let rowCount: Int
  package var columnCount: Int { vectors.count }
  private let vectors: [duckdb_vector?]
  fileprivate let data: [UnsafeMutableRawPointer?]
  private let validity: [UnsafeMutablePointer<UInt64>?]

  init(_ chunk: duckdb_data_chunk) {
    rowCount = Int(duckdb_data_chunk_get_size(chunk))
    vectors = (0..<duckdb_data_chunk_get_column_count(chunk)).map {
      duckdb_data_chunk_get_vector(chunk, $0)
    }
    data = vectors.map { duckdb_vector_get_data($0) }
    validity = vectors.map { duckdb_vector_get_validity($0) }
  }

  /// Whether no argument of the row is NULL.
  package func isValid(_ row: Int) -> Bool {
    for mask in validity {
      if let mask, mask[row >> 6] & (1 << UInt64(row & 63)) == 0 { return false }
    }
    return true
  }

  package func isNull(_ column: Int, _ row: Int) -> Bool {
    guard let mask = validity[column] else { return false }
    return mask[row >> 6] & (1 << UInt64(row & 63)) == 0
  }

  package func withBytes<Value>(
    _ column: Int, _ row: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Value
  ) rethrows -> Value {
    guard let data = data[column] else {
      return try body(UnsafeBufferPointer(start: nil, count: 0))
    }
    let base = UnsafeRawPointer(data) + row * MemoryLayout<weir_duckdb_string>.size
    let length = Int(base.load(as: UInt32.self))
    let start =
      length <= 12 ? base + 4 : base.load(fromByteOffset: 8, as: UnsafeRawPointer.self)
    return try body(
      UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: length))
  }

  package func string(_ column: Int, _ row: Int) -> String {
    withBytes(column, row) { String(decoding: $0, as: UTF8.self) }
  }

  package func bytes(_ column: Int, _ row: Int) -> [UInt8] {
    withBytes(column, row) { Array($0) }
  }

  /// Of `.bigint`, `.timestamp` and `.time` (microseconds).
  package func int64(_ column: Int, _ row: Int) -> Int64 { load(column, row, 0) }
  package func int16(_ column: Int, _ row: Int) -> Int16 { load(column, row, 0) }
  /// Of `.integer` and `.date` (days since 1970).
  package func int32(_ column: Int, _ row: Int) -> Int32 { load(column, row, 0) }
  package func double(_ column: Int, _ row: Int) -> Double { load(column, row, 0) }
  package func bool(_ column: Int, _ row: Int) -> Bool { load(column, row, false) }

  /// How many bytes the whole numbers, or the digits of DECIMALs, of a column of any type have; 0
  /// for another type.
  package func digitWidth(_ column: Int) -> Int {
    guard let vector = vectors[column] else { return 0 }
    switch LogicalType(duckdb_vector_get_column_type(vector)) {
    case .tinyint: return 1
    case .smallint, .decimal(_, storage: 3): return 2
    case .integer, .decimal(_, storage: 4): return 4
    case .bigint, .decimal(_, storage: 5): return 8
    case .hugeint, .decimal(_, storage: 16): return 16
    default: return 0
    }
  }

  /// A whole number, or the digits of a DECIMAL without the point.
  /// - Parameter width: the column's `digitWidth`.
  package func digits(_ column: Int, _ row: Int, width: Int) -> Int128 {
    switch width {
    case 1: return Int128(load(column, row, Int8(0)))
    case 2: return Int128(load(column, row, Int16(0)))
    case 4: return Int128(load(column, row, Int32(0)))
    case 8: return Int128(load(column, row, Int64(0)))
    case 16:
      let value: duckdb_hugeint = load(column, row, duckdb_hugeint())
      return Int128(value.upper) << 64 | Int128(value.lower)
    default: return 0
    }
  }

  package func interval(_ column: Int, _ row: Int) -> (
    months: Int32, days: Int32, microseconds: Int64
  ) {
    let value: duckdb_interval = load(column, row, duckdb_interval())
    return (value.months, value.days, value.micros)
  }

  private func load<Value: BitwiseCopyable>(_ column: Int, _ row: Int, _ none: Value) -> Value {
    data[column]?.assumingMemoryBound(to: Value.self)[row] ?? none
  }
}

/// The values of some rows: NULL until they are set.
package struct ScalarOutput: ~Copyable {
  private let vector: duckdb_vector?
  private let data: UnsafeMutableRawPointer?
  private let validity: UnsafeMutablePointer<UInt64>?

  init(_ vector: duckdb_vector?, rowCount: Int) {
    self.vector = vector
    data = duckdb_vector_get_data(vector)
    duckdb_vector_ensure_validity_writable(vector)
    validity = duckdb_vector_get_validity(vector)
    guard let validity else { return }
    for word in 0..<((rowCount + 63) >> 6) { validity[word] = 0 }
  }

  private func mark(_ row: Int) { validity?[row >> 6] |= 1 << UInt64(row & 63) }

  private func store<Value: BitwiseCopyable>(_ row: Int, _ value: Value) {
    data?.assumingMemoryBound(to: Value.self)[row] = value
    mark(row)
  }

  package mutating func set(_ row: Int, _ value: String?) {
    guard var value else { return }
    value.withUTF8 { setBytes(row, $0) }
  }

  package mutating func set(_ row: Int, bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { setBytes(row, $0) }
  }

  private mutating func setBytes(_ row: Int, _ bytes: UnsafeBufferPointer<UInt8>) {
    bytes.withMemoryRebound(to: CChar.self) {
      duckdb_vector_assign_string_element_len(vector, idx_t(row), $0.baseAddress, idx_t($0.count))
    }
    mark(row)
  }

  package mutating func set(_ row: Int, _ value: Int64?) {
    if let value { store(row, value) }
  }

  package mutating func set(_ row: Int, hugeint value: Int128) {
    store(
      row,
      duckdb_hugeint(
        lower: UInt64(truncatingIfNeeded: value), upper: Int64(truncatingIfNeeded: value >> 64)))
  }

  package mutating func set(_ row: Int, int32 value: Int32?) {
    if let value { store(row, value) }
  }

  /// The value of another vector of the same fixed size.
  package mutating func copy(
    _ row: Int, from input: borrowing ScalarInput, column: Int, size: Int
  ) {
    guard let data, let source = input.data[column] else { return }
    (data + row * size).copyMemory(from: source + row * size, byteCount: size)
    mark(row)
  }

  package mutating func set(_ row: Int, _ value: Double?) {
    if let value { store(row, value) }
  }

  package mutating func set(_ row: Int, _ value: Bool?) {
    if let value { store(row, value) }
  }
}

// What DuckDB calls, from its own threads.

private final class FunctionBox {
  let function: ScalarFunction
  init(_ function: ScalarFunction) { self.function = function }
}

extension ScalarFunction {
  func register(on connection: duckdb_connection) -> Bool {
    var handle = duckdb_create_scalar_function()
    defer { duckdb_destroy_scalar_function(&handle) }
    duckdb_scalar_function_set_name(handle, name)
    for parameter in parameters {
      Self.withType(parameter) { duckdb_scalar_function_add_parameter(handle, $0) }
    }
    if let furtherParameters {
      Self.withType(furtherParameters) { duckdb_scalar_function_set_varargs(handle, $0) }
    }
    Self.withType(result) { duckdb_scalar_function_set_return_type(handle, $0) }
    if seesNulls { duckdb_scalar_function_set_special_handling(handle) }
    if isVolatile { duckdb_scalar_function_set_volatile(handle) }
    let box = Unmanaged.passRetained(FunctionBox(self)).toOpaque()
    duckdb_scalar_function_set_extra_info(handle, box) { pointer in
      if let pointer { Unmanaged<AnyObject>.fromOpaque(pointer).release() }
    }
    duckdb_scalar_function_set_function(handle, runScalarFunction)
    return duckdb_register_scalar_function(connection, handle) == 0
  }

  private static func withType(_ type: ValueType, _ body: (duckdb_logical_type?) -> Void) {
    var handle = duckdb_create_logical_type(type.rawValue)
    body(handle)
    duckdb_destroy_logical_type(&handle)
  }
}

private func runScalarFunction(
  _ info: duckdb_function_info?, _ chunk: duckdb_data_chunk?, _ vector: duckdb_vector?
) {
  guard let chunk, let extra = duckdb_scalar_function_get_extra_info(info) else {
    duckdb_scalar_function_set_error(info, "the function has gone")
    return
  }
  let function = Unmanaged<FunctionBox>.fromOpaque(extra).takeUnretainedValue().function
  let input = ScalarInput(chunk)
  var output = ScalarOutput(vector, rowCount: input.rowCount)
  do {
    try function.run(input, &output)
  } catch let error as SQLError {
    duckdb_scalar_function_set_error(info, DuckDBError.marked(error))
  } catch {
    duckdb_scalar_function_set_error(info, "\(error)")
  }
}
