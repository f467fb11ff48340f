internal import Core

/// A table of a data catalog's database: files of one format in a location, and what is known of
/// their columns.
struct ExternalTable: Sendable, Equatable {
  struct Column: Sendable, Equatable {
    var name: String
    /// As Redshift says it: `varchar(20)`.
    var type: String
    /// In DuckDB's SQL.
    var storedType: String
    /// Bytes that a text may have; nil for other types and where no length was given.
    var length: Int?
  }

  enum Format: String, Sendable {
    case parquet = "Parquet"
    case text = "Text"
    case csv = "OpenCSV"
    case json = "JSON"
  }

  var id: Int64
  var database: String
  var name: String
  /// Those that the files hold.
  var columns: [Column]
  /// Those whose values the catalog holds, partition by partition.
  var partitionColumns: [Column]
  var format: Format
  /// `s3://bucket/folder/`, or the address of a manifest.
  var location: String
  var properties: [String: String]
  var serdeProperties: [String: String]
  /// Whether `weir.external_file` names the files, rather than what the location holds.
  var isManaged: Bool

  var allColumns: [Column] { columns + partitionColumns }

  /// Rows, where `numRows` says it.
  var rowCount: Int? { properties["numRows"].flatMap(Int.init) }

  /// What stands for NULL among the values of a partition, as Hive and UNLOAD write it.
  static let nullPartition = "__HIVE_DEFAULT_PARTITION__"
}

/// A part of a table: its values of the partition columns, in their order.
struct ExternalPartition: Sendable, Equatable {
  var id: Int64
  var values: [String?]
  var location: String
}

/// A file that a scan is to read.
struct ExternalFile: Sendable, Equatable {
  /// What DuckDB's readers call it.
  var path: String
  /// `s3://bucket/key`
  var address: String
  var byteCount: Int
  /// Says when what is known of the file is no longer true; 0 for one that never changes.
  var modified: Int64
  /// Index among the scan's partitions.
  var partition: Int
}
