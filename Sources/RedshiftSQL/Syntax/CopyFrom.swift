/// `COPY t FROM 's3://…'`
package struct CopyFrom: Sendable, Equatable {
  package var table: ObjectName
  package var columns: [Identifier]
  package var source: String
  /// Where the source stands in the text.
  package var position: Int
  package var options: CopyOptions
}

/// How the files of a COPY are to be read.
package struct CopyOptions: Sendable, Equatable {
  package enum Format: Sendable, Equatable {
    case text, csv, parquet
    /// Widths in characters, of each column in order.
    case fixedWidth([Int])
    case json(JSONMapping)

    package var name: String {
      switch self {
      case .text: "text"
      case .csv: "csv"
      case .parquet: "parquet"
      case .fixedWidth: "fixedwidth"
      case .json: "json"
      }
    }
  }

  package enum JSONMapping: Sendable, Equatable {
    /// By the names of columns.
    case auto(ignoresCase: Bool)
    /// The whole document into the one column of type SUPER.
    case noShred
    /// The address of a file with a path for each column.
    case paths(String)
  }

  package enum DateForm: Sendable, Equatable {
    case standard, auto, epochSeconds, epochMilliseconds
    case template(String)
  }

  package enum Encoding: String, Sendable { case utf8, utf16, utf16le, utf16be }

  package var format = Format.text
  package var delimiter: UInt8?
  package var quote = UInt8(ascii: "\"")
  package var isManifest = false
  package var compression: FileCompression?
  package var headerLines = 0
  package var ignoresBlankLines = false
  /// nil: `\N`.
  package var nullText: String?
  package var emptyIsNull = false
  package var blanksAreNull = false
  package var dateForm = DateForm.standard
  package var timeForm = DateForm.standard
  package var acceptsAnyDate = false
  /// What stands for each byte that is no UTF-8.
  package var invalidReplacement: UInt8?
  package var truncates = false
  package var trimsBlanks = false
  package var fillsRecords = false
  package var removesQuotes = false
  package var escapes = false
  package var encoding = Encoding.utf8
  package var hasExplicitIDs = false
  package var roundsDecimals = false
  package var errorsMax = 0
  package var ignoresAllErrors = false
  package var isOnlyChecked = false
  package var region: String?

  package init() {}

  package var effectiveDelimiter: UInt8 {
    delimiter ?? (format == .csv ? UInt8(ascii: ",") : UInt8(ascii: "|"))
  }
}
