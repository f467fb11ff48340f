internal import Core
internal import RedshiftSQL

/// A column of an UNLOAD's query, with the name of its type as DuckDB says it.
struct UnloadColumn: Sendable, Equatable {
  var name: String
  var type: String

  /// CHAR, VARCHAR and what is written as they are.
  var isText: Bool { ["VARCHAR", "UUID"].contains(type) || type.hasPrefix("ENUM") }
  var isSUPER: Bool {
    type == "JSON" || type.hasSuffix("]") || type.hasPrefix("STRUCT") || type.hasPrefix("MAP")
  }
  var isBinary: Bool { type == "BLOB" }
  var isFloating: Bool { ["DOUBLE", "FLOAT"].contains(type) }
  var isNumber: Bool {
    isFloating || type.hasPrefix("DECIMAL") || type.hasSuffix("INT") || type == "INTEGER"
  }
}

/// The SQL that makes a line of text of a row, whose columns are called `c0`, `c1`, ….
struct UnloadText {
  let columns: [UnloadColumn]
  let options: UnloadOptions

  private var delimiter: String {
    String(Unicode.Scalar(options.effectiveDelimiter))
  }

  /// The line, or the reason why there is none.
  ///
  /// - Parameter indices: of the columns that go into the file.
  func line(of indices: [Int]) throws(SQLError) -> String {
    if options.format == .json { return json(indices) }
    if let widths = options.fixedWidths {
      guard widths.count == indices.count else {
        throw SQLError(
          "22023", "FIXEDWIDTH names \(widths.count) columns, the query has \(indices.count)")
      }
      return zip(indices, widths).map(fixed).joined(separator: " || ")
    }
    return indices.map(delimited).joined(separator: " || \(literal(delimiter)) || ")
  }

  func header(of indices: [Int]) -> String? {
    guard options.hasHeader else { return nil }
    return indices.map { index in
      let name = columns[index].name
      if options.format == .csv {
        return name.contains(where: { "\"\n\r".contains($0) }) || name.contains(delimiter)
          ? "\""
            + name.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\"" : name
      }
      var text = name
      if options.escapes {
        text = name.reduce(into: "") { text, next in
          if next == "\\" || String(next) == delimiter { text += "\\" }
          text.append(next)
        }
      }
      return options.addsQuotes ? "\"\(text)\"" : text
    }.joined(separator: delimiter)
  }

  // MARK: Values

  /// The value as text; NULL for NULL.
  private func text(_ index: Int) -> String {
    let (column, name) = (columns[index], "c\(index)")
    if column.type == "BOOLEAN" {
      return "CASE WHEN \(name) THEN 't' WHEN NOT \(name) THEN 'f' END"
    }
    if column.isBinary { return "lower(hex(\(name)))" }
    if column.isFloating {
      return "CASE WHEN isnan(\(name)) THEN 'NaN' WHEN isfinite(\(name)) THEN weir._text(\(name)) "
        + "WHEN \(name) > 0 THEN 'Infinity' WHEN \(name) < 0 THEN '-Infinity' END"
    }
    if column.type == "JSON" { return "CAST(\(name) AS VARCHAR)" }
    if column.isSUPER { return "CAST(to_json(\(name)) AS VARCHAR)" }
    return "CAST(\(name) AS VARCHAR)"
  }

  /// SUPER has a null of its own, which NULL AS does not change.
  private func null(_ column: UnloadColumn) -> String {
    literal(column.isSUPER ? "null" : options.nullText ?? "")
  }

  private func delimited(_ index: Int) -> String {
    let column = columns[index]
    var value = text(index)
    let mayNeedCare =
      column.isText || column.isSUPER || "0123456789+-.:eE tfTINnay".contains(delimiter)
    if options.format == .csv, mayNeedCare {
      let isSpecial = [delimiter, "\"", "\n", "\r"]
        .map { "contains(\(value), \(literal($0)))" }.joined(separator: " OR ")
      value =
        "CASE WHEN \(isSpecial) THEN '\"' || replace(\(value), '\"', '\"\"') || '\"' "
        + "ELSE \(value) END"
    }
    if options.escapes, mayNeedCare {
      var special = ["\\", "\n", "\r", delimiter]
      if options.addsQuotes { special += ["\"", "'"] }
      for character in special {
        value = "replace(\(value), \(literal(character)), \(literal("\\" + character)))"
      }
    }
    if options.addsQuotes { value = "'\"' || \(value) || '\"'" }
    return "coalesce(\(value), \(null(column)))"
  }

  private func fixed(_ index: Int, _ width: Int) -> String {
    let column = columns[index]
    let value = text(index)
    var null = column.isSUPER ? "null" : options.nullText ?? ""
    // Documented: a null string that does not fit is left empty where it is no text.
    if null.unicodeScalars.count > width, !column.isText { null = "" }
    let whole = "coalesce(\(value), \(literal(null)))"
    let problem = literal(
      "[22001] value of column \"\(column.name)\" is longer than its width \(width) of FIXEDWIDTH")
    return "CASE WHEN length(\(whole)) > \(width) THEN weir_error(\(problem)) "
      + "ELSE rpad(\(whole), \(width), ' ') END"
  }

  private func json(_ indices: [Int]) -> String {
    let members = indices.map { index in
      let column = columns[index]
      let key = literal("\(JSONWriting.quoted(column.name)):")
      return "\(key) || coalesce(\(jsonValue(index)), 'null')"
    }
    return "'{' || " + members.joined(separator: " || ',' || ") + " || '}'"
  }

  private func jsonValue(_ index: Int) -> String {
    let (column, name) = (columns[index], "c\(index)")
    if column.isSUPER { return text(index) }
    // NaN and Infinity are no numbers of JSON.
    if column.isFloating {
      return "CASE WHEN isfinite(\(name)) THEN \(text(index)) "
        + "WHEN \(name) IS NOT NULL THEN '\"' || \(text(index)) || '\"' END"
    }
    if column.isNumber { return text(index) }
    return "CAST(to_json(\(text(index))) AS VARCHAR)"
  }
}

/// JSON as Swift writes it for files of ours.
enum JSONWriting {
  static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      default:
        if scalar.value < 0x20 {
          let hex = String(scalar.value, radix: 16)
          out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
        } else {
          out.unicodeScalars.append(scalar)
        }
      }
    }
    return out + "\""
  }
}
