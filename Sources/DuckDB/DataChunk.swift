internal import CDuckDB
package import Core

/// Up to 2,048 rows of a result, column by column.
package final class DataChunk {
  package let rowCount: Int
  package var columnCount: Int { vectors.count }
  private let handle: duckdb_data_chunk
  private let vectors: [Vector]

  init(handle: duckdb_data_chunk, types: [LogicalType]) {
    self.handle = handle
    rowCount = Int(duckdb_data_chunk_get_size(handle))
    vectors = types.enumerated().map { index, type in
      Vector(duckdb_data_chunk_get_vector(handle, idx_t(index)), type: type)
    }
  }

  deinit {
    var handle: duckdb_data_chunk? = handle
    duckdb_destroy_data_chunk(&handle)
  }

  /// Adds every row in PostgreSQL's text form.
  ///
  /// - Parameter zoneOffset: seconds east of UTC at a moment (in microseconds since 1970), for
  ///   timestamps with a zone; nil: UTC.
  package func appendText(
    to batch: inout RowBatch, zoneOffset: ((Int64) -> Int)? = nil
  ) {
    var buffer: [UInt8] = []
    for row in 0..<rowCount {
      for vector in vectors {
        guard vector.isValid(row) else {
          batch.appendNull()
          continue
        }
        buffer.removeAll(keepingCapacity: true)
        if let zoneOffset, vector.type == .timestampTZ {
          vector.appendMoment(row, zoneOffset, to: &buffer)
        } else {
          vector.appendText(row, to: &buffer)
        }
        buffer.withUnsafeBufferPointer { batch.append($0) }
      }
    }
  }

  /// A whole number, of any integer type; nil for NULL, for other types and places outside.
  package func int64(row: Int, column: Int) -> Int64? {
    guard row >= 0, row < rowCount, vectors.indices.contains(column), vectors[column].isValid(row)
    else { return nil }
    return vectors[column].int64(row)
  }

  /// The bytes of a text or a BLOB as they are; none for NULL, other types and places outside.
  package func withBytes(
    row: Int, column: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) rethrows {
    guard row >= 0, row < rowCount, vectors.indices.contains(column), vectors[column].isValid(row)
    else { return try body(UnsafeBufferPointer(start: nil, count: 0)) }
    try vectors[column].withRawBytes(row, body)
  }

  /// A value's text form; nil for NULL and places outside.
  package func string(row: Int, column: Int) -> String? {
    guard row >= 0, row < rowCount, vectors.indices.contains(column), vectors[column].isValid(row)
    else { return nil }
    var buffer: [UInt8] = []
    vectors[column].appendText(row, to: &buffer)
    return String(decoding: buffer, as: UTF8.self)
  }
}

/// One column of a chunk. Valid as long as the chunk.
struct Vector {
  let type: LogicalType
  private let handle: duckdb_vector?
  private let data: UnsafeMutableRawPointer?
  private let validity: UnsafeMutablePointer<UInt64>?

  init(_ handle: duckdb_vector?, type: LogicalType) {
    self.handle = handle
    self.type = type
    data = duckdb_vector_get_data(handle)
    validity = duckdb_vector_get_validity(handle)
  }

  func isValid(_ row: Int) -> Bool {
    guard type != .null else { return false }
    guard let validity else { return true }
    return validity[row >> 6] & (1 << UInt64(row & 63)) != 0
  }

  private func load<Value: BitwiseCopyable>(_ row: Int, as type: Value.Type) -> Value? {
    data?.assumingMemoryBound(to: Value.self)[row]
  }

  func int64(_ row: Int) -> Int64? {
    switch type {
    case .tinyint: load(row, as: Int8.self).map(Int64.init)
    case .smallint: load(row, as: Int16.self).map(Int64.init)
    case .integer: load(row, as: Int32.self).map(Int64.init)
    case .bigint: load(row, as: Int64.self)
    case .utinyint: load(row, as: UInt8.self).map(Int64.init)
    case .usmallint: load(row, as: UInt16.self).map(Int64.init)
    case .uinteger: load(row, as: UInt32.self).map(Int64.init)
    case .ubigint: load(row, as: UInt64.self).map { Int64(clamping: $0) }
    case .hugeint: int128(row).map { Int64(clamping: $0) }
    default: nil
    }
  }

  private func int128(_ row: Int) -> Int128? {
    load(row, as: duckdb_hugeint.self).map { Int128($0.upper) << 64 | Int128($0.lower) }
  }

  fileprivate func withRawBytes(
    _ row: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) rethrows {
    switch type {
    case .varchar, .json, .blob: try withBytes(row, body)
    default: try body(UnsafeBufferPointer(start: nil, count: 0))
    }
  }

  private func withBytes(
    _ row: Int, _ body: (UnsafeBufferPointer<UInt8>) throws -> Void
  ) rethrows {
    guard let data else { return }
    let size = MemoryLayout<weir_duckdb_string>.size
    let base = UnsafeRawPointer(data) + row * size
    let length = Int(base.load(as: UInt32.self))
    let start =
      length <= 12 ? base + 4 : base.load(fromByteOffset: 8, as: UnsafeRawPointer.self)
    try body(
      UnsafeBufferPointer(start: start.assumingMemoryBound(to: UInt8.self), count: length))
  }

  // MARK: Text

  func appendMoment(_ row: Int, _ zoneOffset: (Int64) -> Int, to out: inout [UInt8]) {
    let moment = load(row, as: Int64.self) ?? 0
    // Infinity is in no zone.
    if moment.magnitude == Int64.max.magnitude {
      return PostgresText.appendTimestamp(moment, unitsPerSecond: 1_000_000, to: &out)
    }
    let offset = zoneOffset(moment)
    PostgresText.appendTimestamp(
      moment + Int64(offset) * 1_000_000, unitsPerSecond: 1_000_000, to: &out)
    PostgresText.appendZone(seconds: offset, to: &out)
  }

  /// Adds a value that is not NULL, as PostgreSQL writes it.
  func appendText(_ row: Int, to out: inout [UInt8]) {
    switch type {
    case .boolean: out.append(load(row, as: Bool.self) == true ? 0x74 : 0x66)
    case .tinyint, .smallint, .integer, .bigint, .utinyint, .usmallint, .uinteger:
      PostgresText.append(int64(row) ?? 0, to: &out)
    case .ubigint: out.append(contentsOf: (load(row, as: UInt64.self) ?? 0).description.utf8)
    case .hugeint: out.append(contentsOf: (int128(row) ?? 0).description.utf8)
    case .uhugeint:
      let wide = load(row, as: duckdb_hugeint.self)
      let value = UInt128(UInt64(bitPattern: wide?.upper ?? 0)) << 64 | UInt128(wide?.lower ?? 0)
      out.append(contentsOf: value.description.utf8)
    case .float: PostgresText.append(load(row, as: Float.self) ?? 0, to: &out)
    case .double: PostgresText.append(load(row, as: Double.self) ?? 0, to: &out)
    case .varchar, .json: withBytes(row) { out.append(contentsOf: $0) }
    case .blob: withBytes(row) { PostgresText.appendHex($0, to: &out) }
    case .uuid: PostgresText.appendUUID(int128(row) ?? 0, to: &out)
    case .date: PostgresText.appendDate(days: load(row, as: Int32.self) ?? 0, to: &out)
    case .time: PostgresText.appendTime(microseconds: load(row, as: Int64.self) ?? 0, to: &out)
    case .timeTZ:
      // The upper 40 bits are the microseconds, the lower 24 say how far the zone is from the one
      // that is farthest.
      let bits = load(row, as: UInt64.self) ?? 0
      PostgresText.appendTime(microseconds: Int64(bits >> 24), to: &out)
      PostgresText.appendOffset(seconds: 57_599 - Int64(bits & 0xFF_FFFF), to: &out)
    case .timestamp(let units):
      PostgresText.appendTimestamp(
        load(row, as: Int64.self) ?? 0, unitsPerSecond: units, to: &out)
    case .timestampTZ: appendMoment(row, { _ in 0 }, to: &out)
    case .interval:
      let value = load(row, as: duckdb_interval.self) ?? duckdb_interval()
      PostgresText.appendInterval(
        months: value.months, days: value.days, microseconds: value.micros, to: &out)
    case .decimal(let scale, let storage):
      PostgresText.appendDecimal(unscaled(row, storage), scale: scale, to: &out)
    case .enumeration(let labels, let storage):
      let index = Int(clamping: unsigned(row, storage))
      if labels.indices.contains(index) { out.append(contentsOf: labels[index].utf8) }
    case .list, .array, .map, .structure: appendJSON(row, to: &out)
    case .null: break
    case .other(let id): out.append(contentsOf: "(type \(id))".utf8)
    }
  }

  private func unscaled(_ row: Int, _ storage: Int32) -> Int128 {
    switch storage {
    case 3: Int128(load(row, as: Int16.self) ?? 0)
    case 4: Int128(load(row, as: Int32.self) ?? 0)
    case 5: Int128(load(row, as: Int64.self) ?? 0)
    default: int128(row) ?? 0
    }
  }

  private func unsigned(_ row: Int, _ storage: Int32) -> UInt32 {
    switch storage {
    case 6: UInt32(load(row, as: UInt8.self) ?? 0)
    case 7: UInt32(load(row, as: UInt16.self) ?? 0)
    default: load(row, as: UInt32.self) ?? 0
    }
  }

  // MARK: Nested values, as SUPER prints them

  private func appendJSON(_ row: Int, to out: inout [UInt8]) {
    guard isValid(row) else {
      out.append(contentsOf: "null".utf8)
      return
    }
    switch type {
    case .list(let element):
      let entry = load(row, as: duckdb_list_entry.self) ?? duckdb_list_entry()
      let child = Vector(duckdb_list_vector_get_child(handle), type: element)
      child.appendElements(Int(entry.offset), Int(entry.length), to: &out)
    case .array(let element, let count):
      let child = Vector(duckdb_array_vector_get_child(handle), type: element)
      child.appendElements(row * count, count, to: &out)
    case .map(let key, let value): appendMap(row, key: key, value: value, to: &out)
    case .structure(let members):
      out.append(0x7B)
      for (index, member) in members.enumerated() {
        if index > 0 { out.append(0x2C) }
        PostgresText.appendJSONString(Array(member.name.utf8), to: &out)
        out.append(0x3A)
        let child = duckdb_struct_vector_get_child(handle, idx_t(index))
        Vector(child, type: member.type).appendJSON(row, to: &out)
      }
      out.append(0x7D)
    case .boolean:
      out.append(contentsOf: (load(row, as: Bool.self) == true ? "true" : "false").utf8)
    case .json: appendText(row, to: &out)
    default:
      var text: [UInt8] = []
      appendText(row, to: &text)
      if type.sqlType.isNumeric {
        out.append(contentsOf: text)
      } else {
        PostgresText.appendJSONString(text, to: &out)
      }
    }
  }

  private func appendElements(_ start: Int, _ count: Int, to out: inout [UInt8]) {
    out.append(0x5B)
    for index in 0..<count {
      if index > 0 { out.append(0x2C) }
      appendJSON(start + index, to: &out)
    }
    out.append(0x5D)
  }

  private func appendMap(
    _ row: Int, key: LogicalType, value: LogicalType, to out: inout [UInt8]
  ) {
    let entry = load(row, as: duckdb_list_entry.self) ?? duckdb_list_entry()
    let pairs = duckdb_list_vector_get_child(handle)
    let keys = Vector(duckdb_struct_vector_get_child(pairs, 0), type: key)
    let values = Vector(duckdb_struct_vector_get_child(pairs, 1), type: value)
    out.append(0x7B)
    for index in 0..<Int(entry.length) {
      if index > 0 { out.append(0x2C) }
      var name: [UInt8] = []
      keys.appendText(Int(entry.offset) + index, to: &name)
      PostgresText.appendJSONString(name, to: &out)
      out.append(0x3A)
      values.appendJSON(Int(entry.offset) + index, to: &out)
    }
    out.append(0x7D)
  }
}
