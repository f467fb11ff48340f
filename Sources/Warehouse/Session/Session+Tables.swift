internal import Core
internal import DuckDB
internal import RedshiftSQL

// What becomes of definitions that DuckDB's SQL cannot say in one statement.
extension WarehouseSession {
  /// CREATE TABLE … (LIKE parent): the parent's columns, their NOT NULL, lengths and encodings.
  func createLike(_ table: CreateTable, _ parent: ObjectName) throws {
    let name = try rewriter().tableName(table.name)
    let source = try rewriter().tableName(parent)
    let columns = try columnFacts(of: parent)
    guard !columns.isEmpty else {
      throw SQLError(
        "42P01", "relation \"\(parent.name)\" does not exist", position: parent.position)
    }
    var statements = [
      "CREATE \(table.isTemporary ? "TEMP " : "")TABLE "
        + "\(table.ifNotExists ? "IF NOT EXISTS " : "")\(name) AS SELECT * FROM \(source) LIMIT 0"
    ]
    for column in columns {
      let place = quoted(column.name)
      if column.isNotNull {
        statements.append("ALTER TABLE \(name) ALTER COLUMN \(place) SET NOT NULL")
      }
      if table.likeDefaults, let value = column.defaultValue, column.sequence == nil {
        statements.append("ALTER TABLE \(name) ALTER COLUMN \(place) SET DEFAULT \(value)")
      }
      if var comment = column.comment {
        // A copy has no sequence.
        if column.sequence != nil {
          comment = try merge(
            comment, #"{"identity": null, "sequence": null, "generated_by_default": null}"#)
        }
        statements.append("COMMENT ON COLUMN \(name).\(place) IS \(literal(comment))")
      }
    }
    try atomically { for statement in statements { try connection.execute(statement) } }
  }

  private struct ColumnFactsRow {
    var name: String
    var isNotNull: Bool
    var defaultValue: String?
    var comment: String?
    var sequence: String?
  }

  private func columnFacts(of table: ObjectName) throws -> [ColumnFactsRow] {
    let schema = table.schema ?? "public"
    return try connection.rows(
      """
      SELECT column_name, is_nullable, column_default, comment, comment ->> '$.sequence'
        FROM duckdb_columns()
       WHERE table_name = \(literal(table.name))
         AND (schema_name = \(literal(schema)) OR database_name = 'temp')
       ORDER BY column_index
      """
    ).map { row in
      ColumnFactsRow(
        name: row[0] ?? "", isNotNull: row[1] == "f", defaultValue: row[2], comment: row[3],
        sequence: row[4])
    }
  }

  /// ALTER TABLE's actions on what the comments hold.
  func alterFacts(_ table: ObjectName, _ action: AlterAction) throws {
    switch action {
    case .attributes(let attributes):
      let checked = try TableChecks.checked(
        attributes, columns: try columnFacts(of: table).map(\.name))
      try patchTable(table, RedshiftSQL.ColumnFacts.json(of: checked) ?? "{}")
    case .encode(let column, let encoding):
      try TableChecks.checkEncoding(encoding)
      try patchColumn(
        column, of: table, "{\"encode\": \(RedshiftSQL.ColumnFacts.string(encoding))}")
    case .constraint(let primaryKey, _):
      guard !primaryKey.isEmpty else { return try patchTable(table, "{}") }
      try patchTable(table, "{\"primary_key\": \(RedshiftSQL.ColumnFacts.list(primaryKey))}")
    default: break
    }
  }

  func alterType(_ table: ObjectName, _ column: Identifier, _ type: TypeName) throws {
    let statement = Statement.alterTable(table, .alterType(column, type))
    try atomically {
      let isText = ["varchar", "character varying", "nvarchar", "text"].contains(type.name)
      try checkIsText(column, of: table, isText)
      if isText, let length = type.modifiers.first ?? 256 {
        let name = try rewriter().tableName(table)
        let tooLong = try connection.scalar(
          "SELECT count(*) FROM \(name) WHERE strlen(\(quoted(column.name))) > \(length)")
        guard tooLong == 0 else {
          throw SQLError(
            "22001",
            "target data type length should be greater or equal to the longest value",
            position: table.position)
        }
      } else {
        try connection.execute(try rewriter().statement(statement))
      }
      try patchColumn(column, of: table, RedshiftSQL.ColumnFacts.json(of: type))
    }
  }

  /// Redshift changes the length of a VARCHAR, and no other type.
  private func checkIsText(_ column: Identifier, of table: ObjectName, _ isText: Bool) throws {
    let rows = try connection.rows(
      "SELECT data_type, comment ->> '$.type' FROM duckdb_columns() "
        + "WHERE table_name = \(literal(table.name)) AND column_name = \(literal(column.name)) "
        + "AND (schema_name = \(literal(table.schema ?? "public")) OR database_name = 'temp')")
    guard let row = rows.first else { return }
    guard isText, row[0] == "VARCHAR", row[1] != "character" else {
      throw SQLError(
        "0A000", "cannot alter the type of column \"\(column.name)\": only VARCHAR is altered",
        hint: "add a column of the new type, UPDATE it from the old one, and drop that",
        position: table.position)
    }
  }

  func comment(_ comment: Comment) throws {
    let text = comment.text.map { RedshiftSQL.ColumnFacts.string($0) } ?? "null"
    let patch = "{\"comment\": \(text)}"
    switch comment.kind {
    case .table: try patchTable(comment.name, patch)
    case .view:
      try connection.execute(
        "COMMENT ON VIEW \(try rewriter().tableName(comment.name)) IS "
          + (comment.text.map(literal) ?? "NULL"))
    case .column:
      guard comment.name.parts.count > 1, let column = comment.name.parts.last else {
        throw SQLError("42601", "a column needs its table's name", position: comment.name.position)
      }
      let table = ObjectName(
        Array(comment.name.parts.dropLast()), position: comment.name.position)
      try patchColumn(column, of: table, patch)
    case .database, .schema, .constraint:
      throw SQLError(
        "0A000", "COMMENT ON \(comment.kind.rawValue.uppercased()) is not supported",
        position: comment.name.position)
    }
  }

  private func patchTable(_ table: ObjectName, _ patch: String) throws {
    let old = try connection.rows(
      """
      SELECT comment FROM duckdb_tables() WHERE table_name = \(literal(table.name))
         AND (schema_name = \(literal(table.schema ?? "public")) OR database_name = 'temp')
      """)
    guard let row = old.first else {
      throw SQLError(
        "42P01", "relation \"\(table.name)\" does not exist", position: table.position)
    }
    let merged = try merge(row[0], patch)
    try connection.execute(
      "COMMENT ON TABLE \(try rewriter().tableName(table)) IS \(literal(merged))")
  }

  private func patchColumn(
    _ column: Identifier, of table: ObjectName, _ patch: String
  ) throws {
    let columns = try columnFacts(of: table)
    guard !columns.isEmpty else {
      throw SQLError(
        "42P01", "relation \"\(table.name)\" does not exist", position: table.position)
    }
    guard let row = columns.first(where: { $0.name == column.name }) else {
      throw SQLError(
        "42703", "column \"\(column.name)\" of relation \"\(table.name)\" does not exist",
        position: table.position)
    }
    let merged = try merge(row.comment, patch)
    let place = "\(try rewriter().tableName(table)).\(quoted(column.name))"
    try connection.execute("COMMENT ON COLUMN \(place) IS \(literal(merged))")
  }

  private func merge(_ old: String?, _ patch: String) throws -> String {
    let rows = try connection.rows(
      "SELECT json_merge_patch(\(literal(old ?? "{}")), \(literal(patch)))::VARCHAR")
    return rows.first?.first.flatMap { $0 } ?? patch
  }

  /// ALTER TABLE … APPEND FROM: moves the rows of a table, or of a view over a stream.
  func append(
    to target: ObjectName, from source: ObjectName, fillsTarget: Bool, ignoresExtra: Bool
  ) async throws {
    let shared = try await queue.run { [self] in
      let sourceColumns = try names(of: source)
      let targetColumns = try names(of: target)
      if !ignoresExtra, let extra = sourceColumns.first(where: { !targetColumns.contains($0) }) {
        throw SQLError(
          "42804", "column \"\(extra)\" of \"\(source.name)\" is not in \"\(target.name)\"",
          hint: "IGNOREEXTRA drops it", position: source.position)
      }
      if !fillsTarget, let missing = targetColumns.first(where: { !sourceColumns.contains($0) }) {
        throw SQLError(
          "42804", "column \"\(missing)\" of \"\(target.name)\" is not in \"\(source.name)\"",
          hint: "FILLTARGET fills it", position: target.position)
      }
      return targetColumns.filter { sourceColumns.contains($0) }.map { Identifier($0) }
    }
    var select = Select(items: shared.map { SelectItem(Expression(.column([$0]))) })
    select.from = [.table(TableReference(name: source))]
    var insert = Insert(table: target, columns: shared, query: Query(body: .select(select)))
    insert.movesRows = true
    try await changeRows(inOrder: [
      .insert(insert),
      .delete(Delete(table: TableReference(name: source), using: [], condition: nil)),
    ])
  }

  private func names(of table: ObjectName) throws -> [String] {
    let names = try connection.rows("DESCRIBE \(try rewriter().tableName(table))")
    return names.compactMap { $0.first.flatMap { $0 } }
  }

  /// VACUUM and ANALYZE change nothing: they say so.
  func maintain(_ word: String, _ table: ObjectName?, _ receive: Receive) async throws {
    if word == "VACUUM", status != .idle {
      throw SQLError("25001", "VACUUM cannot run inside a transaction block")
    }
    if let table {
      try await queue.run { [self] in
        let name = try rewriter().tableName(table)
        do {
          _ = try connection.execute("DESCRIBE \(name)")
        } catch let error as DuckDBError {
          throw LocatedError(error: error, statement: name)
        }
      }
    }
    if word == "ANALYZE COMPRESSION" { return try await reportCompression(of: table, receive) }
    let message =
      word == "VACUUM"
      ? "VACUUM has nothing to do: space is taken back at checkpoints."
      : "ANALYZE has nothing to do: statistics are kept as rows are written."
    try await receive(.notice(SQLNotice(severity: "INFO", message: message)))
    try await receive(.complete(tag: word))
  }
}
