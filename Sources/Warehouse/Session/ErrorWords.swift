internal import Core

/// DuckDB's messages in PostgreSQL's words, which Redshift's clients know.
enum ErrorWords {
  static func translate(_ error: SQLError) -> SQLError {
    for rule in rules {
      if let found = rule(error.message) {
        var translated = error
        translated.sqlState = found.state
        translated.message = found.message
        return translated
      }
    }
    return error
  }

  private typealias Rule = @Sendable (String) -> (state: String, message: String)?

  private static let rules: [Rule] = [
    names, columns, shapes, grouping, conversions, ranges, constraints, collisions, calls, files,
  ]

  // MARK: Names

  private static let names: Rule = { message in
    if let match = message.firstMatch(
      of: #/able with name .* does not exist because schema "(.+)" does not exist/#)
    {
      return ("3F000", "schema \"\(match.1)\" does not exist")
    }
    if let match = message.firstMatch(
      of: #/(?:able|iew|catalog entry) with name "?([^"\s]+)"? does not exist/#)
    {
      return ("42P01", "relation \"\(match.1)\" does not exist")
    }
    if let match = message.firstMatch(
      of: #/chema with name "?([^"\s]+)"? (does not exist|already exists)/#)
    {
      return (match.2.hasPrefix("does") ? "3F000" : "42P06", "schema \"\(match.1)\" \(match.2)")
    }
    if let match = message.firstMatch(
      of: #/(?:able|iew) with name "?([^"\s]+)"? already exists/#)
    {
      return ("42P07", "relation \"\(match.1)\" already exists")
    }
    if let match = message.firstMatch(of: #/[Tt]ype with name "?([^"\s]+)"? does not exist/#) {
      return ("42704", "type \"\(match.1.lowercased())\" does not exist")
    }
    if let match = message.firstMatch(of: #/equence with name "?([^"\s]+)"? does not exist/#) {
      return ("42P01", "relation \"\(match.1)\" does not exist")
    }
    if let match = message.firstMatch(of: #/[Rr]eferenced table "(.+)" not found/#) {
      return ("42P01", "missing FROM-clause entry for table \"\(match.1)\"")
    }
    return nil
  }

  private static let columns: Rule = { message in
    if let match = message.firstMatch(of: #/[Rr]eferenced column "(.+?)" (?:was )?not found/#) {
      return ("42703", "column \"\(match.1)\" does not exist")
    }
    if let match = message.firstMatch(
      of: #/(?:able|ist) "(.+?)" does not have a column (?:named|with name) "(.+?)"/#)
    {
      return ("42703", "column \(match.1).\(match.2) does not exist")
    }
    if let match = message.firstMatch(of: #/olumn with name "?([^"\s]+)"? already exists/#) {
      return ("42701", "column \"\(match.1)\" specified more than once")
    }
    if message.hasPrefix("* expression without FROM clause") {
      return ("42601", "SELECT * with no tables specified is not valid")
    }
    if let match = message.firstMatch(of: #/mbiguous reference to column name "(.+?)"/#) {
      return ("42702", "column reference \"\(match.1)\" is ambiguous")
    }
    if let match = message.firstMatch(of: #/able \S+ has (\d+) columns but (\d+) values/#),
      let columns = Int(match.1), let values = Int(match.2)
    {
      return (
        "42601",
        values > columns
          ? "INSERT has more expressions than target columns"
          : "INSERT has more target columns than expressions"
      )
    }
    return nil
  }

  /// Rows and columns that do not come in the number that is needed.
  private static let shapes: Rule = { message in
    if message.hasPrefix("More than one row returned by a subquery")
      || message.hasPrefix("more than one row returned by a subquery")
    {
      return ("21000", "more than one row returned by a subquery used as an expression")
    }
    if message.contains("Set operations can only apply to expressions with the same number")
      || message.contains("set operations can only apply to expressions with the same number")
    {
      return ("42601", "each UNION, INTERSECT or EXCEPT query must have the same number of columns")
    }
    if message.contains("ORDER") && message.contains("term out of range") {
      return ("42P10", "ORDER BY position is not in select list")
    }
    if let match = message.firstMatch(of: #/uplicate column name "(.+?)" in INSERT/#) {
      return ("42701", "column \"\(match.1)\" specified more than once")
    }
    if message.hasPrefix("STAR expression") {
      return ("42601", "* is not allowed here")
    }
    if let match = message.firstMatch(
      of: #/ould not ORDER BY column "?(.+?)"?:? /#)
    {
      return (
        "42P10",
        "column \(match.1): ORDER BY of a set operation takes names and numbers of its columns"
      )
    }
    return nil
  }

  private static let grouping: Rule = { message in
    if let match = message.firstMatch(
      of: #/(WHERE|GROUP BY|JOIN|HAVING|RETURNING) clause cannot contain (aggregates|window)/#)
    {
      let what = match.2 == "window" ? "window functions" : "aggregates"
      return (
        match.2 == "window" ? "42P20" : "42803",
        "\(what) not allowed in \(match.1 == "JOIN" ? "JOIN conditions" : "\(match.1) clause")"
      )
    }
    if message.contains("aggregate function calls cannot be nested") {
      return ("42803", "aggregate function calls may not have nested aggregate or window functions")
    }
    return message.firstMatch(of: #/column "(.+?)" must appear in the GROUP BY clause/#).map {
      (
        "42803",
        "column \"\($0.1)\" must appear in the GROUP BY clause or be used in an aggregate function"
      )
    }
  }

  // MARK: Values

  private static let conversions: Rule = { message in
    if let match = message.firstMatch(
      of: #/ould not convert string ['"](.*)['"] to ([A-Z0-9]+)/#)
    {
      let type = types[String(match.2)] ?? match.2.lowercased()
      return ("22P02", "invalid input syntax for \(type): \"\(match.1)\"")
    }
    if let match = message.firstMatch(
      of: #/nimplemented type for cast \((\w+) -> (\w+)\)/#)
    {
      return (
        "42846",
        "cannot cast type \(typeName(String(match.1))) to \(typeName(String(match.2)))"
      )
    }
    if message.hasPrefix("values were not provided for"),
      let number = message.split(separator: " ").last
    {
      return ("42P02", "there is no parameter $\(number)")
    }
    if let match = message.firstMatch(
      of: #/annot compare values of type (.+?) and (?:type )?(.+?)(?: -|$|\.)/#)
    {
      return (
        "42883",
        "operator does not exist: \(typeName(String(match.1))) = \(typeName(String(match.2)))"
      )
    }
    if let match = message.firstMatch(
      of: #/(?:invalid )?(date|timestamp|time) field (?:format|value out of range): "(.*?)"/#)
    {
      return ("22007", "invalid input syntax for type \(match.1): \"\(match.2)\"")
    }
    if message.lowercased().hasPrefix("malformed json") {
      return ("22P02", "JSON parsing error: " + message)
    }
    return nil
  }

  private static let ranges: Rule = { message in
    if let match = message.firstMatch(of: #/is out of range for the destination type (\w+)/#) {
      return ("22003", "\(types[String(match.1)] ?? "value") out of range")
    }
    if let match = message.firstMatch(of: #/verflow in \w+(?: of)? (\w+)/#) {
      return ("22003", "\(types[String(match.1)] ?? "value") out of range")
    }
    let lower = message.lowercased()
    if lower.contains("to type decimal"),
      lower.contains("out of range")
        || lower.contains("could not cast value") && lower.contains("to decimal")
    {
      return ("22003", "numeric field overflow")
    }
    if lower.hasPrefix("could not cast value"), lower.contains("to decimal") {
      return ("22003", "numeric field overflow")
    }
    return nil
  }

  private static let constraints: Rule = { message in
    message.firstMatch(of: #/NOT NULL constraint failed: (?:.*\.)?(.+)$/#).map {
      ("23502", "Cannot insert a NULL value into column \($0.1)")
    }
  }

  /// Where on this machine a file is staged is nobody's to know.
  private static let files: Rule = { message in
    if message.contains("No space left on device") {
      return ("53100", "could not write a file: No space left on device")
    }
    let staged = #/"?[^\s"]*\/\.staging\/[^\s"]*"?/#
    guard message.contains("/.staging/") else { return nil }
    return ("58030", message.replacing(staged, with: "a staged file"))
  }

  /// Two transactions that write the same rows.
  private static let collisions: Rule = { message in
    let lower = message.lowercased()
    guard
      lower.contains("transaction conflict") || lower.hasPrefix("conflict on")
        || lower.contains("conflict on") && lower.contains("tuple")
        || lower.contains("conflict on") && lower.contains("transaction")
        || lower.contains("by a different transaction")
        || lower.contains("altered by another transaction")
    else { return nil }
    let table = message.firstMatch(of: #/table "(?:\w+\.)*?(\w+)"/#).map { " - \($0.1)" } ?? ""
    return (
      "40001",
      "1023: Serializable isolation violation on table\(table): another transaction changed it "
        + "meanwhile"
    )
  }

  // MARK: Functions

  private static let calls: Rule = { message in
    guard
      let match = message.firstMatch(
        of: #/No function matches the given name and argument types '(.+?)\((.*)\)'/#
          .ignoresCase())
    else { return nil }
    let arguments = match.2.split(separator: ", ").map { typeName(String($0)) }
    var name = String(match.1)
    if name.hasPrefix("weir_") { name.removeFirst(5) }
    if name == "fnv" {
      return ("42883", "function fnv_hash(\(arguments.first ?? "")) does not exist")
    }
    if name.allSatisfy({ !$0.isLetter }) {
      let sides =
        arguments.count == 2
        ? "\(arguments[0]) \(name) \(arguments[1])" : "\(name) \(arguments.first ?? "")"
      return ("42883", "operator does not exist: \(sides)")
    }
    if name == "moment" {
      return ("42883", "a date or timestamp is needed, not \(arguments.first ?? "this")")
    }
    return ("42883", "function \(name)(\(arguments.joined(separator: ", "))) does not exist")
  }

  private static let types: [String: String] = [
    "INT16": "smallint", "INT32": "integer", "INT64": "bigint", "INT128": "numeric",
    "DOUBLE": "double precision", "FLOAT": "real", "DECIMAL": "numeric", "BOOL": "boolean",
    "INTERVAL": "type interval", "UINT64": "bigint", "INT8": "smallint",
  ]

  /// DuckDB's name of a type in Redshift's.
  static func typeName(_ name: String) -> String {
    let names = [
      "INTEGER_LITERAL": "integer", "STRING_LITERAL": "\"unknown\"", "VARCHAR": "character varying",
      "JSON": "super", "BLOB": "varbyte", "DOUBLE": "double precision", "FLOAT": "real",
      "TIMESTAMP": "timestamp without time zone", "HUGEINT": "numeric", "NULL": "\"unknown\"",
      "\"NULL\"": "\"unknown\"", "TIMESTAMP WITH TIME ZONE": "timestamp with time zone",
      "TIME": "time without time zone", "TINYINT": "smallint",
    ]
    if let known = names[name] { return known }
    if name.hasPrefix("DECIMAL") { return "numeric" }
    return name.hasSuffix("[]") ? "super" : name.lowercased()
  }
}
