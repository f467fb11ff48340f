package import Core
import Foundation
import Synchronization

/// SQL with its expected results, in a file: sqllogictest's format, as DuckDB uses it.
///
/// `statement ok`, `statement error STATE [MESSAGE]` or `query`, then the SQL, then for a query
/// `----` and a line for each row, values parted by tabs. NULL is `NULL`, an empty text `(empty)`.
/// A blank line ends a record; `#` starts a comment.
package struct LogicTest: Sendable {
  package struct Record: Sendable {
    package enum Kind: Sendable, Equatable {
      case ok
      case error(state: String, message: String)
      case query(sorted: Bool)
    }
    package var line: Int
    package var kind: Kind
    package var sql: String
    package var expected: [String]
  }

  package var records: [Record] = []

  package init(file: String) throws {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    var index = 0
    while index < lines.count {
      defer { index += 1 }
      guard let kind = Self.kind(lines[index]) else { continue }
      var record = Record(line: index + 1, kind: kind, sql: "", expected: [])
      var sql: [String] = []
      index += 1
      while index < lines.count, !lines[index].isEmpty, lines[index] != "----" {
        sql.append(lines[index])
        index += 1
      }
      record.sql = sql.joined(separator: "\n")
      if index < lines.count, lines[index] == "----" {
        index += 1
        while index < lines.count, !lines[index].isEmpty {
          record.expected.append(lines[index])
          index += 1
        }
      }
      records.append(record)
    }
  }

  private static func kind(_ line: String) -> Record.Kind? {
    if line == "statement ok" { return .ok }
    if line.hasPrefix("query") { return .query(sorted: line.hasSuffix("rowsort")) }
    guard line.hasPrefix("statement error ") else { return nil }
    let rest = line.dropFirst("statement error ".count)
    return .error(
      state: String(rest.prefix(5)), message: String(rest.dropFirst(6)))
  }

  /// Runs every record.
  ///
  /// - Returns: a line for each that went otherwise than the file says.
  package func run(on session: some SQLSession) async -> [String] {
    var failures: [String] = []
    for record in records {
      if let failure = await run(record, on: session) {
        failures.append("line \(record.line): \(record.sql)\n  \(failure)")
      }
    }
    return failures
  }

  private func run(_ record: Record, on session: some SQLSession) async -> String? {
    let rows = Mutex([String]())
    do {
      try await session.execute(record.sql) { output in
        guard case .rows(let batch) = output else { return }
        rows.withLock { rows in
          for row in 0..<batch.rowCount {
            rows.append(
              (0..<batch.columnCount).map {
                let text = batch.text(row: row, column: $0) ?? "NULL"
                return text.isEmpty ? "(empty)" : text
              }.joined(separator: "\t"))
          }
        }
      }
    } catch let error as SQLError {
      guard case .error(let state, let message) = record.kind else {
        return "failed: \(error.sqlState) \(error.message)"
      }
      let isExpected =
        error.sqlState == state && (message.isEmpty || error.message.contains(message))
      return isExpected ? nil : "failed otherwise: \(error.sqlState) \(error.message)"
    } catch {
      return "failed: \(error)"
    }
    switch record.kind {
    case .ok: return nil
    case .error: return "did not fail"
    case .query(let sorted):
      var found = rows.withLock { $0 }
      var expected = record.expected
      if sorted {
        found.sort()
        expected.sort()
      }
      return found == expected ? nil : "gave \(found), not \(expected)"
    }
  }
}
