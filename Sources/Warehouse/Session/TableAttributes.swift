internal import Core
internal import DuckDB
internal import RedshiftSQL

/// What Redshift keeps of tables and DuckDB does not, in the comments of tables and columns.
enum TableAttributes {
  /// `weir.table_attribute` and `weir.column_attribute`: what PG_TABLE_DEF and SVV_TABLE_INFO are
  /// made of. A name's schema is `temp` for a table of the session's.
  static let views = [
    """
    CREATE OR REPLACE VIEW weir.table_attribute AS
    SELECT CASE WHEN database_name = 'temp' THEN 'temp' ELSE schema_name END AS schema_name,
           table_name, table_oid,
           coalesce(upper(facts ->> '$.diststyle'), 'AUTO') AS diststyle,
           facts ->> '$.distkey' AS distkey,
           coalesce(facts ->> '$.sortstyle', 'auto') AS sortstyle,
           coalesce(from_json(facts -> '$.sortkey', '["VARCHAR"]'), []) AS sortkey,
           coalesce(from_json(facts -> '$.primary_key', '["VARCHAR"]'), []) AS primary_key,
           coalesce(facts ->> '$.backup', 'true') = 'true' AS backup,
           facts ->> '$.comment' AS comment
      FROM (SELECT *, CASE WHEN json_valid(comment) THEN comment::JSON END AS facts
              FROM duckdb_tables() WHERE NOT internal AND schema_name <> 'weir'
               AND database_name IN (current_database(), 'temp'))
    """,
    """
    CREATE OR REPLACE VIEW weir.column_attribute AS
    SELECT CASE WHEN c.database_name = 'temp' THEN 'temp' ELSE c.schema_name END AS schema_name,
           c.table_name, c.column_name, c.column_index AS ordinal_position, c.data_type,
           c.facts ->> '$.type' AS declared_type,
           (c.facts ->> '$.length')::INTEGER AS declared_length,
           coalesce(c.facts ->> '$.encode', 'none') AS encoding,
           coalesce(t.distkey = c.column_name, false) AS is_distkey,
           coalesce(list_position(t.sortkey, c.column_name), 0) AS sortkey_position,
           NOT c.is_nullable AS is_not_null, c.column_default,
           c.facts -> '$.identity' AS identity, c.facts ->> '$.sequence' AS sequence,
           coalesce(c.facts ->> '$.generated_by_default', 'false') = 'true' AS generated_by_default,
           c.facts ->> '$.comment' AS comment
      FROM (SELECT *, CASE WHEN json_valid(comment) THEN comment::JSON END AS facts
              FROM duckdb_columns()
             WHERE NOT internal AND schema_name <> 'weir'
               AND database_name IN (current_database(), 'temp')) c
      LEFT JOIN weir.table_attribute t
        ON t.table_name = c.table_name
       AND t.schema_name = CASE WHEN c.database_name = 'temp' THEN 'temp' ELSE c.schema_name END
    """,
  ]

  private static let readers = [
    "DATE": "_day", "TIMESTAMP": "_ts", "TIMESTAMP WITH TIME ZONE": "_tstz",
  ]

  private static func kind(_ type: String?, textType: String?) -> StoredColumn.Kind {
    switch type {
    case "JSON": .superValue
    // A CHAR keeps no blanks at its end.
    case "VARCHAR": textType == "character" ? .other : .text
    case "INTERVAL": .interval
    default: .other
    }
  }

  /// The columns of a table, in order; a temporary table comes before one of the schema.
  static func columns(of name: ObjectName, on connection: Connection) throws -> [StoredColumn] {
    let schema = name.schema ?? "public"
    let rows = try connection.rows(
      """
      SELECT database_name, column_name, comment ->> '$.type', comment ->> '$.length',
             comment ->> '$.sequence', comment ->> '$.generated_by_default', data_type
        FROM duckdb_columns()
       WHERE lower(table_name) = lower(\(literal(name.name)))
         AND ((database_name = current_database() AND schema_name = \(literal(schema)))
              OR (database_name = 'temp' AND \(name.schema == nil || schema == "temp")))
       ORDER BY column_index
      """)
    let isTemporary = rows.contains { $0[0] == "temp" }
    return rows.filter { !isTemporary || $0[0] == "temp" }.map { row in
      let type = row[2].flatMap { $0.hasPrefix("character") || $0 == "varbyte" ? $0 : nil }
      return StoredColumn(
        name: row[1] ?? "", textType: type, length: row[3].flatMap { Int($0) },
        isIdentity: row[4] != nil, takesValues: row[5] == "true",
        reader: readers[row[6] ?? ""], kind: kind(row[6], textType: type))
    }
  }
}

/// The columns of the tables that a session named, until a definition changes anywhere.
struct StoredColumnCache {
  private var columns: [ObjectName: [StoredColumn]] = [:]
  private var generation = -1

  mutating func columns(
    of name: ObjectName, generation: Int, load: () throws -> [StoredColumn]
  ) rethrows -> [StoredColumn] {
    if generation != self.generation {
      columns = [:]
      self.generation = generation
    }
    if let known = columns[name] { return known }
    let loaded = try load()
    columns[name] = loaded
    return loaded
  }
}
