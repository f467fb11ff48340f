internal import CFieldScan
internal import Core
internal import DuckDB

/// Where a field stands in a JSON document.
struct FieldPath: Hashable, Sendable {
  enum Step: Hashable, Sendable {
    /// Of JSON_EXTRACT_PATH_TEXT: digits name an element of an array as well as a member.
    case either(String)
    /// Of `super.name`.
    case member(String)
    /// Of `super[0]`.
    case element(Int)

    var text: String {
      switch self {
      case .either(let name), .member(let name): name
      case .element(let index): String(index)
      }
    }

    var isDigits: Bool {
      !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }

    fileprivate var kind: weir_step_kind {
      switch self {
      case .either: WEIR_STEP_EITHER
      case .member: WEIR_STEP_MEMBER
      case .element: WEIR_STEP_INDEX
      }
    }
  }

  var steps: [Step]

  /// Whether numbers stay as they are written: JSON_EXTRACT_PATH_TEXT's do.
  var isWritten: Bool {
    if case .either? = steps.last { true } else { false }
  }

  /// Whether one of the two takes a step of digits, or the field itself, otherwise than the other
  /// does.
  func differs(from other: FieldPath) -> Bool {
    if isWritten != other.isWritten, steps.map(\.text) == other.steps.map(\.text) { return true }
    for (mine, theirs) in zip(steps, other.steps) {
      guard mine.text == theirs.text else { return false }
      if mine.isDigits, mine.kind != theirs.kind { return true }
    }
    return false
  }
}

/// A field, and the type in which the scan gives it where its text is plain (`field_values.c`).
/// The texts that are not are in a second column, for DuckDB to cast or to refuse.
struct WantedField: Hashable, Sendable {
  enum Form: Hashable, Sendable {
    case text
    /// Of up to so many bytes.
    case shortText(Int)
    case smallint, integer, bigint, double, timestamp, boolean
    case decimal(width: Int, scale: Int)

    var columnType: TableFunction.ColumnType {
      switch self {
      case .text, .shortText: .varchar
      case .smallint: .smallint
      case .integer: .integer
      case .bigint: .bigint
      case .double: .double
      case .timestamp: .timestamp
      case .boolean: .boolean
      case .decimal(let width, let scale): .decimal(width: width, scale: scale)
      }
    }
  }

  var path: FieldPath
  var form: Form
}

/// The fields that a view takes from its stream's JSON, for the scan to find them all in one
/// pass over each record.
///
/// @unchecked Sendable: the set is not changed after it was made.
final class FieldPaths: @unchecked Sendable, Equatable {
  /// One column of the scan.
  struct Column: Sendable {
    var name: String
    var type: TableFunction.ColumnType
    /// Which of the wanted fields it is of.
    var wanted: Int
    /// What has another form than the one that is wanted, as text.
    var isRest: Bool
  }

  let wanted: [WantedField]
  let columns: [Column]
  /// Whether a record that is no JSON is told of rather than given up on.
  let skipsInvalid: Bool
  /// Which of the set's fields each of the wanted ones is.
  let places: [Int]
  fileprivate let set: OpaquePointer

  /// - Returns: nil without fields, without memory for them, or if they contradict each other.
  init?(_ wanted: [WantedField], skipsInvalid: Bool) {
    let areAtOdds = wanted.contains { field in
      wanted.contains { field.path.differs(from: $0.path) }
    }
    guard !wanted.isEmpty, !areAtOdds, let set = weir_field_set_make() else { return nil }
    self.wanted = wanted
    self.skipsInvalid = skipsInvalid
    self.set = set
    columns = Self.columns(of: wanted)
    places = wanted.map { Self.add($0.path, to: set) }
    if places.contains(where: { $0 < 0 }) { return nil }
  }

  deinit { weir_field_set_free(set) }

  static func valueColumn(_ index: Int) -> String { "weir_f\(index)" }
  static func restColumn(_ index: Int) -> String { "weir_r\(index)" }

  private static func columns(of wanted: [WantedField]) -> [Column] {
    var columns: [Column] = []
    for (index, field) in wanted.enumerated() {
      columns.append(
        Column(
          name: valueColumn(index), type: field.form.columnType, wanted: index, isRest: false))
      guard field.form != .text else { continue }
      columns.append(
        Column(name: restColumn(index), type: .varchar, wanted: index, isRest: true))
    }
    return columns
  }

  private static func add(_ path: FieldPath, to set: OpaquePointer) -> Int {
    var place: Int32 = 0
    for step in path.steps where place >= 0 {
      var name = step.text
      let from = UInt32(place)
      place = name.withUTF8 { bytes in
        bytes.withMemoryRebound(to: CChar.self) {
          weir_field_set_step(set, from, $0.baseAddress, $0.count, step.kind)
        }
      }
    }
    return place < 0 ? -1 : Int(weir_field_set_end(set, UInt32(place), path.isWritten))
  }

  func makeScanner() -> FieldScanner? { FieldScanner(self) }

  static func == (left: FieldPaths, right: FieldPaths) -> Bool {
    left.wanted == right.wanted && left.skipsInvalid == right.skipsInvalid
  }
}

/// One thread's search for fields.
final class FieldScanner {
  let paths: FieldPaths
  private let scan: OpaquePointer
  /// Whether the last document was none.
  private(set) var isInvalid = false

  fileprivate init?(_ paths: FieldPaths) {
    guard let scan = weir_field_scan_make(paths.set) else { return nil }
    self.paths = paths
    self.scan = scan
  }

  deinit { weir_field_scan_free(scan) }

  /// - Returns: whether the document is JSON whose fields were found.
  func run(_ document: UnsafeBufferPointer<UInt8>) -> Bool {
    let result = weir_field_scan_run(scan, document.baseAddress, document.count)
    isInvalid = result == WEIR_SCAN_INVALID
    return result == WEIR_SCAN_OK
  }

  /// The set's fields in the document that was run last: valid until the next.
  var fields: UnsafePointer<weir_field>? { weir_field_scan_fields(scan) }
}
