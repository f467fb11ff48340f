package import Core

/// What Redshift refuses of a table's attributes, though nothing here depends on them.
package enum TableChecks {
  private static let encodings: Set<String> = [
    "raw", "none", "auto", "az64", "bytedict", "delta", "delta32k", "lzo", "mostly8", "mostly16",
    "mostly32", "runlength", "text255", "text32k", "zstd",
  ]

  /// - Parameter columns: the table's; a key may name one by its place, from 1.
  /// - Returns: the attributes with names in place of places.
  package static func checked(
    _ attributes: TableAttributes, columns: [String]
  ) throws(SQLError) -> TableAttributes {
    var attributes = attributes
    if let key = attributes.distributionKey {
      attributes.distributionKey = try column(key, among: columns)
      if let style = attributes.distributionStyle, style != "key" {
        throw SQLError(
          "42601", "cannot specify DISTKEY for a table with DISTSTYLE \(style.uppercased())")
      }
    } else if attributes.distributionStyle == "key" {
      throw SQLError("42601", "must specify a DISTKEY column for a table with DISTSTYLE KEY")
    }
    var key: [Identifier] = []
    for name in attributes.sortKey { key.append(try column(name, among: columns)) }
    attributes.sortKey = key
    return attributes
  }

  private static func column(
    _ key: Identifier, among columns: [String]
  ) throws(SQLError) -> Identifier {
    if let place = Int(key.name), columns.indices.contains(place - 1) {
      return Identifier(columns[place - 1])
    }
    guard columns.contains(where: { $0.lowercased() == key.name.lowercased() }) else {
      throw SQLError("42703", "column \"\(key.name)\" named in key does not exist")
    }
    return key
  }

  package static func checkEncoding(_ encoding: String) throws(SQLError) {
    guard encodings.contains(encoding.lowercased()) else {
      throw SQLError("22023", "invalid column encoding \"\(encoding)\"")
    }
  }

  static func check(_ table: CreateTable) throws(SQLError) {
    var seen: Set<String> = []
    for column in table.columns {
      guard seen.insert(column.name.name.lowercased()).inserted else {
        throw SQLError("42701", "column \"\(column.name.name)\" specified more than once")
      }
      if let encoding = column.encoding { try checkEncoding(encoding) }
    }
    let keys = table.columns.count(where: \.isPrimaryKey) + (table.primaryKey.isEmpty ? 0 : 1)
    guard keys < 2 else {
      throw SQLError(
        "42P16", "multiple primary keys for table \"\(table.name.name)\" are not allowed")
    }
    let names = table.columns.map(\.name.name)
    for name in table.primaryKey + table.unique.flatMap({ $0 }) where table.like == nil {
      _ = try column(name, among: names)
    }
    if table.like == nil {
      try checkSupers(table, try checked(table.attributes, columns: names))
    }
  }

  /// Source: the page "Limitations" of semistructured data.
  private static func checkSupers(
    _ table: CreateTable, _ attributes: TableAttributes
  ) throws(SQLError) {
    let keys = attributes.sortKey + [attributes.distributionKey].compactMap { $0 }
    for column in table.columns where column.type.name == "super" {
      guard !keys.contains(where: { $0.name.lowercased() == column.name.name.lowercased() })
      else {
        throw SQLError(
          "0A000",
          "column \"\(column.name.name)\" of type super cannot be a DISTKEY or a SORTKEY")
      }
    }
  }

  static func check(added column: CreateTable.Column) throws(SQLError) {
    if let encoding = column.encoding { try checkEncoding(encoding) }
    guard column.isNotNull, column.defaultValue == nil || column.defaultValue?.kind == .null
    else { return }
    throw SQLError(
      "0A000",
      "ALTER TABLE ADD COLUMN defined as NOT NULL must have a non-null default expression")
  }
}
