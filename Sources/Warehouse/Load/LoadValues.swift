internal import Core
internal import DuckDB
internal import RedshiftSQL

/// Reads a field as a column's type and puts it into a chunk, by the rules of COPY.
struct LoadValues {
  let options: CopyOptions
  private let nullText: [UInt8]
  private let dateTemplate: DateTemplate?
  private let timeTemplate: DateTemplate?

  init(options: CopyOptions) {
    self.options = options
    nullText = Array((options.nullText ?? "\\N").utf8)
    dateTemplate = Self.template(options.dateForm)
    timeTemplate = Self.template(options.timeForm)
  }

  private static func template(_ form: CopyOptions.DateForm) -> DateTemplate? {
    if case .template(let text) = form { return DateTemplate(text) }
    return nil
  }

  /// - Parameters:
  ///   - isJSONString: the field is what a JSON string says.
  ///   - place: the chunk's column; nil: the value is only checked.
  func put(
    _ bytes: UnsafeBufferPointer<UInt8>, isQuoted: Bool, isJSONString: Bool = false,
    as column: LoadColumn, _ place: Int?, _ row: Int, _ chunk: inout OutputChunk
  ) throws(LoadProblem) {
    let isText = column.kind == .varchar || column.kind == .char
    // An empty VARBYTE is a value, as an empty text is.
    if isNull(bytes, isQuoted: isQuoted, isText: isText || column.kind == .varbyte) {
      return try putNull(column, place, row, &chunk)
    }
    switch column.kind {
    case .varchar, .char: try putText(bytes, column, place, row, &chunk)
    case .boolean:
      let value = try boolean(Self.trimmed(bytes))
      if let place { chunk.setBool(column: place, row: row, value) }
    case .smallint:
      try putInteger(bytes, Int64(Int16.min)...Int64(Int16.max), "Short", place, row, &chunk)
    case .integer:
      try putInteger(bytes, Int64(Int32.min)...Int64(Int32.max), "Integer", place, row, &chunk)
    case .bigint: try putInteger(bytes, Int64.min...Int64.max, "Long", place, row, &chunk)
    case .real, .double:
      let value = try double(Self.trimmed(bytes), isReal: column.kind == .real)
      if let place { chunk.setDouble(column: place, row: row, value) }
    case .decimal(let precision, let scale):
      let digits = try DecimalText.read(
        Self.trimmed(bytes), precision: precision, scale: scale, rounds: options.roundsDecimals)
      put(digits, place, row, &chunk)
    case .date, .timestamp, .timestamptz: try putDate(bytes, column, place, row, &chunk)
    case .time:
      put(try time(Self.trimmed(bytes)), place, row, &chunk)
    case .semistructured:
      try putSUPER(bytes, isJSONString: isJSONString, column, place, row, &chunk)
    case .varbyte: try putBinary(Self.trimmed(bytes), column, place, row, &chunk)
    case .other: try putText(bytes, column, place, row, &chunk)
    }
  }

  // MARK: NULL

  private func isNull(
    _ bytes: UnsafeBufferPointer<UInt8>, isQuoted: Bool, isText: Bool
  ) -> Bool {
    if bytes.count == nullText.count, !isQuoted || options.nullText != nil,
      bytes.elementsEqual(nullText)
    {
      return true
    }
    if bytes.isEmpty { return !isText || options.emptyIsNull }
    guard !isText || options.blanksAreNull else { return false }
    return bytes.allSatisfy { $0 == 0x20 || ($0 >= 0x09 && $0 <= 0x0D) }
  }

  func putNull(
    _ column: LoadColumn, _ place: Int?, _ row: Int, _ chunk: inout OutputChunk
  ) throws(LoadProblem) {
    guard !column.isNotNull else { throw .missing }
    if let place { chunk.setNull(column: place, row: row) }
  }

  private func put(_ bytes: [UInt8], _ place: Int?, _ row: Int, _ chunk: inout OutputChunk) {
    guard let place else { return }
    bytes.withUnsafeBufferPointer { chunk.setStringCopy(column: place, row: row, $0) }
  }

  private static func trimmed(_ bytes: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8> {
    var (start, end) = (0, bytes.count)
    while start < end, bytes[start] == 0x20 { start += 1 }
    while end > start, bytes[end - 1] == 0x20 { end -= 1 }
    return UnsafeBufferPointer(rebasing: bytes[start..<end])
  }

  // MARK: Texts

  private func putText(
    _ bytes: UnsafeBufferPointer<UInt8>, _ column: LoadColumn, _ place: Int?, _ row: Int,
    _ chunk: inout OutputChunk
  ) throws(LoadProblem) {
    var end = bytes.count
    if options.trimsBlanks || column.kind == .char {
      while end > 0, bytes[end - 1] == 0x20 { end -= 1 }
    }
    let content = UnsafeBufferPointer(rebasing: bytes[..<end])
    let isASCII = content.allSatisfy { $0 < 0x80 }
    if !isASCII, column.kind == .char {
      let wrong = content.drop { $0 < 0x80 }.prefix(4).map { Self.hex($0) }
      throw LoadProblem(
        code: 1_220,
        reason: "Multibyte character not supported for CHAR (Hint: try using VARCHAR). "
          + "Invalid char: \(wrong.joined(separator: " "))",
        position: content.firstIndex { $0 >= 0x80 } ?? 0)
    }
    if !isASCII, let wrong = UTF8Check.firstInvalid(content) {
      guard let replacement = options.invalidReplacement else {
        throw LoadProblem(
          code: 1_220,
          reason: "String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: "
            + "\(Self.hex(content[wrong.place])) (error \(wrong.kind))", position: wrong.place)
      }
      let mended = UTF8Check.replacing(content, with: replacement)
      return try mended.withUnsafeBufferPointer { bytes throws(LoadProblem) in
        try putFitted(bytes, column, place, row, &chunk)
      }
    }
    try putFitted(content, column, place, row, &chunk)
  }

  private func putFitted(
    _ bytes: UnsafeBufferPointer<UInt8>, _ column: LoadColumn, _ place: Int?, _ row: Int,
    _ chunk: inout OutputChunk
  ) throws(LoadProblem) {
    var content = bytes
    if let length = column.length, content.count > length {
      guard options.truncates else {
        let name = column.kind == .char ? "Char" : "String"
        throw LoadProblem(
          code: 1_204, reason: "\(name) length exceeds DDL length", position: length)
      }
      var end = length
      while end > 0, content[end] & 0xC0 == 0x80 { end -= 1 }
      content = UnsafeBufferPointer(rebasing: content[..<end])
    }
    if let place { chunk.setStringCopy(column: place, row: row, content) }
  }

  private static func hex(_ byte: UInt8) -> String {
    let text = String(byte, radix: 16)
    return text.count == 1 ? "0" + text : text
  }

  private func putSUPER(
    _ bytes: UnsafeBufferPointer<UInt8>, isJSONString: Bool, _ column: LoadColumn, _ place: Int?,
    _ row: Int, _ chunk: inout OutputChunk
  ) throws(LoadProblem) {
    if isJSONString {
      let text = JSONWriting.quoted(String(decoding: bytes, as: UTF8.self))
      return put(Array(text.utf8), place, row, &chunk)
    }
    let content = Self.trimmed(bytes)
    if content.elementsEqual("null".utf8) { return try putNull(column, place, row, &chunk) }
    guard JSONText.kind(of: content) != nil else {
      throw LoadProblem(code: 1_216, reason: "Invalid JSON format for SUPER")
    }
    if let place { chunk.setStringCopy(column: place, row: row, content) }
  }

  private func putBinary(
    _ bytes: UnsafeBufferPointer<UInt8>, _ column: LoadColumn, _ place: Int?, _ row: Int,
    _ chunk: inout OutputChunk
  ) throws(LoadProblem) {
    var value: [UInt8] = []
    value.reserveCapacity(bytes.count / 2)
    for index in stride(from: 0, to: bytes.count, by: 2) {
      guard index + 1 < bytes.count, let high = Self.digit(bytes[index]),
        let low = Self.digit(bytes[index + 1])
      else {
        throw LoadProblem(
          code: 1_219, reason: "Hexadecimal contains an invalid digit", position: index)
      }
      value.append(high << 4 | low)
    }
    if let length = column.length, value.count > length {
      guard options.truncates else {
        throw LoadProblem(
          code: 1_204, reason: "Varbyte length exceeds DDL length", position: length)
      }
      value.removeSubrange(length...)
    }
    put(value, place, row, &chunk)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }

  // MARK: Numbers

  private func putInteger(
    _ bytes: UnsafeBufferPointer<UInt8>, _ range: ClosedRange<Int64>, _ type: String,
    _ place: Int?, _ row: Int, _ chunk: inout OutputChunk
  ) throws(LoadProblem) {
    let digits = Self.trimmed(bytes)
    var index = 0
    let isNegative = digits.first == 0x2D
    if isNegative || digits.first == 0x2B { index = 1 }
    guard index < digits.count else { throw .digit(digits, index, type) }
    var value: Int64 = 0
    while index < digits.count {
      let byte = digits[index]
      guard byte >= 0x30, byte <= 0x39 else { throw .digit(digits, index, type) }
      let (scaled, isLarge) = value.multipliedReportingOverflow(by: 10)
      let digit = Int64(byte - 0x30)
      let (sum, isLarger) =
        isNegative
        ? scaled.subtractingReportingOverflow(digit) : scaled.addingReportingOverflow(digit)
      guard !isLarge, !isLarger else { throw .overflow(type) }
      value = sum
      index += 1
    }
    guard range.contains(value) else { throw .overflow(type) }
    if let place { chunk.setInt64(column: place, row: row, value) }
  }

  private func double(
    _ bytes: UnsafeBufferPointer<UInt8>, isReal: Bool
  ) throws(LoadProblem) -> Double {
    let text = String(decoding: bytes, as: UTF8.self)
    let known: [String: Double] = [
      "nan": .nan, "infinity": .infinity, "inf": .infinity, "-infinity": -.infinity,
      "-inf": -.infinity,
    ]
    let value = known[text.lowercased()] ?? Double(text)
    guard let value, !text.lowercased().contains("x") else {
      throw LoadProblem(code: 1_208, reason: "Invalid format for FLOAT, Value '\(text.prefix(40))'")
    }
    let isFinite = isReal ? Float(value).isFinite : value.isFinite
    guard isFinite || known[text.lowercased()] != nil else { throw .overflow("Double") }
    return value
  }

  private func boolean(_ bytes: UnsafeBufferPointer<UInt8>) throws(LoadProblem) -> Bool {
    switch String(decoding: bytes.prefix(6), as: UTF8.self).lowercased() {
    case "t", "true", "y", "yes", "1": return true
    case "f", "false", "n", "no", "0": return false
    default: throw LoadProblem(code: 1_210, reason: "Unknown boolean format")
    }
  }

  // MARK: Dates

  private func putDate(
    _ bytes: UnsafeBufferPointer<UInt8>, _ column: LoadColumn, _ place: Int?, _ row: Int,
    _ chunk: inout OutputChunk
  ) throws(LoadProblem) {
    let content = Self.trimmed(bytes)
    do {
      if column.kind == .date {
        let days = try date(content)
        if let place { chunk.setInt32(column: place, row: row, Int32(clamping: days)) }
      } else {
        let moment = try moment(content, hasZone: column.kind == .timestamptz)
        if let place { chunk.setTimestamp(column: place, row: row, moment) }
      }
    } catch {
      guard options.acceptsAnyDate else { throw error }
      try putNull(column, place, row, &chunk)
    }
  }

  private func date(_ bytes: UnsafeBufferPointer<UInt8>) throws(LoadProblem) -> Int {
    func wrong(_ form: String) -> LoadProblem {
      LoadProblem(code: 1_205, reason: "Invalid date format or value [\(form)]")
    }
    switch options.dateForm {
    case .auto:
      guard let (time, _) = DateReader.read(String(decoding: bytes, as: UTF8.self)) else {
        throw wrong("auto")
      }
      return time.days
    case .template(let form):
      guard let template = dateTemplate else { throw wrong(form) }
      do throws(SQLError) {
        return try template.read(String(decoding: bytes, as: UTF8.self), isStrict: true).days
      } catch {
        throw wrong(form)
      }
    case .standard, .epochSeconds, .epochMilliseconds:
      guard bytes.count >= 10 else {
        throw LoadProblem(
          code: 1_205, reason: "Invalid Date Format - length must be 10 or more")
      }
      guard let time = PlainTime.date(bytes) else { throw wrong("YYYY-MM-DD") }
      return time.days
    }
  }

  /// Microseconds since 1970; of a time without a zone, as if it were in UTC.
  private func moment(
    _ bytes: UnsafeBufferPointer<UInt8>, hasZone: Bool
  ) throws(LoadProblem) -> Int64 {
    func wrong(_ form: String) -> LoadProblem {
      LoadProblem(code: 1_206, reason: "Invalid timestamp format or value [\(form)]")
    }
    let text = { String(decoding: bytes, as: UTF8.self) }
    switch options.timeForm {
    case .auto:
      guard let (time, offset) = DateReader.read(text()) else { throw wrong("auto") }
      return time.microseconds - Int64(hasZone ? offset ?? 0 : 0) * 1_000_000
    case .template(let form):
      guard let template = timeTemplate else { throw wrong(form) }
      do throws(SQLError) {
        return try template.read(text(), isStrict: true).microseconds
      } catch {
        throw wrong(form)
      }
    case .epochSeconds, .epochMilliseconds:
      let isSeconds = options.timeForm == .epochSeconds
      guard let value = Double(text()), abs(value) < (isSeconds ? 4e11 : 4e14) else {
        throw wrong(isSeconds ? "epochsecs" : "epochmillisecs")
      }
      return Int64((value * (isSeconds ? 1e6 : 1e3)).rounded())
    case .standard:
      guard let (time, offset) = PlainTime.timestamp(bytes) else {
        throw wrong("YYYY-MM-DD HH24:MI:SS")
      }
      return time.microseconds - Int64(hasZone ? offset ?? 0 : 0) * 1_000_000
    }
  }

  private func time(_ bytes: UnsafeBufferPointer<UInt8>) throws(LoadProblem) -> [UInt8] {
    let text = String(decoding: bytes, as: UTF8.self)
    guard
      let match = text.wholeMatch(of: #/(\d{1,2}):(\d{2})(?::(\d{2})(\.\d{1,6})?)?/#),
      let hour = Int(match.1), let minute = Int(match.2), hour <= 24, minute < 60,
      (match.3.flatMap { Int($0) } ?? 0) < 60, hour < 24 || minute == 0
    else { throw LoadProblem(code: 1_206, reason: "Invalid time format or value [HH24:MI:SS]") }
    return Array(text.utf8)
  }
}
