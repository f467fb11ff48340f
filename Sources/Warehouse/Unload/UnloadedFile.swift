package import ObjectStore

/// A file that an UNLOAD made: in its staging folder, then an object.
package struct UnloadedFile: Sendable, Equatable {
  package struct Statistics: Sendable, Equatable {
    /// As text, as Parquet's footer has them; nil where it has none.
    package var least: String?
    package var greatest: String?
    package var nullCount: Int?
  }

  /// Where the object is, or is to be.
  package var address: ObjectAddress
  /// The columns of PARTITION BY with their values as text, nil for NULL.
  package var partition: [(column: String, value: String?)]
  package var rows: Int
  package var bytes: Int
  /// By column, of Parquet only.
  package var statistics: [String: Statistics] = [:]
  /// In the staging folder.
  var path: String

  package static func == (left: UnloadedFile, right: UnloadedFile) -> Bool {
    left.address == right.address && left.rows == right.rows && left.bytes == right.bytes
      && left.partition.map(\.column) == right.partition.map(\.column)
      && left.partition.map(\.value) == right.partition.map(\.value)
      && left.statistics == right.statistics
  }
}

/// What an UNLOAD has written and nobody sees yet.
package struct StagedUnload: Sendable {
  package var files: [UnloadedFile]
  /// The columns that the query has, with DuckDB's names of their types.
  package var columns: [(name: String, type: String)]
  /// The prefix that the keys of all files begin with.
  package var destination: ObjectAddress
  var directory: String

  package var rows: Int { files.reduce(0) { $0 + $1.rows } }
  package var bytes: Int { files.reduce(0) { $0 + $1.bytes } }
}
