internal import Core
internal import DuckDB
internal import RedshiftSQL

/// Redshift's functions that DuckDB has not and SQL cannot say: the macros of `RedshiftSQL` call
/// them. All start with `weir_`.
enum ScalarFunctions {
  static let all =
    errors + dates + texts + hashes + OverloadedFunctions.all + RegularExpressionFunctions.all
    + NumericFunctions.all + HashFunctions.all + LengtheningFunctions.all + JSONFunctions.all
    + FiniteFunctions.all

  /// `weir_error('[22012] division by zero')` fails with that state. DuckDB's own `error` is
  /// volatile, and what is volatile may not stand in a TRY, by which views pass over damaged
  /// records.
  private static let errors: [ScalarFunction] = [
    ScalarFunction("weir_error", [.varchar], to: .null) { input, _ in
      for row in 0..<input.rowCount where input.isValid(row) {
        let text = input.string(0, row)
        guard let match = text.prefixMatch(of: #/\[([0-9A-Z]{5})\] /#) else {
          throw SQLError("XX000", text)
        }
        throw SQLError(String(match.1), String(text[match.range.upperBound...]))
      }
    }
  ]

  // MARK: Dates

  private static let dates: [ScalarFunction] = [
    ScalarFunction("weir_timestamp", [.varchar], to: .timestamp) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        output.set(row, try moment(input.string(0, row)).time.microseconds)
      }
    },
    // With a zone: the moment in UTC.
    ScalarFunction("weir_timestamptz", [.varchar], to: .timestamp) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        let (time, offset) = try moment(input.string(0, row))
        output.set(row, time.microseconds - Int64(offset ?? 0) * 1_000_000)
      }
    },
    ScalarFunction("weir_to_timestamp", [.varchar, .varchar, .boolean], to: .timestamp) {
      input, output in
      var template = Cached("") { DateTemplate($0) }
      for row in 0..<input.rowCount where input.isValid(row) {
        let time = try template[input.string(1, row)].read(
          input.string(0, row), isStrict: input.bool(2, row))
        output.set(row, time.microseconds)
      }
    },
    ScalarFunction("weir_to_char_number", [.varchar, .varchar], to: .varchar) { input, output in
      var template = Cached("") { NumberTemplate($0) }
      for row in 0..<input.rowCount where input.isValid(row) {
        output.set(row, template[input.string(1, row)].text(of: input.string(0, row)))
      }
    },
    ScalarFunction("weir_to_number", [.varchar, .varchar], to: .varchar) { input, output in
      var template = Cached("") { NumberTemplate($0) }
      for row in 0..<input.rowCount where input.isValid(row) {
        output.set(row, try template[input.string(1, row)].read(input.string(0, row)))
      }
    },
  ]

  static func moment(
    _ text: String
  ) throws(SQLError) -> (time: CivilTime, offset: Int?) {
    guard let moment = DateReader.read(text) else {
      throw SQLError("22007", "invalid input syntax for type timestamp: \"\(text)\"")
    }
    return moment
  }

  // MARK: Texts

  private static let texts: [ScalarFunction] = [
    // What DuckDB writes of a value, and its type: the text that Redshift makes of it.
    .text("weir_text", [.varchar, .varchar]) { input, row in
      let text = input.string(0, row)
      switch input.string(1, row) {
      case "JSON": return JSONText.text(of: text)
      case "BLOB": return try TextValues.text(ofEscapedBytes: text)
      default: return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
      }
    },
    .text("weir_attribute_names", [.varchar, .boolean]) { input, row in
      JSONText.withAttributeNames(of: input.string(0, row), inUpperCase: input.bool(1, row))
    },
    .text("weir_initcap", [.varchar]) { input, row in
      TextValues.capitalized(input.string(0, row))
    },
    .text("weir_soundex", [.varchar]) { input, row in TextValues.soundex(input.string(0, row)) },
    .text("weir_quote_ident", [.varchar]) { input, row in
      TextValues.quotedIdentifier(input.string(0, row))
    },
    .text("weir_quote_literal", [.varchar]) { input, row in
      TextValues.quotedLiteral(input.string(0, row))
    },
    .int64("weir_strtol", [.varchar, .bigint]) { input, row in
      try TextValues.number(input.string(0, row), base: input.int64(1, row))
    },
    // Pattern, escape character (empty for none).
    .text("weir_similar", [.varchar, .varchar]) { input, row in
      try SimilarToRule.regularExpression(
        input.string(0, row), escape: input.string(1, row).first)
    },
    ScalarFunction("weir_fit", [.blob, .bigint, .varchar], to: .blob) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        let (bytes, count) = (input.bytes(0, row), Int(clamping: input.int64(1, row)))
        guard bytes.count <= count else {
          throw SQLError("22001", "value too long for type \(input.string(2, row))(\(count))")
        }
        output.set(row, bytes: bytes)
      }
    },
    ScalarFunction("weir_cut", [.varchar, .bigint], to: .varchar) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        let count = Int(clamping: input.int64(1, row))
        output.set(row, bytes: input.withBytes(0, row) { Array($0[..<cutEnd($0, count)]) })
      }
    },
    // Text, bytes at most, the type's name: what an INSERT stores.
    ScalarFunction("weir_fit", [.varchar, .bigint, .varchar], to: .varchar) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        let count = Int(clamping: input.int64(1, row))
        let fitted = input.withBytes(0, row) { bytes in
          fit(bytes, count: count, trims: input.string(2, row) == "character")
        }
        guard let fitted else {
          throw SQLError(
            "22001", "value too long for type \(input.string(2, row))(\(count))")
        }
        output.set(row, bytes: fitted)
      }
    },
  ]

  private static func cutEnd(_ bytes: UnsafeBufferPointer<UInt8>, _ count: Int) -> Int {
    TextValues.prefix(bytes, count: max(0, count))
  }

  /// What exceeds a column may be blanks: those are cut. A CHAR keeps none at its end.
  private static func fit(
    _ bytes: UnsafeBufferPointer<UInt8>, count: Int, trims: Bool
  ) -> [UInt8]? {
    var end = bytes.count
    while end > (trims ? 0 : count), bytes[end - 1] == 0x20 { end -= 1 }
    return end <= count ? Array(bytes[..<end]) : nil
  }

  // MARK: Hashes

  private static let hashes: [ScalarFunction] = [
    .text("weir_crc32", [.varchar]) { input, row in
      let checksum = input.withBytes(0, row) { CRC32C.checksum(UnsafeRawBufferPointer($0)) }
      let digits = String(checksum, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    },
    .int64("weir_getbit", [.blob, .bigint]) { input, row in
      let bytes = input.bytes(0, row)
      let index = input.int64(1, row)
      guard index >= 0, index < Int64(bytes.count) * 8 else {
        throw SQLError("2202E", "index \(index) out of valid range, 0..\(bytes.count * 8 - 1)")
      }
      return Int64(bytes[bytes.count - 1 - Int(index) / 8] >> UInt8(index % 8) & 1)
    },
  ]
}

/// The last thing that was made of a text: formats and patterns are the same in most rows.
struct Cached<Value> {
  private var key: String
  private var value: Value
  private let make: (String) -> Value

  init(_ key: String, make: @escaping (String) -> Value) {
    self.key = key
    self.make = make
    value = make(key)
  }

  subscript(_ text: String) -> Value {
    mutating get {
      if text != key {
        key = text
        value = make(text)
      }
      return value
    }
  }
}
