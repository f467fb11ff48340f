extension SystemTables {
  /// DuckDB's types as Redshift names them, with their length or without. DuckDB keeps no length
  /// of a VARCHAR: any fits, so it is told as the longest.
  static let typeMacros = [
    """
    CREATE OR REPLACE MACRO weir.plain_type(t) AS CASE
      WHEN t LIKE 'DECIMAL%' OR t LIKE '%HUGEINT' OR t = 'UBIGINT' THEN 'numeric'
      WHEN t LIKE 'STRUCT%' OR t LIKE 'MAP%' OR t LIKE '%]' OR t = 'JSON' THEN 'super'
      WHEN t IN ('TINYINT', 'UTINYINT', 'SMALLINT') THEN 'smallint'
      WHEN t IN ('INTEGER', 'USMALLINT') THEN 'integer'
      WHEN t IN ('BIGINT', 'UINTEGER') THEN 'bigint'
      WHEN t = 'FLOAT' THEN 'real'
      WHEN t = 'DOUBLE' THEN 'double precision'
      WHEN t = 'BLOB' THEN 'binary varying'
      WHEN t = 'TIME' THEN 'time without time zone'
      WHEN t = 'TIME WITH TIME ZONE' THEN 'time with time zone'
      WHEN t LIKE 'TIMESTAMP%' AND t <> 'TIMESTAMP WITH TIME ZONE'
        THEN 'timestamp without time zone'
      WHEN t IN ('BOOLEAN', 'DATE', 'INTERVAL', 'TIMESTAMP WITH TIME ZONE') THEN lower(t)
      ELSE 'character varying' END
    """,
    """
    CREATE OR REPLACE MACRO weir.full_type(t, l, p, s) AS
      CASE
        WHEN t = 'numeric' THEN 'numeric(' || coalesce(p, 38) || ',' || coalesce(s, 0) || ')'
        WHEN l IS NOT NULL THEN t || '(' || l || ')'
        ELSE t END
    """,
    // What COMMENT ON says; the rest of a comment is what TableAttributes keeps.
    """
    CREATE OR REPLACE MACRO weir.remark(c) AS
      CASE WHEN json_valid(c) THEN c::JSON ->> '$.comment' ELSE c END
    """,
  ]

  /// Tables and views that users made, with the materialized ones: not what holds their rows.
  private static let relations = """
    CREATE OR REPLACE VIEW weir.user_relation AS
    SELECT r.*, m.id AS view_id, m.created_at, coalesce(m.owner, 'weir') AS owner,
           CASE WHEN m.id IS NULL THEN r.table_name
                ELSE 'mv_tbl__' || r.table_name || '__0' END AS stored_name
      FROM (SELECT schema_name, table_name, table_oid AS oid, 'TABLE' AS kind, comment,
                   temporary, estimated_size AS row_count
              FROM duckdb_tables() WHERE NOT internal
            UNION ALL
            SELECT schema_name, view_name, view_oid, 'VIEW', comment, temporary, NULL
              FROM duckdb_views() WHERE NOT internal) r
      LEFT JOIN weir.materialized_view m
        ON m.schema_name = r.schema_name AND m.name = r.table_name
     WHERE r.schema_name <> 'weir'
       AND NOT EXISTS (SELECT 1 FROM weir.materialized_view s
                        WHERE s.schema_name = r.schema_name
                          AND 'mv_tbl__' || s.name || '__0' = r.table_name)
    """

  /// Types as they were declared; of what a query made, DuckDB's own.
  private static let columns = """
    CREATE OR REPLACE VIEW weir.user_column AS
    SELECT c.schema_name, c.table_name, c.column_name, c.column_index AS ordinal_position,
           c.column_default, CASE WHEN c.is_nullable THEN 'YES' ELSE 'NO' END AS is_nullable,
           coalesce(CASE a.declared_type WHEN 'varbyte' THEN 'binary varying'
             ELSE a.declared_type END, weir.plain_type(c.data_type)) AS data_type,
           coalesce(a.declared_length, CASE weir.plain_type(c.data_type)
             WHEN 'character varying' THEN 65535 WHEN 'binary varying' THEN 16777216 END)
             AS character_maximum_length,
           CASE weir.plain_type(c.data_type) WHEN 'smallint' THEN 16 WHEN 'integer' THEN 32
             WHEN 'bigint' THEN 64 WHEN 'real' THEN 24 WHEN 'double precision' THEN 53
             WHEN 'numeric' THEN coalesce(CASE WHEN c.data_type LIKE 'DECIMAL%'
               THEN c.numeric_precision END, 38) END AS numeric_precision,
           CASE weir.plain_type(c.data_type) WHEN 'smallint' THEN 0 WHEN 'integer' THEN 0
             WHEN 'bigint' THEN 0 WHEN 'numeric' THEN coalesce(CASE
               WHEN c.data_type LIKE 'DECIMAL%' THEN c.numeric_scale END, 0) END AS numeric_scale,
           weir.remark(c.comment) AS comment, r.kind, r.view_id,
           coalesce(a.encoding, 'none') AS encoding,
           coalesce(t.distkey = c.column_name, false) AS is_distkey,
           CASE WHEN list_position(t.sortkey, c.column_name) IS NULL THEN 0
                WHEN t.sortstyle = 'interleaved' AND list_position(t.sortkey, c.column_name) % 2 = 0
                THEN -list_position(t.sortkey, c.column_name)
                ELSE list_position(t.sortkey, c.column_name) END::INTEGER AS sortkey_position
      FROM duckdb_columns() c JOIN weir.user_relation r
        ON r.schema_name = c.schema_name AND r.table_name = c.table_name AND r.oid = c.table_oid
      LEFT JOIN weir.table_attribute t
        ON t.schema_name = r.schema_name AND t.table_name = r.stored_name
      LEFT JOIN weir.column_attribute a
        ON a.schema_name = c.schema_name AND a.table_name = c.table_name
       AND a.column_name = c.column_name AND r.kind = 'TABLE'
     WHERE c.column_name <> '\(WarehouseSession.unknownColumn)' OR r.kind = 'TABLE'
    """

  /// Schemas of this database and, with their kind, those that stand for something elsewhere.
  private static let schemas = """
    CREATE OR REPLACE VIEW weir.user_schema AS
    SELECT schema_name, 'local' AS schema_type, NULL::VARCHAR AS options
      FROM duckdb_schemas()
     WHERE database_name = current_database()
       AND schema_name NOT IN ('weir', 'main', 'pg_catalog', 'information_schema')
    UNION ALL
    SELECT name, 'external', options::VARCHAR FROM weir.external_schema
    """

  /// What Redshift's pages SVV_TABLES, SVV_COLUMNS, SVV_ALL_…, SVV_REDSHIFT_…, SVV_TABLE_INFO and
  /// PG_TABLE_DEF document.
  static let relationViews =
    [relations, columns, schemas] + tableViews + columnViews + schemaViews + tableInfo

  private static let tableViews = [
    """
    CREATE OR REPLACE VIEW weir.svv_tables AS
    SELECT current_database() AS table_catalog, schema_name AS table_schema, table_name,
           CASE kind WHEN 'TABLE' THEN 'BASE TABLE' ELSE 'VIEW' END AS table_type,
           weir.remark(comment) AS remarks
      FROM weir.user_relation
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_redshift_tables AS
    SELECT current_database() AS database_name, schema_name, table_name, kind AS table_type,
           NULL::VARCHAR AS table_acl, weir.remark(comment) AS remarks, owner AS table_owner
      FROM weir.user_relation
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_all_tables AS
    SELECT database_name, schema_name, table_name, table_acl, table_type, remarks
      FROM weir.svv_redshift_tables
    UNION ALL
    SELECT redshift_database_name, schemaname, tablename, NULL, 'EXTERNAL TABLE', NULL
      FROM weir.svv_external_tables
    """,
  ]

  private static let columnViews = [
    """
    CREATE OR REPLACE VIEW weir.svv_columns AS
    SELECT current_database() AS table_catalog, schema_name AS table_schema, table_name,
           column_name, ordinal_position, column_default, is_nullable, data_type,
           character_maximum_length, numeric_precision::INTEGER AS numeric_precision,
           CASE data_type WHEN 'numeric' THEN 10 WHEN 'smallint' THEN 2 WHEN 'integer' THEN 2
             WHEN 'bigint' THEN 2 WHEN 'real' THEN 2 WHEN 'double precision' THEN 2
             END AS numeric_precision_radix,
           numeric_scale::INTEGER AS numeric_scale,
           CASE WHEN data_type LIKE 'time%' THEN 6 END AS datetime_precision,
           NULL::VARCHAR AS interval_type, NULL::VARCHAR AS interval_precision,
           NULL::VARCHAR AS character_set_catalog, NULL::VARCHAR AS character_set_schema,
           NULL::VARCHAR AS character_set_name, NULL::VARCHAR AS collation_catalog,
           NULL::VARCHAR AS collation_schema, NULL::VARCHAR AS collation_name,
           NULL::VARCHAR AS domain_name, comment AS remarks
      FROM weir.user_column
    UNION ALL
    SELECT redshift_database_name, schemaname, tablename, columnname, columnnum, NULL,
           is_nullable, external_type, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
           NULL, NULL, NULL, NULL, NULL
      FROM weir.svv_external_columns
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_redshift_columns AS
    SELECT current_database() AS database_name, schema_name, table_name, column_name,
           ordinal_position, data_type, column_default, is_nullable, encoding,
           is_distkey AS distkey, sortkey_position AS sortkey, NULL::VARCHAR AS column_acl,
           comment AS remarks
      FROM weir.user_column
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_all_columns AS
    SELECT table_catalog AS database_name, table_schema AS schema_name, table_name, column_name,
           ordinal_position, column_default, is_nullable, data_type, character_maximum_length,
           numeric_precision, numeric_scale, remarks
      FROM weir.svv_columns
    """,
    // Redshift shows the schemas of the search path only; here that is public.
    """
    CREATE OR REPLACE VIEW weir.pg_table_def AS
    SELECT schema_name AS schemaname, table_name AS tablename, column_name AS "column",
           weir.full_type(data_type, character_maximum_length, numeric_precision, numeric_scale)
             AS "type", encoding, is_distkey AS distkey, sortkey_position AS sortkey,
           is_nullable = 'NO' AS "notnull"
      FROM weir.user_column
     WHERE schema_name = 'public' AND (kind = 'TABLE' OR view_id IS NOT NULL)
     ORDER BY table_name, ordinal_position
    """,
  ]

  private static let schemaViews = [
    """
    CREATE OR REPLACE VIEW weir.svv_redshift_schemas AS
    SELECT current_database() AS database_name, schema_name, 100 AS schema_owner, schema_type,
           NULL::VARCHAR AS schema_acl, NULL::VARCHAR AS schema_option
      FROM weir.user_schema WHERE schema_type = 'local'
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_all_schemas AS
    SELECT current_database() AS database_name, schema_name, 100 AS schema_owner, schema_type,
           NULL::VARCHAR AS schema_acl, NULL::VARCHAR AS source_database,
           options AS schema_option
      FROM weir.user_schema
    """,
  ]

  /// Of a materialized view, the table behind it. What DuckDB has no counterpart of is NULL; there
  /// are no slices to distribute over, and no blocks to sort.
  private static let tableInfo = [
    """
    CREATE OR REPLACE VIEW weir.svv_table_info AS
    SELECT current_database() AS database, t.schema_name AS "schema", t.table_oid AS table_id,
           t.table_name AS "table",
           CASE WHEN c.encoded THEN 'Y' ELSE 'N' END AS encoded,
           CASE a.diststyle WHEN 'AUTO' THEN 'AUTO(ALL)'
             WHEN 'KEY' THEN 'KEY(' || a.distkey || ')' ELSE a.diststyle END AS diststyle,
           CASE WHEN len(a.sortkey) > 0 AND a.sortstyle = 'interleaved' THEN 'INTERLEAVED'
             WHEN len(a.sortkey) > 0 THEN a.sortkey[1]
             WHEN a.sortstyle = 'auto' THEN 'AUTO(SORTKEY)' END AS sortkey1,
           c.max_varchar, c.sortkey1_enc, len(a.sortkey)::INTEGER AS sortkey_num,
           NULL::BIGINT AS size, NULL::DECIMAL(10, 4) AS pct_used, 0::BIGINT AS "empty",
           NULL::DECIMAL(5, 2) AS unsorted, 0::DECIMAL(5, 2) AS stats_off,
           t.estimated_size::DECIMAL(38, 0) AS tbl_rows,
           NULL::DECIMAL(19, 2) AS skew_sortkey1, NULL::DECIMAL(19, 2) AS skew_rows,
           t.estimated_size::DECIMAL(38, 0) AS estimated_visible_rows,
           NULL::VARCHAR AS risk_event, NULL::DECIMAL(12, 2) AS vacuum_sort_benefit,
           m.created_at AS create_time
      FROM duckdb_tables() t
      JOIN weir.table_attribute a ON a.table_oid = t.table_oid AND a.table_name = t.table_name
       AND a.schema_name = t.schema_name
      LEFT JOIN (
        SELECT schema_name, table_name, bool_or(encoding NOT IN ('none', 'raw')) AS encoded,
               max(CASE WHEN data_type = 'VARCHAR' THEN coalesce(declared_length, 65535) END)
                 ::INTEGER AS max_varchar,
               max(CASE WHEN sortkey_position = 1 THEN encoding END) AS sortkey1_enc
          FROM weir.column_attribute GROUP BY ALL) c
        ON c.schema_name = t.schema_name AND c.table_name = t.table_name
      LEFT JOIN weir.materialized_view m ON m.schema_name = t.schema_name
        AND 'mv_tbl__' || m.name || '__0' = t.table_name
     WHERE NOT t.internal AND t.schema_name <> 'weir' AND t.estimated_size > 0
    """
  ]
}
