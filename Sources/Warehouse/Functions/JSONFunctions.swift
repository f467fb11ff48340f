internal import Core
internal import DuckDB
internal import RedshiftSQL

/// Functions of JSON that DuckDB has otherwise.
enum JSONFunctions {
  static let all: [ScalarFunction] = [
    // Document, whether NULL comes of what is no JSON (1), steps.
    ScalarFunction("weir_json_path", [.varchar, .bigint], further: .varchar, to: .varchar) {
      input, output in
      var names: [String] = []
      var path = JSONPath([])
      for row in 0..<input.rowCount where input.isValid(row) {
        let isKnown = isSame(names, input, row)
        if !isKnown {
          names = (2..<input.columnCount).map { input.string($0, row) }
          path = JSONPath(names)
        }
        let givesNull = input.int64(1, row) == 1
        let text = try input.withBytes(0, row) { bytes -> String? in
          guard JSONText.kind(of: bytes) != nil else {
            if givesNull { return nil }
            throw SQLError(
              "22P02",
              "invalid JSON: " + String(String(decoding: bytes, as: UTF8.self).prefix(100)))
          }
          return path.text(in: bytes)
        }
        output.set(row, text)
      }
    },
    // Two SUPERs as JSON: -1, 0, 1, or NULL where they have not one type.
    .int64("weir_super_compare", [.varchar, .varchar]) { input, row in
      let left = input.withBytes(0, row) { SuperDocument(json: $0) }
      let right = input.withBytes(1, row) { SuperDocument(json: $0) }
      return left.compared(to: right).map(Int64.init)
    },
    ScalarFunction("weir_super_key", [.varchar], to: .blob) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        let value = input.withBytes(0, row) { SuperDocument(json: $0) }
        if value != .null { output.set(row, bytes: value.key) }
      }
    },
    .text("weir_super_plain", [.varchar]) { input, row in
      let value = input.withBytes(0, row) { SuperDocument(json: $0) }
      return value == .null ? nil : value.plainText
    },
    // An operator, and two numbers.
    .text("weir_super_calculate", [.varchar, .varchar, .varchar]) { input, row in
      guard let left = SuperNumber(input.string(1, row)),
        let right = SuperNumber(input.string(2, row))
      else { return nil }
      return try left.calculated(input.string(0, row), right).text
    },
    ScalarFunction("weir_super_whole", [.varchar], to: .hugeint) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        guard case .whole(let value)? = SuperNumber(input.string(0, row)) else { continue }
        output.set(row, hugeint: value)
      }
    },
  ]

  private static func isSame(
    _ names: [String], _ input: borrowing ScalarInput, _ row: Int
  ) -> Bool {
    guard names.count == input.columnCount - 2 else { return false }
    for (index, name) in names.enumerated() {
      let isEqual = input.withBytes(index + 2, row) { bytes in bytes.elementsEqual(name.utf8) }
      if !isEqual { return false }
    }
    return true
  }
}
