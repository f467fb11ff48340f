internal import CFieldScan
internal import Core
internal import RedshiftSQL

/// The fields that a view takes from its stream's JSON, for the scan to find them all in one
/// pass over each record.
///
/// @unchecked Sendable: the set is not changed after it was made.
final class FieldPaths: @unchecked Sendable, Equatable {
  let steps: [[String]]
  /// Whether a record that is no JSON is told of rather than given up on.
  let skipsInvalid: Bool
  fileprivate let set: OpaquePointer

  var count: Int { steps.count }

  /// - Returns: nil without paths, or without memory for them.
  init?(_ steps: [[String]], skipsInvalid: Bool) {
    guard !steps.isEmpty, let set = weir_field_set_make() else { return nil }
    self.steps = steps
    self.skipsInvalid = skipsInvalid
    self.set = set
    for (index, path) in steps.enumerated() where Self.add(path, to: set) != index { return nil }
  }

  deinit { weir_field_set_free(set) }

  private static func add(_ path: [String], to set: OpaquePointer) -> Int {
    let bytes = path.map { Array($0.utf8.map(CChar.init(bitPattern:))) + [0] }
    let lengths = bytes.map { $0.count - 1 }
    return withPointers(to: bytes[...], []) { pointers in
      Int(weir_field_set_add(set, pointers, lengths, path.count))
    }
  }

  private static func withPointers<Value>(
    to arrays: ArraySlice<[CChar]>, _ pointers: [UnsafePointer<CChar>?],
    _ body: ([UnsafePointer<CChar>?]) -> Value
  ) -> Value {
    guard let first = arrays.first else { return body(pointers) }
    return first.withUnsafeBufferPointer {
      withPointers(to: arrays.dropFirst(), pointers + [$0.baseAddress], body)
    }
  }

  func makeScanner() -> FieldScanner? { FieldScanner(self) }

  static func == (left: FieldPaths, right: FieldPaths) -> Bool {
    left.steps == right.steps && left.skipsInvalid == right.skipsInvalid
  }
}

/// One thread's search for fields.
final class FieldScanner {
  enum Field {
    /// Or null.
    case missing
    case inPlace(UnsafeBufferPointer<UInt8>)
    case made(UnsafeBufferPointer<UInt8>)
  }

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

  /// A field of the document that was run last: valid until the next.
  func field(_ index: Int) -> Field {
    guard let fields = weir_field_scan_fields(scan) else { return .missing }
    let field = fields[index]
    let text = UnsafeBufferPointer(start: field.text, count: Int(field.length))
    return switch field.kind {
    case WEIR_FIELD_IN_PLACE: .inPlace(text)
    case WEIR_FIELD_MADE: .made(text)
    default: .missing
    }
  }
}

/// Puts columns of the scan in the place of a view's calls of JSON_EXTRACT_PATH_TEXT and
/// CAN_JSON_PARSE, and remembers which.
final class FieldCollector {
  private var steps: [[String]] = []

  func paths(skipsInvalid: Bool) -> FieldPaths? { FieldPaths(steps, skipsInvalid: skipsInvalid) }

  /// `json_extract_path_text(kinesis_data, 'a', 'b')` → `weir_f0`
  func rewrite(_ value: Expression) throws(SQLError) -> Expression? {
    guard case .call(let call) = value.kind, let document = call.arguments.first,
      let column = Self.dataColumn(of: document)
    else { return nil }
    if Self.isValidityTest(call) {
      return Self.column(StreamScanFunction.isJSONColumn, like: column)
    }
    guard call.simpleName == "json_extract_path_text", call.arguments.count > 1 else { return nil }
    var path: [String] = []
    for step in call.arguments.dropFirst() {
      guard case .string(let text) = step.kind, !text.isEmpty else { return nil }
      path.append(text)
    }
    let index = steps.firstIndex(of: path) ?? steps.count
    if index == steps.count { steps.append(path) }
    return Self.column(StreamScanFunction.fieldColumn(index), like: column)
  }

  static func isValidityTest(_ call: FunctionCall) -> Bool {
    call.simpleName == "can_json_parse" && call.arguments.count == 1
      && call.arguments.first.flatMap(dataColumn) != nil
  }

  /// The stream's data, as bytes or as text.
  private static func dataColumn(of value: Expression) -> [Identifier]? {
    if StreamText.isData(value), case .column(let parts) = value.kind { return parts }
    if case .column(let parts) = value.kind, parts.last?.name == StreamScanFunction.textColumn {
      return parts
    }
    return nil
  }

  private static func column(_ name: String, like parts: [Identifier]) -> Expression {
    var parts = parts
    parts[parts.count - 1] = Identifier(name)
    return Expression(.column(parts))
  }
}
