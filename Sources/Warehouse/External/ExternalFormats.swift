internal import Core
internal import RedshiftSQL

/// What `ROW FORMAT`, `STORED AS` and the names of Hive's classes say of files.
struct ExternalFormats {
  var format: ExternalTable.Format
  var inputFormat: String
  var outputFormat: String
  var serde: String
  var serdeProperties: [String: String]

  private static let parquetSerde = "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"
  private static let parquetInput = "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat"
  private static let parquetOutput =
    "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat"
  private static let lazySerde = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
  private static let textInput = "org.apache.hadoop.mapred.TextInputFormat"
  private static let textOutput = "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"
  private static let csvSerde = "org.apache.hadoop.hive.serde2.OpenCSVSerde"
  private static let jsonSerdes = [
    "org.openx.data.jsonserde.JsonSerDe", "org.apache.hive.hcatalog.data.JsonSerDe",
  ]

  /// As `STORED AS PARQUET`.
  static let parquet = ExternalFormats(
    format: .parquet, inputFormat: parquetInput, outputFormat: parquetOutput, serde: parquetSerde,
    serdeProperties: [:])
}

extension ExternalFormats {
  /// - Throws: `SQLError` 0A000 for a format that Weir does not read, by name.
  init(_ table: CreateExternalTable) throws(SQLError) {
    var properties: [String: String] = [:]
    for property in table.serdeProperties { properties[property.name] = property.value }
    if let terminator = table.fieldTerminator { properties["field.delim"] = terminator }
    if let terminator = table.lineTerminator { properties["line.delim"] = terminator }
    serdeProperties = properties
    let kind = try Self.kind(of: table)
    format = kind
    switch kind {
    case .parquet:
      (inputFormat, outputFormat) = (Self.parquetInput, Self.parquetOutput)
      serde = Self.parquetSerde
    case .text, .csv, .json:
      (inputFormat, outputFormat) = (Self.textInput, Self.textOutput)
      serde = table.serde ?? Self.lazySerde
    }
    if let line = properties["line.delim"], line != "\n" {
      throw SQLError(
        "0A000", "LINES TERMINATED BY anything but a newline is not supported",
        position: table.formatPosition)
    }
  }

  private static func kind(
    of table: CreateExternalTable
  ) throws(SQLError) -> ExternalTable.Format {
    let stored = table.inputFormat ?? table.format
    let isParquet = stored == "PARQUET" || stored == parquetInput
    let isText = stored == "TEXTFILE" || stored == textInput
    guard isParquet || isText else {
      throw unsupported("STORED AS \(stored)", table, "PARQUET and TEXTFILE are")
    }
    guard let serde = table.serde else { return isParquet ? .parquet : .text }
    switch serde {
    case parquetSerde where isParquet: return .parquet
    case lazySerde where isText: return .text
    case csvSerde where isText: return .csv
    case _ where jsonSerdes.contains(serde) && isText: return .json
    default:
      throw unsupported(
        "ROW FORMAT SERDE '\(serde)'", table, "LazySimpleSerDe, OpenCSVSerde and JsonSerDe are")
    }
  }

  private static func unsupported(
    _ what: String, _ table: CreateExternalTable, _ hint: String
  ) -> SQLError {
    SQLError("0A000", "\(what) is not supported", hint: hint, position: table.formatPosition)
  }

  /// - Throws: `SQLError` 0A000 for a compression that Weir does not read.
  static func check(
    _ properties: [CreateExternalTable.Property], at position: Int
  ) throws(SQLError) {
    for property in properties where property.name == "compression_type" {
      guard ["none", "gzip", "snappy"].contains(property.value.lowercased()) else {
        throw SQLError(
          "0A000", "'compression_type'='\(property.value)' is not supported",
          hint: "'none', 'gzip' and, for Parquet, 'snappy' are", position: position)
      }
    }
  }
}
