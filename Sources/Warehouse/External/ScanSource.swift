internal import Core

/// DuckDB's SQL for a scan of exactly these files.
struct ScanSource {
  let table: ExternalTable
  let partitions: [ExternalPartition]
  let files: [ExternalFile]
  let hasPseudoColumns: Bool

  /// A query in parentheses, with the columns as declared, and the partition's behind them.
  var sql: String {
    guard !files.isEmpty else { return empty }
    let items = table.columns.map(item) + partitionItems + pseudoItems
    return "(SELECT \(items.joined(separator: ", ")) FROM \(reader))"
  }

  private var empty: String {
    var items = table.allColumns.map { "NULL::\($0.storedType) AS \(quoted($0.name))" }
    if hasPseudoColumns {
      items += ["NULL::VARCHAR AS \"$path\"", "NULL::BIGINT AS \"$size\""]
    }
    return "(SELECT \(items.joined(separator: ", ")) WHERE false)"
  }

  // MARK: Files

  private var paths: String {
    "[\(files.map { literal($0.path) }.joined(separator: ", "))]"
  }

  private var reader: String {
    switch table.format {
    case .parquet:
      // Columns are found by their names, in any case; one that a file lacks is NULL.
      let columns = table.columns.map {
        "\(literal($0.name)): {name: \(literal($0.name)), type: \(literal($0.storedType)), "
          + "default_value: NULL}"
      }
      return "read_parquet(\(paths), hive_partitioning = false, "
        + "schema = MAP {\(columns.joined(separator: ", "))})"
    case .json: return json
    case .text: return text(quote: "", escape: "", delimiter: table.serdeProperties["field.delim"])
    case .csv:
      return text(
        quote: table.serdeProperties["quoteChar"] ?? "\"",
        escape: table.serdeProperties["escapeChar"] ?? "\"",
        delimiter: table.serdeProperties["separatorChar"] ?? ",")
    }
  }

  private var json: String {
    let columns = table.columns.map { "\(literal(jsonKey($0))): \(literal($0.storedType))" }
    let isArray = table.serdeProperties["strip.outer.array"] == "true"
    return "read_json(\(paths), columns = {\(columns.joined(separator: ", "))}, "
      + "format = '\(isArray ? "array" : "newline_delimited")', "
      + "hive_partitioning = false\(compression))"
  }

  /// `'mapping.a' = 'A'` says how a column is called in the files.
  private func jsonKey(_ column: ExternalTable.Column) -> String {
    table.serdeProperties["mapping.\(column.name)"] ?? column.name
  }

  /// Values are read as texts: an empty one is a text where it belongs to one, and a date has
  /// several forms.
  private func text(quote: String, escape: String, delimiter: String?) -> String {
    let columns = table.columns.map { "\(literal($0.name)): 'VARCHAR'" }
    let skipped = table.properties["skip.header.line.count"].flatMap(Int.init) ?? 0
    return "read_csv(\(paths), columns = {\(columns.joined(separator: ", "))}, "
      + "auto_detect = false, header = false, skip = \(max(0, skipped)), "
      + "delim = \(literal(delimiter ?? "\u{1}")), quote = \(literal(quote)), "
      + "escape = \(literal(escape)), nullstr = \(literal(nullText)), null_padding = true, "
      + "strict_mode = false, hive_partitioning = false\(compression))"
  }

  private var compression: String {
    table.properties["compression_type"]?.lowercased() == "gzip" ? ", compression = 'gzip'" : ""
  }

  private var nullText: String { table.properties["serialization.null.format"] ?? "\\N" }

  // MARK: Columns

  private func item(_ column: ExternalTable.Column) -> String {
    let name = quoted(column.name)
    switch table.format {
    case .parquet: return column.length == nil ? name : "\(cut(name, column)) AS \(name)"
    case .json:
      let key = quoted(jsonKey(column))
      if column.length != nil { return "\(cut(key, column)) AS \(name)" }
      return key == name ? name : "\(key) AS \(name)"
    case .text, .csv:
      return "\(column.storedType == "VARCHAR" ? cut(name, column) : converted(column)) AS \(name)"
    }
  }

  /// The value in its type; an empty text is NULL, one of another form an error that says where.
  private func converted(_ column: ExternalTable.Column) -> String {
    let value = "nullif(\(quoted(column.name)), '')"
    let formats = "['%m-%d-%Y', '%b-%d-%Y', '%d-%b-%Y', '%Y-%b-%d']"
    let dates =
      column.storedType == "DATE" ? ", CAST(try_strptime(\(value), \(formats)) AS DATE)" : ""
    let reason = literal(": column \"\(column.name)\": invalid input syntax for \(column.type): \"")
    return "coalesce(TRY_CAST(\(value) AS \(column.storedType))\(dates), "
      + "CASE WHEN \(value) IS NOT NULL "
      + "THEN error('[22P02] ' || filename || \(reason) || \(value) || '\"') END)"
  }

  /// "Results are truncated to fit the defined column size without returning an error", in bytes.
  private func cut(_ value: String, _ column: ExternalTable.Column) -> String {
    guard let length = column.length else { return value }
    return "CASE WHEN strlen(\(value)) > \(length) THEN weir_cut(\(value), \(length)) "
      + "ELSE \(value) END"
  }

  // MARK: Partitions

  /// The catalog says the values, whatever the files are called.
  private var partitionItems: [String] {
    table.partitionColumns.enumerated().map { place, column in
      let values = files.map { file in
        partitions.indices.contains(file.partition)
          && partitions[file.partition].values.indices.contains(place)
          ? partitions[file.partition].values[place] : nil
      }
      return "\(chosen(values.map { $0.map(literal) ?? "NULL" }, column.storedType)) AS "
        + quoted(column.name)
    }
  }

  private var pseudoItems: [String] {
    guard hasPseudoColumns else { return [] }
    return [
      chosen(files.map { literal($0.address) }, "VARCHAR") + " AS \"$path\"",
      chosen(files.map { String($0.byteCount) }, "BIGINT") + " AS \"$size\"",
    ]
  }

  /// The value of the file that a row is from.
  private func chosen(_ values: [String], _ type: String) -> String {
    if let first = values.first, values.allSatisfy({ $0 == first }) {
      return "CAST(\(first) AS \(type))"
    }
    return "CAST([\(values.joined(separator: ", "))] AS \(type)[])[file_index::BIGINT + 1]"
  }
}
