internal import Core
internal import DuckDB
internal import Synchronization

/// What the footer of a Parquet file says of its row groups.
struct ParquetFooter: Sendable {
  struct Chunk: Sendable {
    /// Compressed, as it lies in the file.
    var byteCount: Int
    var least: String?
    var greatest: String?
  }

  struct RowGroup: Sendable {
    var rowCount: Int
    /// By the column's name in lower case.
    var chunks: [String: Chunk]
  }

  var rowGroups: [RowGroup]
}

/// Footers by file, read once while a file does not change.
///
/// On a connection and a queue of its own, so that a statement's rows do not wait for it.
final class FooterCache: Sendable {
  /// Chunks that are kept, of about 100 bytes each.
  private static let chunksMax = 500_000

  private struct Entry {
    var byteCount: Int
    var modified: Int64
    var footer: ParquetFooter
  }

  private struct State {
    var entries: [String: Entry] = [:]
    var chunks = 0
  }

  private let connection: Connection
  private let queue = BlockingQueue(label: "weir.footers")
  private let state = Mutex(State())

  init(connection: Connection) {
    self.connection = connection
  }

  /// - Returns: a footer for each file, by its path; none for a file that could not be read.
  func footers(of files: [ExternalFile]) async throws -> [String: ParquetFooter] {
    let missing = state.withLock { state in
      files.filter { file in
        guard let entry = state.entries[file.path] else { return true }
        return entry.byteCount != file.byteCount || entry.modified != file.modified
      }
    }
    if !missing.isEmpty { try await queue.run { [self] in try load(missing) } }
    return state.withLock { state in
      var found: [String: ParquetFooter] = [:]
      for file in files { found[file.path] = state.entries[file.path]?.footer }
      return found
    }
  }

  private func load(_ files: [ExternalFile]) throws {
    for start in stride(from: 0, to: files.count, by: 256) {
      let some = Array(files[start..<min(start + 256, files.count)])
      let found = try read(some.map(\.path))
      state.withLock { state in
        for file in some {
          guard let footer = found[file.path] else { continue }
          state.chunks += footer.rowGroups.reduce(0) { $0 + $1.chunks.count }
          state.entries[file.path] = Entry(
            byteCount: file.byteCount, modified: file.modified, footer: footer)
        }
      }
    }
    // What was read for this statement stays: it is asked for next.
    state.withLock { state in
      guard state.chunks > Self.chunksMax else { return }
      let kept = Set(files.map(\.path))
      state.entries = state.entries.filter { kept.contains($0.key) }
      state.chunks = state.entries.values.reduce(0) { sum, entry in
        sum + entry.footer.rowGroups.reduce(0) { $0 + $1.chunks.count }
      }
    }
  }

  private func read(_ paths: [String]) throws -> [String: ParquetFooter] {
    let list = paths.map(literal).joined(separator: ", ")
    // A nested column has several chunks, whose paths begin with its name.
    let rows = try connection.rows(
      """
      SELECT file_name, row_group_id, any_value(row_group_num_rows),
             lower(split_part(path_in_schema, ', ', 1)) AS name, sum(total_compressed_size),
             min(stats_min_value), max(stats_max_value), count(*)
        FROM parquet_metadata([\(list)])
       GROUP BY file_name, row_group_id, name ORDER BY file_name, row_group_id
      """)
    var found: [String: ParquetFooter] = [:]
    for row in rows {
      guard let path = row[0], let group = row[1].flatMap(Int.init), let name = row[3] else {
        continue
      }
      var footer = found[path] ?? ParquetFooter(rowGroups: [])
      while footer.rowGroups.count <= group {
        footer.rowGroups.append(.init(rowCount: 0, chunks: [:]))
      }
      footer.rowGroups[group].rowCount = row[2].flatMap(Int.init) ?? 0
      let isPlain = row[7] == "1"
      footer.rowGroups[group].chunks[name] = .init(
        byteCount: row[4].flatMap { Int($0) } ?? 0, least: isPlain ? row[5] : nil,
        greatest: isPlain ? row[6] : nil)
      found[path] = footer
    }
    return found
  }
}
