internal import Core

// CREATE EXTERNAL TABLE, and what ALTER TABLE does to one: pages r_CREATE_EXTERNAL_TABLE and
// r_ALTER_TABLE of Redshift's documentation.
extension Parser {
  /// Behind `CREATE EXTERNAL TABLE`.
  mutating func createExternalTable() throws(SQLError) -> Statement {
    let ifNotExists = take("if", "not", "exists")
    var table = CreateExternalTable(name: try objectName(), ifNotExists: ifNotExists)
    if isSymbol("(") { table.columns = try externalColumns() }
    while try externalTableClause(&table) {}
    if take("as") { table.query = try query() }
    guard table.query != nil || !table.columns.isEmpty else {
      throw unexpected("expected the columns of the table, or AS and a query")
    }
    for (value, what) in [(table.format, "STORED AS"), (table.location, "LOCATION")]
    where value.isEmpty && !(what == "STORED AS" && table.inputFormat != nil) {
      throw SQLError("42601", "CREATE EXTERNAL TABLE needs \(what)", position: table.name.position)
    }
    return .createExternalTable(table)
  }

  private mutating func externalColumns() throws(SQLError) -> [CreateExternalTable.Column] {
    var columns: [CreateExternalTable.Column] = []
    try expectSymbol("(")
    repeat {
      let start = position
      let name = try identifier("a column")
      let isTyped = !isSymbol(",") && !isSymbol(")")
      if isWord("struct") || isWord("array") || isWord("map") {
        throw unsupported("a nested column (\(current.text.uppercased()))")
      }
      columns.append(
        .init(name: name, type: isTyped ? try typeName(isChecked: false) : nil, position: start))
    } while takeSymbol(",")
    try expectSymbol(")")
    return columns
  }

  private mutating func externalTableClause(
    _ table: inout CreateExternalTable
  ) throws(SQLError) -> Bool {
    if take("partitioned", "by") {
      table.partitionColumns = try externalColumns()
    } else if take("row", "format", "delimited") {
      try delimiters(&table)
    } else if take("row", "format", "serde") {
      table.serde = try expectString()
      if take("with", "serdeproperties") { table.serdeProperties = try properties() }
    } else if take("stored", "as") {
      table.formatPosition = position
      if take("inputformat") {
        table.inputFormat = try expectString()
        try expect("outputformat")
        table.outputFormat = try expectString()
      } else {
        table.format = try label().name.uppercased()
      }
    } else if take("location") {
      table.locationPosition = position
      table.location = try expectString()
    } else if take("table", "properties") {
      table.properties = try properties()
    } else {
      return false
    }
    return true
  }

  private mutating func delimiters(_ table: inout CreateExternalTable) throws(SQLError) {
    while true {
      if take("fields", "terminated", "by") {
        table.fieldTerminator = try delimiter()
      } else if take("lines", "terminated", "by") {
        table.lineTerminator = try delimiter()
      } else if isWord("escaped") || isWord("collection") || isWord("map") || isWord("null") {
        throw unsupported("ROW FORMAT DELIMITED \(current.text.uppercased())")
      } else {
        return
      }
    }
  }

  /// One ASCII character; `\ddd` says it in octal, as does Hive's `\A` for the start of heading.
  private mutating func delimiter() throws(SQLError) -> String {
    let start = position
    let text = try expectString()
    if let single = Self.delimiters[text] { return single }
    if text.utf8.count == 1 { return text }
    let digits = text.hasPrefix("\\") ? text.dropFirst() : text[...]
    if (1...3).contains(digits.utf8.count), let value = UInt8(digits, radix: 8), value < 128 {
      return String(UnicodeScalar(value))
    }
    throw SQLError(
      "22023", "\"\(text)\" is no delimiter: it takes one ASCII character", position: start)
  }

  private static let delimiters = ["\\t": "\t", "\\n": "\n", "\\A": "\u{1}", "\\r": "\r"]

  private mutating func properties() throws(SQLError) -> [CreateExternalTable.Property] {
    var found: [CreateExternalTable.Property] = []
    try expectSymbol("(")
    repeat {
      let name = try expectString()
      try expectSymbol("=")
      found.append(.init(name: name, value: try expectString()))
    } while takeSymbol(",")
    try expectSymbol(")")
    return found
  }

  // MARK: ALTER TABLE

  /// - Returns: nil where what stands here is no action on external tables.
  mutating func externalAlteration() throws(SQLError) -> ExternalAlteration? {
    if take("set", "location") {
      let start = position
      return .setLocation(try expectString(), position: start)
    }
    if take("set", "file", "format") {
      let start = position
      return .setFormat(try label().name.uppercased(), position: start)
    }
    if take("set", "table", "properties") { return .setProperties(try properties()) }
    if take("partition") {
      var partition = try partition()
      try expect("set", "location")
      partition.location = try expectString()
      return .setPartitionLocation(partition)
    }
    if take("drop", "partition") { return .dropPartition(try partition()) }
    guard isWord("add", "partition") || isWord("add", "if", "not", "exists", "partition") else {
      return nil
    }
    return try addedPartitions()
  }

  private mutating func addedPartitions() throws(SQLError) -> ExternalAlteration {
    try expect("add")
    var ifNotExists = take("if", "not", "exists")
    var partitions: [ExternalAlteration.Partition] = []
    while take("partition") {
      // The documentation's example has it on this side, too.
      ifNotExists = take("if", "not", "exists") || ifNotExists
      var partition = try partition()
      try expect("location")
      partition.location = try expectString()
      partitions.append(partition)
      _ = takeSymbol(",")
    }
    return .addPartitions(partitions, ifNotExists: ifNotExists)
  }

  /// `(a = 1, b = 'x')`
  private mutating func partition() throws(SQLError) -> ExternalAlteration.Partition {
    let start = position
    try expectSymbol("(")
    var values: [(column: Identifier, value: Expression)] = []
    repeat {
      let column = try identifier("a partition column")
      try expectSymbol("=")
      values.append((column, try expression()))
    } while takeSymbol(",")
    try expectSymbol(")")
    return ExternalAlteration.Partition(values: values, location: "", position: start)
  }
}
