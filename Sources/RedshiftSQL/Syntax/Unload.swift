/// `UNLOAD ('select …') TO 's3://…'`
package struct Unload: Sendable, Equatable {
  package var query: Query
  package var destination: String
  /// Where the destination stands in the text.
  package var position: Int
  package var options: UnloadOptions
}

/// How the files of an UNLOAD are to look.
package struct UnloadOptions: Sendable, Equatable {
  package enum Format: String, Sendable { case text, csv, json, parquet }

  package enum Manifest: Sendable { case none, plain, verbose }

  /// What becomes of objects that are there already.
  package enum Existing: Sendable {
    /// Any object under the prefix fails the statement.
    case refuse
    case overwrite
    case clean
    /// Others under the prefix are left alone; none is replaced. Not Redshift's.
    case add
  }

  package var format = Format.text
  package var partitionColumns: [Identifier] = []
  package var includesPartitionColumns = false
  package var manifest = Manifest.none
  package var hasHeader = false
  /// A single ASCII character; nil: the format's own.
  package var delimiter: UInt8?
  /// Of each column, in order.
  package var fixedWidths: [Int]?
  package var compression: FileCompression?
  package var addsQuotes = false
  package var nullText: String?
  package var escapes = false
  package var existing = Existing.refuse
  package var isParallel = true
  package var fileBytesMax = Self.fileBytesLimit
  /// nil: the engine's own size.
  package var rowGroupBytes: Int?
  package var region: String?
  package var fileExtension: String?
  package var isEncrypted = false

  /// 6.2 GB.
  package static let fileBytesLimit = 6_200 << 20

  package init() {}

  /// What a file's name ends with.
  package var suffix: String {
    if let fileExtension { return fileExtension.isEmpty ? "" : "." + fileExtension }
    let own =
      switch format {
      case .json: ".json"
      case .parquet: ".parquet"
      case .text, .csv: ""
      }
    return own + (compression.map { "." + $0.suffix } ?? "")
  }

  package var effectiveDelimiter: UInt8 {
    delimiter ?? (format == .csv ? UInt8(ascii: ",") : UInt8(ascii: "|"))
  }
}

package enum FileCompression: String, Sendable {
  case gzip, bzip2, zstd

  package var suffix: String {
    switch self {
    case .gzip: "gz"
    case .bzip2: "bz2"
    case .zstd: "zst"
    }
  }
}
