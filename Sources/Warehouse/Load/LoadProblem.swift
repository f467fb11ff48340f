/// Why a value cannot be loaded, in the codes and words of Redshift's load error reference.
struct LoadProblem: Error {
  var code: Int
  var reason: String
  /// Bytes before what is wrong in the field.
  var position = 0

  static let missing = LoadProblem(code: 1_213, reason: "Missing data for not-null field")
  static let noDelimiter = LoadProblem(code: 1_214, reason: "Delimiter not found")
  static let extraColumns = LoadProblem(code: 1_202, reason: "Extra column(s) found")

  static func digit(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int, _ type: String)
    -> LoadProblem
  {
    let value =
      place < bytes.count
      ? String(decoding: bytes[place...].prefix(1), as: UTF8.self) : ""
    return LoadProblem(
      code: 1_207, reason: "Invalid digit, Value '\(value)', Pos \(place), Type: \(type)",
      position: place)
  }

  static func overflow(_ type: String) -> LoadProblem {
    LoadProblem(code: 1_204, reason: "Overflow, Type: \(type)")
  }
}
