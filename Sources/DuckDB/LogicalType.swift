internal import CDuckDB
internal import Core

/// A DuckDB type, read once from its handle.
indirect enum LogicalType: Equatable, Sendable {
  case boolean, tinyint, smallint, integer, bigint, utinyint, usmallint, uinteger, ubigint
  case hugeint, uhugeint, float, double, varchar, json, blob, uuid, date, time, timeTZ, interval
  case timestamp(unitsPerSecond: Int64)
  case timestampTZ
  case decimal(scale: Int, storage: Int32)
  case enumeration(labels: [String], storage: Int32)
  case list(LogicalType)
  case array(LogicalType, count: Int)
  case map(LogicalType, LogicalType)
  case structure([(name: String, type: LogicalType)])
  case null
  case other(Int32)

  /// Takes the handle over and frees it.
  init(_ handle: duckdb_logical_type?) {
    var handle = handle
    defer { duckdb_destroy_logical_type(&handle) }
    self = handle.map(Self.read) ?? .null
  }

  private static func read(_ handle: duckdb_logical_type) -> LogicalType {
    let id = duckdb_get_type_id(handle)
    if let simple = simpleTypes[id] { return simple }
    switch id {
    case 17: return isJSON(handle) ? .json : .varchar
    case 19:
      return .decimal(
        scale: Int(duckdb_decimal_scale(handle)), storage: duckdb_decimal_internal_type(handle))
    case 23:
      return .enumeration(labels: labels(of: handle), storage: duckdb_enum_internal_type(handle))
    case 24: return .list(LogicalType(duckdb_list_type_child_type(handle)))
    case 33:
      return .array(
        LogicalType(duckdb_array_type_child_type(handle)),
        count: Int(duckdb_array_type_array_size(handle)))
    case 26:
      return .map(
        LogicalType(duckdb_map_type_key_type(handle)),
        LogicalType(duckdb_map_type_value_type(handle)))
    case 25: return .structure(members(of: handle))
    default: return .other(id)
    }
  }

  private static let simpleTypes: [Int32: LogicalType] = [
    1: .boolean, 2: .tinyint, 3: .smallint, 4: .integer, 5: .bigint, 6: .utinyint,
    7: .usmallint, 8: .uinteger, 9: .ubigint, 10: .float, 11: .double,
    12: .timestamp(unitsPerSecond: 1_000_000), 13: .date, 14: .time, 15: .interval, 16: .hugeint,
    18: .blob, 20: .timestamp(unitsPerSecond: 1), 21: .timestamp(unitsPerSecond: 1_000),
    22: .timestamp(unitsPerSecond: 1_000_000_000), 27: .uuid, 30: .timeTZ, 31: .timestampTZ,
    32: .uhugeint, 36: .null,
  ]

  private static func isJSON(_ handle: duckdb_logical_type) -> Bool {
    guard let alias = duckdb_logical_type_get_alias(handle) else { return false }
    defer { duckdb_free(alias) }
    return String(cString: alias) == "JSON"
  }

  private static func labels(of handle: duckdb_logical_type) -> [String] {
    (0..<idx_t(duckdb_enum_dictionary_size(handle))).map { index in
      let label = duckdb_enum_dictionary_value(handle, index)
      defer { duckdb_free(label) }
      return label.map { String(cString: $0) } ?? ""
    }
  }

  private static func members(
    of handle: duckdb_logical_type
  ) -> [(name: String, type: LogicalType)] {
    (0..<duckdb_struct_type_child_count(handle)).map { index in
      let name = duckdb_struct_type_child_name(handle, index)
      defer { duckdb_free(name) }
      return (
        name.map { String(cString: $0) } ?? "",
        LogicalType(duckdb_struct_type_child_type(handle, index))
      )
    }
  }

  static func == (left: LogicalType, right: LogicalType) -> Bool {
    String(describing: left) == String(describing: right)
  }

  /// How clients see values of the type.
  var sqlType: SQLType {
    switch self {
    case .boolean: .boolean
    case .tinyint, .smallint, .utinyint: .smallint
    case .integer, .usmallint: .integer
    case .bigint, .uinteger: .bigint
    case .ubigint, .hugeint, .uhugeint, .decimal: .numeric
    case .float: .real
    case .double: .doublePrecision
    case .varchar, .enumeration, .null, .other: .varchar
    case .json, .list, .array, .map, .structure: .semistructured
    case .blob: .varbyte
    case .uuid: .uuid
    case .date: .date
    case .time: .time
    case .timeTZ: .timetz
    case .interval: .interval
    case .timestamp: .timestamp
    case .timestampTZ: .timestamptz
    }
  }
}
