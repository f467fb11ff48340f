internal import CFieldScan
internal import DuckDB

/// Writes the fields of one record after another into the columns of a scan.
struct FieldWriter {
  /// A wanted field, and the places of its columns in the chunk; -1: not asked for.
  private struct Slot {
    var field: Int
    var form: WantedField.Form
    var value = -1
    var rest = -1
  }

  private var slots: [Slot] = []
  /// The place of `weir_is_json`.
  private var flag = -1
  let scanner: FieldScanner

  /// - Parameter projection: places in the chunk, and the columns of `paths` that stand there; the
  ///   one behind the last is `weir_is_json`.
  /// - Returns: nil without columns, or without memory.
  init?(_ paths: FieldPaths?, projection: [(place: Int, column: Int)]) {
    guard let paths, !projection.isEmpty, let scanner = paths.makeScanner() else { return nil }
    self.scanner = scanner
    var slots: [Int: Slot] = [:]
    for (place, index) in projection {
      guard paths.columns.indices.contains(index) else {
        flag = place
        continue
      }
      let column = paths.columns[index]
      let form = paths.wanted[column.wanted].form
      var slot = slots[column.wanted] ?? Slot(field: paths.places[column.wanted], form: form)
      if column.isRest { slot.rest = place } else { slot.value = place }
      slots[column.wanted] = slot
    }
    self.slots = slots.sorted { $0.key < $1.key }.map(\.value)
  }

  /// - Parameter isJSON: false writes that the record has no field.
  func write(isJSON: Bool, row: Int, to chunk: inout OutputChunk) {
    if flag >= 0 { chunk.setBool(column: flag, row: row, isJSON) }
    guard isJSON, let fields = scanner.fields else {
      for slot in slots { setNull(slot.value, slot.rest, row, &chunk) }
      return
    }
    for slot in slots { write(fields + slot.field, slot, row, &chunk) }
  }

  private func setNull(_ first: Int, _ second: Int, _ row: Int, _ chunk: inout OutputChunk) {
    if first >= 0 { chunk.setNull(column: first, row: row) }
    if second >= 0 { chunk.setNull(column: second, row: row) }
  }

  private func write(
    _ field: UnsafePointer<weir_field>, _ slot: Slot, _ row: Int, _ chunk: inout OutputChunk
  ) {
    guard field.pointee.kind == WEIR_FIELD_IN_PLACE || field.pointee.kind == WEIR_FIELD_MADE else {
      setNull(slot.value, slot.rest, row, &chunk)
      return
    }
    guard slot.value >= 0, writeValue(field, slot.form, slot.value, row, &chunk) else {
      if slot.value >= 0 { chunk.setNull(column: slot.value, row: row) }
      if slot.rest >= 0 { writeText(field, slot.rest, row, &chunk) }
      return
    }
    if slot.rest >= 0 { chunk.setNull(column: slot.rest, row: row) }
  }

  /// - Returns: whether the text is plainly a value of the form.
  private func writeValue(
    _ field: UnsafePointer<weir_field>, _ form: WantedField.Form, _ place: Int, _ row: Int,
    _ chunk: inout OutputChunk
  ) -> Bool {
    var number: Int64 = 0
    switch form {
    case .text: writeText(field, place, row, &chunk)
    case .shortText(let bytes):
      guard Int(field.pointee.length) <= bytes else { return false }
      writeText(field, place, row, &chunk)
    case .smallint:
      guard weir_field_whole(field, Int64(Int16.min), Int64(Int16.max), &number) else {
        return false
      }
      chunk.setInt16(column: place, row: row, Int16(truncatingIfNeeded: number))
    case .integer:
      guard weir_field_whole(field, Int64(Int32.min), Int64(Int32.max), &number) else {
        return false
      }
      chunk.setInt32(column: place, row: row, Int32(truncatingIfNeeded: number))
    case .bigint:
      guard weir_field_whole(field, .min, .max, &number) else { return false }
      chunk.setInt64(column: place, row: row, number)
    case .decimal(let width, let scale):
      guard weir_field_decimal(field, Int32(width), Int32(scale), &number) else { return false }
      chunk.setDecimal(column: place, row: row, number, width: width)
    case .double:
      var value = 0.0
      guard weir_field_double(field, &value) else { return false }
      chunk.setDouble(column: place, row: row, value)
    case .timestamp:
      guard weir_field_timestamp(field, &number) else { return false }
      chunk.setTimestamp(column: place, row: row, number)
    case .boolean:
      var value = false
      guard weir_field_flag(field, &value) else { return false }
      chunk.setBool(column: place, row: row, value)
    }
    return true
  }

  private func writeText(
    _ field: UnsafePointer<weir_field>, _ place: Int, _ row: Int, _ chunk: inout OutputChunk
  ) {
    let text = UnsafeBufferPointer(start: field.pointee.text, count: Int(field.pointee.length))
    if field.pointee.kind == WEIR_FIELD_IN_PLACE {
      chunk.setStringInPlace(column: place, row: row, text)
    } else {
      chunk.setStringCopy(column: place, row: row, text)
    }
  }
}
