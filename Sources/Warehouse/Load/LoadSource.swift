internal import Core
internal import DuckDB
internal import RedshiftSQL
internal import Synchronization

/// The rows of a COPY's files, for a table function to return: one file at a time on each thread.
///
/// A record that cannot be loaded is noted and left out, until there are too many.
final class LoadSource: TableFunctionSource {
  struct File: Sendable {
    var address: String
    var path: String
    var byteCount: Int
  }

  let files: [File]
  let loadColumns: [LoadColumn]
  let options: CopyOptions
  /// Of JSON.
  let shape: JSONShape?
  private let checkCancellation: @Sendable () throws -> Void
  private let state = Mutex(State())

  struct State: Sendable {
    var next = 0
    var errors: [LoadError] = []
    var errorCount = 0
    var rows = 0
    var scannedFiles = 0
    var scannedBytes = 0
    var failure: SQLError?
  }

  /// Errors that are kept of one COPY.
  static let errorsKept = 10_000

  init(
    files: [File], columns: [LoadColumn], options: CopyOptions, shape: JSONShape?,
    checkCancellation: @escaping @Sendable () throws -> Void
  ) {
    self.files = files
    loadColumns = columns
    self.options = options
    self.shape = shape
    self.checkCancellation = checkCancellation
  }

  var columns: [TableColumn] {
    loadColumns.enumerated().map { TableColumn(name: "c\($0)", type: $1.source) }
  }

  var estimatedRowCount: Int? { nil }
  var threadsMax: Int { max(1, files.count) }
  var progress: State { state.withLock { $0 } }

  func makeWorker(projection: [Int]) -> any TableFunctionWorker {
    LoadWorker(source: self, projection: projection)
  }

  // MARK: What workers say

  fileprivate func nextFile() throws -> File? {
    try checkCancellation()
    return state.withLock { state in
      guard state.failure == nil, state.next < files.count else { return nil }
      defer { state.next += 1 }
      return files[state.next]
    }
  }

  fileprivate func note(rows: Int) throws {
    try checkCancellation()
    state.withLock { $0.rows += rows }
  }

  fileprivate func note(scanned bytes: Int) {
    state.withLock { state in
      state.scannedFiles += 1
      state.scannedBytes += bytes
    }
  }

  /// - Throws: when there are as many errors as the statement allows.
  fileprivate func note(_ error: LoadError) throws {
    let isTooMuch = state.withLock { state in
      state.errorCount += 1
      if state.errors.count < Self.errorsKept { state.errors.append(error) }
      return !options.ignoresAllErrors && state.errorCount >= max(1, options.errorsMax)
    }
    if isTooMuch { throw LoadStop() }
  }

  fileprivate func fail(_ error: SQLError) {
    state.withLock { $0.failure = $0.failure ?? error }
  }
}

/// Too many errors.
struct LoadStop: Error {}

/// A record that could not be loaded.
struct LoadError: Sendable {
  var file: String
  var line: Int
  var offset: Int
  var column: String
  var type: String
  var length: String
  var position: Int
  var rawLine: String
  var rawValue: String
  var code: Int
  var reason: String
  /// The values before the one that is wrong, and that one.
  var values: [String]
}

private final class LoadWorker: TableFunctionWorker {
  private let source: LoadSource
  /// Where each column of the load goes in the chunk; nil: nobody asks for it.
  private let places: [Int?]
  private let values: LoadValues
  private var scanner: JSONFields?
  private var reader: RecordReader?
  private var file: LoadSource.File?

  init(source: LoadSource, projection: [Int]) {
    self.source = source
    values = LoadValues(options: source.options)
    places = source.loadColumns.indices.map { projection.firstIndex(of: $0) }
    scanner = source.shape.map(JSONFields.init)
  }

  func fill(_ chunk: inout OutputChunk) throws -> Int {
    var row = 0
    do {
      while row < chunk.capacity {
        guard let reader = try openReader() else { break }
        guard try reader.next() else {
          source.note(scanned: reader.bytesRead)
          self.reader = nil
          continue
        }
        if isSkipped(reader) { continue }
        if try put(reader, row, &chunk) { row += 1 }
      }
    } catch let error as SQLError {
      source.fail(located(error))
      throw error
    }
    try source.note(rows: row)
    return row
  }

  private func located(_ error: SQLError) -> SQLError {
    var error = error
    if let file, error.sqlState != "57014" {
      error.detail = [error.detail, "in \(file.address)"].compactMap { $0 }.joined(separator: ", ")
    }
    return error
  }

  private func openReader() throws -> RecordReader? {
    if let reader { return reader }
    guard let file = try source.nextFile() else { return nil }
    self.file = file
    let options = source.options
    reader = RecordReader(
      try ByteStream(
        path: file.path, compression: options.compression, encoding: options.encoding),
      options: options)
    return reader
  }

  private func isSkipped(_ reader: RecordReader) -> Bool {
    if reader.line <= source.options.headerLines, source.shape == nil { return true }
    guard source.options.ignoresBlankLines, reader.damage == nil else { return false }
    return reader.record.isEmpty
  }

  /// - Returns: false for a record that is left out.
  private func put(
    _ reader: RecordReader, _ row: Int, _ chunk: inout OutputChunk
  ) throws -> Bool {
    var index = 0
    do throws(LoadProblem) {
      if let damage = reader.damage {
        throw LoadProblem(code: damage.code, reason: damage.reason)
      }
      if scanner != nil { return try putJSON(reader, row, &chunk, &index) }
      try checkCount(reader, &index)
      let fields = reader.fields
      index = 0
      while index < source.loadColumns.count {
        let column = source.loadColumns[index]
        if index < fields.count {
          let field = fields[index]
          try reader.withBytes(field) { bytes throws(LoadProblem) in
            try values.put(
              bytes, isQuoted: field.isQuoted, as: column, places[index], row, &chunk)
          }
        } else {
          try fill(column, places[index], row, &chunk)
        }
        index += 1
      }
      return true
    } catch {
      try source.note(loadError(error, reader, column: index))
      return false
    }
  }

  private func checkCount(_ reader: RecordReader, _ index: inout Int) throws(LoadProblem) {
    let (found, wanted) = (reader.fields.count, source.loadColumns.count)
    if found > wanted {
      // A delimiter may stand behind the last field.
      if found == wanted + 1, let last = reader.fields.last, last.range.isEmpty, !last.isQuoted {
        return
      }
      index = wanted
      throw .extraColumns
    }
    guard found < wanted, !source.options.fillsRecords else { return }
    index = max(0, found - 1)
    throw .noDelimiter
  }

  /// FILLRECORD: texts are empty, others NULL.
  private func fill(
    _ column: LoadColumn, _ place: Int?, _ row: Int, _ chunk: inout OutputChunk
  ) throws(LoadProblem) {
    if column.kind == .varchar, !source.options.emptyIsNull {
      guard let place else { return }
      chunk.setStringCopy(column: place, row: row, UnsafeBufferPointer(start: nil, count: 0))
      return
    }
    try values.putNull(column, place, row, &chunk)
  }

  private func putJSON(
    _ reader: RecordReader, _ row: Int, _ chunk: inout OutputChunk, _ index: inout Int
  ) throws(LoadProblem) -> Bool {
    guard let scanner, let document = reader.fields.first else { return false }
    try reader.withBytes(document) { bytes throws(LoadProblem) in
      guard scanner.run(bytes) else {
        throw LoadProblem(code: 1_216, reason: "Invalid JSON format")
      }
      while index < source.loadColumns.count {
        let column = source.loadColumns[index]
        switch scanner.value(index, in: bytes) {
        case .missing: try values.putNull(column, places[index], row, &chunk)
        case .text(let text, let isString):
          try values.put(
            text, isQuoted: isString, isJSONString: isString, as: column, places[index], row,
            &chunk)
        }
        index += 1
      }
    }
    return true
  }

  private func loadError(
    _ problem: LoadProblem, _ reader: RecordReader, column index: Int
  ) -> LoadError {
    let columns = source.loadColumns
    let column = columns.indices.contains(index) ? columns[index] : nil
    func text(_ field: RecordReader.Field) -> String {
      reader.withBytes(field) { String(decoding: $0.prefix(1_024), as: UTF8.self) }
    }
    let fields = scanner == nil ? reader.fields : []
    return LoadError(
      file: file?.address ?? "", line: reader.line, offset: reader.offset,
      column: column?.name ?? "", type: column?.redshiftType ?? "",
      length: column?.redshiftLength ?? "", position: problem.position,
      rawLine: text(RecordReader.Field(range: reader.record)),
      rawValue: fields.indices.contains(index) ? text(fields[index]) : "", code: problem.code,
      reason: problem.reason, values: fields.prefix(index + 1).map(text))
  }
}

/// The COPYs that run, by number, for their table function to find.
final class LoadRegistry: Sendable {
  private let state = Mutex((next: 0, sources: [Int: LoadSource]()))

  func add(_ source: LoadSource) -> Int {
    state.withLock { state in
      state.next += 1
      state.sources[state.next] = source
      return state.next
    }
  }

  func remove(_ number: Int) {
    state.withLock { _ = $0.sources.removeValue(forKey: number) }
  }

  /// `weir_load('7')`
  var function: TableFunction {
    TableFunction(name: "weir_load", parameters: [.bigint]) { [self] arguments in
      let number = arguments.first?.string.flatMap { Int($0) } ?? 0
      guard let source = state.withLock({ $0.sources[number] }) else {
        throw SQLError("22023", "no COPY has the number \(number)")
      }
      return source
    }
  }
}
