import Core
import Foundation
import Synchronization

/// Runs a text of statements and prints what comes of it.
struct ScriptRunner: Sendable {
  let session: any SQLSession
  let format: SQLCommand.Format
  let timeout: Double?
  /// What a statement's error is told as, instead of with its place in the text: where a person
  /// did not write the text.
  var words: (@Sendable (SQLError) -> String)?

  /// - Returns: whether every statement succeeded.
  /// - Throws: `OutputFailure`
  func run(_ text: String) async throws -> Bool {
    let printer = ResultPrinter(format: format)
    let timer = timeout.map { seconds in
      Task { [session] in
        try await Task.sleep(for: .seconds(seconds))
        session.cancel()
      }
    }
    defer { timer?.cancel() }
    do {
      try await session.execute(text) { try printer.receive($0) }
      return true
    } catch let failure as OutputFailure {
      throw failure
    } catch let error as SQLError {
      try printer.flush()
      standardError(words?(error) ?? error.report(for: text))
    } catch {
      try printer.flush()
      standardError("weir: " + describe(error))
    }
    return false
  }
}

/// Prints results as they come: CSV and JSON row by row, tables at the end of each statement
/// (or of each 1,000 rows: the widths of the first serve the rest).
final class ResultPrinter: Sendable {
  private struct State {
    var columns: [SQLColumn] = []
    var table: [[String?]] = []
    var widths: [Int]?
    var rows = 0
  }

  private let format: SQLCommand.Format
  private let state = Mutex(State())

  init(format: SQLCommand.Format) {
    self.format = format
  }

  func receive(_ output: SQLOutput) throws {
    switch output {
    case .columns(let columns):
      state.withLock { $0 = State(columns: columns) }
      if format == .csv {
        try standardOutput(columns.map { csv($0.name) }.joined(separator: ",") + "\n")
      }
    case .rows(let batch): try receive(batch)
    case .complete(let tag): try complete(tag)
    case .notice(let notice): standardError("\(notice.severity):  \(notice.message)")
    case .empty, .parameter: break
    }
  }

  func flush() throws {
    if format == .table { try state.withLock { try printTable(&$0) } }
  }

  private func receive(_ batch: RowBatch) throws {
    try state.withLock { state in
      var text = ""
      for row in 0..<batch.rowCount {
        let values = (0..<batch.columnCount).map { batch.text(row: row, column: $0) }
        state.rows += 1
        switch format {
        case .csv: text += values.map { $0.map(csv) ?? "" }.joined(separator: ",") + "\n"
        case .json: text += json(values, state.columns) + "\n"
        case .table: state.table.append(values)
        }
      }
      if format == .table {
        if state.table.count >= 1_000 { try printTable(&state) }
      } else {
        try standardOutput(text)
      }
    }
  }

  private func complete(_ tag: String) throws {
    try state.withLock { state in
      guard format == .table else { return }
      if state.columns.isEmpty {
        try standardOutput(tag + "\n")
      } else {
        try printTable(&state)
        try standardOutput("(\(state.rows) row\(state.rows == 1 ? "" : "s"))\n\n")
      }
      state = State()
    }
  }

  // MARK: Forms

  private func printTable(_ state: inout State) throws {
    guard !state.columns.isEmpty, state.widths == nil || !state.table.isEmpty else { return }
    var text = ""
    let isFirst = state.widths == nil
    let widths =
      state.widths
      ?? state.columns.indices.map { column in
        max(
          state.columns[column].name.count,
          state.table.map { ($0[column] ?? "NULL").count }.max() ?? 0)
      }
    if isFirst {
      let names = state.columns.indices.map {
        pad(visible(state.columns[$0].name, isCell: true), widths[$0], toRight: false)
      }
      text += " " + names.joined(separator: " | ") + "\n"
      text += widths.map { String(repeating: "-", count: $0 + 2) }.joined(separator: "+") + "\n"
    }
    for row in state.table {
      let cells = row.indices.map {
        pad(
          visible(row[$0] ?? "NULL", isCell: true), widths[$0],
          toRight: state.columns[$0].type.isNumeric)
      }
      text += " " + cells.joined(separator: " | ") + "\n"
    }
    state.widths = widths
    state.table = []
    try standardOutput(text)
  }

  private func pad(_ text: String, _ width: Int, toRight: Bool) -> String {
    let space = String(repeating: " ", count: max(0, width - text.count))
    return toRight ? space + text : text + space
  }

  private func csv(_ text: String) -> String {
    guard text.isEmpty || text.contains(where: { $0 == "," || $0 == "\"" || $0.isNewline })
    else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }

  private func json(_ values: [String?], _ columns: [SQLColumn]) -> String {
    let pairs = zip(columns, values).map { column, value -> String in
      quote(column.name) + ":" + jsonValue(value, column.type)
    }
    return "{" + pairs.joined(separator: ",") + "}"
  }

  private func jsonValue(_ value: String?, _ type: SQLType) -> String {
    guard let value else { return "null" }
    if type == .boolean { return value == "t" ? "true" : "false" }
    if type.isNumeric, Double(value)?.isFinite == true { return value }
    if type == .semistructured { return value }
    return quote(value)
  }

  private func quote(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }
}
