extension SystemTables {
  /// Statements by their text, their queue and their steps, tables by their blocks, and locks: what
  /// Redshift's pages STL_WLM_QUERY, STV_WLM_QUERY_STATE, STL_QUERYTEXT, STL_DDLTEXT,
  /// STL_UTILITYTEXT, SVL_STATEMENTTEXT, SVL_QUERY_SUMMARY, STV_TBL_PERM, STV_BLOCKLIST, STV_LOCKS
  /// and SVV_TRANSACTIONS document. Columns of CHAR are not padded with blanks.
  static let monitoringViews = [
    // There is one queue; it has the number that Redshift gives its first automatic one.
    """
    CREATE OR REPLACE VIEW weir.stl_wlm_query AS
    SELECT 100 AS userid, transaction_id::INTEGER AS xid, query_id::INTEGER AS task,
           query_id::INTEGER AS query, 100 AS service_class, 1 AS slot_count,
           start_time AS service_class_start_time, start_time AS queue_start_time,
           start_time + to_microseconds(queue) AS queue_end_time, queue AS total_queue_time,
           start_time + to_microseconds(queue) AS exec_start_time, end_time AS exec_end_time,
           execution AS total_exec_time, end_time AS service_class_end_time,
           CASE status WHEN 'success' THEN 'Completed' ELSE 'Aborted' END AS final_state,
           NULL::BIGINT AS est_peak_mem, priority AS query_priority,
           'Default queue' AS service_class_name
      FROM weir_statements() WHERE end_time IS NOT NULL AND is_query
    """,
    """
    CREATE OR REPLACE VIEW weir.stv_wlm_query_state AS
    SELECT transaction_id::INTEGER AS xid, query_id::INTEGER AS task, query_id::INTEGER AS query,
           100 AS service_class, 1 AS slot_count, start_time AS wlm_start_time,
           CASE status WHEN 'queued' THEN 'QueuedWaiting' ELSE 'Running' END AS state,
           queue AS queue_time, execution AS exec_time, priority AS query_priority
      FROM weir_statements() WHERE end_time IS NULL AND is_query
    """,
    // 200 letters a row, line ends as \\n.
    """
    CREATE OR REPLACE VIEW weir.statement_text AS
    SELECT s.*, p.sequence, substr(s.escaped, p.sequence * 200 + 1, 200) AS part,
           CASE WHEN s.is_query THEN 'QUERY'
                WHEN regexp_matches(s.query_text, '(?i)^(create|alter|drop|comment)\\b') THEN 'DDL'
                ELSE 'UTILITY' END AS type
      FROM (SELECT *, replace(query_text, chr(10), '\\n') AS escaped FROM weir_statements()) s,
           LATERAL (SELECT unnest(range((greatest(length(s.escaped), 1) + 199) // 200))::INTEGER
             AS sequence) p
    """,
    """
    CREATE OR REPLACE VIEW weir.stl_querytext AS
    SELECT 100 AS userid, transaction_id AS xid, session_id AS pid, query_id::INTEGER AS query,
           sequence, part AS text, query_id AS user_query_id, 1 AS child_query_sequence,
           NULL::VARCHAR AS query_uuid
      FROM weir.statement_text WHERE type = 'QUERY' AND end_time IS NOT NULL
    """,
    """
    CREATE OR REPLACE VIEW weir.stl_ddltext AS
    SELECT 100 AS userid, transaction_id AS xid, session_id AS pid, label,
           start_time AS starttime, end_time AS endtime, sequence, part AS text
      FROM weir.statement_text WHERE type = 'DDL' AND end_time IS NOT NULL
    """,
    """
    CREATE OR REPLACE VIEW weir.stl_utilitytext AS
    SELECT 100 AS userid, transaction_id AS xid, session_id AS pid, label,
           start_time AS starttime, end_time AS endtime, sequence, part AS text
      FROM weir.statement_text WHERE type = 'UTILITY' AND end_time IS NOT NULL
    """,
    """
    CREATE OR REPLACE VIEW weir.svl_statementtext AS
    SELECT 100 AS userid, transaction_id AS xid, session_id AS pid, label,
           start_time AS starttime, end_time AS endtime, sequence, type, part AS text
      FROM weir.statement_text WHERE end_time IS NOT NULL
    """,
    // A statement is one step here: DuckDB's own steps are in EXPLAIN ANALYZE.
    """
    CREATE OR REPLACE VIEW weir.svl_query_summary AS
    SELECT 100 AS userid, query_id::INTEGER AS query, 0 AS stm, 0 AS seg, 0 AS step,
           execution AS maxtime, execution AS avgtime, returned_rows AS "rows",
           returned_bytes AS bytes,
           returned_rows / nullif(execution / 1e6, 0) AS rate_row,
           returned_bytes / nullif(execution / 1e6, 0) AS rate_byte, 'return' AS label,
           'f' AS is_diskbased, NULL::BIGINT AS workmem, 'f' AS is_rrscan,
           'f' AS is_delayed_scan, returned_rows AS rows_pre_filter
      FROM weir_statements() WHERE end_time IS NOT NULL AND is_query
    """,
    // One slice holds all. Distribution styles as PG_CLASS_INFO numbers them.
    """
    CREATE OR REPLACE VIEW weir.stv_tbl_perm AS
    SELECT 0 AS slice, t.table_oid::INTEGER AS id, t.table_name AS name,
           t.estimated_size AS "rows", t.estimated_size AS sorted_rows,
           t.temporary::INTEGER AS temp, 1 AS db_id, 0 AS insert_pristine, 0 AS delete_pristine,
           a.backup::INTEGER AS backup,
           CASE a.diststyle WHEN 'EVEN' THEN 0 WHEN 'KEY' THEN 1 WHEN 'ALL' THEN 8 ELSE 10 END
             AS dist_style, -1 AS block_count
      FROM duckdb_tables() t
      JOIN weir.table_attribute a ON a.table_oid = t.table_oid AND a.table_name = t.table_name
     WHERE NOT t.internal AND t.schema_name <> 'weir'
    """,
    // Databases, as far as names from outside go.
    """
    CREATE OR REPLACE VIEW weir.pg_database AS
    SELECT 1 AS oid, current_database() AS datname, 100 AS datdba, 6 AS encoding,
           false AS datistemplate, true AS datallowconn, 0 AS datlastsysoid,
           NULL::VARCHAR AS datacl, -1 AS datconnlimit
    """,
    """
    CREATE OR REPLACE VIEW weir.pg_database_info AS
    SELECT current_database() AS datname, 1 AS datid, 100 AS datdba,
           'UNLIMITED' AS datconnlimit
    """,
    """
    CREATE OR REPLACE VIEW weir.pg_user_info AS
    SELECT name AS usename, id::INTEGER AS usesysid, createdb AS usecreatedb,
           superuser AS usesuper, false AS usecatupd, '********' AS passwd,
           options ->> '$."VALID UNTIL"' AS valuntil, NULL::VARCHAR AS useconfig,
           coalesce(options ->> '$."CONNECTION LIMIT"', 'UNLIMITED') AS useconnlimit
      FROM weir.user_account
    """,
    """
    CREATE OR REPLACE VIEW weir.pg_tables AS
    SELECT schema_name AS schemaname, table_name AS tablename, owner AS tableowner,
           NULL::VARCHAR AS tablespace, false AS hasindexes, false AS hasrules,
           false AS hastriggers
      FROM weir.user_relation WHERE kind = 'TABLE'
    """,
    """
    CREATE OR REPLACE VIEW weir.pg_views AS
    SELECT r.schema_name AS schemaname, r.table_name AS viewname, r.owner AS viewowner,
           coalesce(m.definition, v.sql) AS definition
      FROM weir.user_relation r
      LEFT JOIN weir.materialized_view m ON m.id = r.view_id
      LEFT JOIN duckdb_views() v ON v.view_oid = r.oid AND v.schema_name = r.schema_name
                                AND v.view_name = r.table_name
     WHERE r.kind = 'VIEW'
    """,
    """
    CREATE OR REPLACE VIEW weir.information_schemata AS
    SELECT current_database() AS catalog_name, s.schema_name,
           coalesce(o.owner, 'weir') AS schema_owner,
           NULL::VARCHAR AS default_character_set_catalog,
           NULL::VARCHAR AS default_character_set_schema,
           NULL::VARCHAR AS default_character_set_name, NULL::VARCHAR AS sql_path
      FROM (SELECT schema_name FROM weir.user_schema
            UNION ALL SELECT unnest(['pg_catalog', 'information_schema'])) s
      LEFT JOIN weir.object_owner o
        ON o.object_kind = 'schema' AND o.object_name = s.schema_name
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_schema_quota_state AS
    SELECT s.oid::INTEGER AS schema_id, q.schema_name, 100 AS schema_owner,
           q.quota::INTEGER AS quota, NULL::INTEGER AS disk_usage,
           NULL::DOUBLE AS disk_usage_pct
      FROM weir.schema_quota q JOIN duckdb_schemas() s
        ON s.schema_name = q.schema_name AND s.database_name = current_database()
    """,
    """
    CREATE OR REPLACE VIEW weir.shown_table AS
    SELECT current_database() AS database_name, r.schema_name, r.table_name,
           CASE WHEN r.kind = 'TABLE' THEN 'TABLE' ELSE 'VIEW' END AS table_type,
           NULL::VARCHAR AS table_acl, weir.remark(r.comment) AS remarks,
           coalesce(o.owner, r.owner) AS owner, NULL::TIMESTAMP AS last_altered_time,
           NULL::TIMESTAMP AS last_modified_time,
           CASE WHEN r.kind = 'TABLE' THEN a.diststyle END AS dist_style,
           CASE WHEN r.kind = 'TABLE' THEN 'REGULAR TABLE'
                WHEN r.view_id IS NOT NULL THEN 'MATERIALIZED VIEW'
                ELSE 'REGULAR VIEW' END AS table_subtype
      FROM weir.user_relation r
      LEFT JOIN weir.table_attribute a
        ON a.schema_name = r.schema_name AND a.table_name = r.table_name
      LEFT JOIN weir.object_owner o ON o.object_kind = 'relation'
       AND o.schema_name = r.schema_name AND o.object_name = r.table_name
    """,
    """
    CREATE OR REPLACE VIEW weir.shown_column AS
    SELECT current_database() AS database_name, c.schema_name, c.table_name, c.column_name,
           c.ordinal_position, c.column_default, c.is_nullable, c.data_type,
           c.character_maximum_length, c.numeric_precision, c.numeric_scale,
           c.comment AS remarks,
           CASE WHEN c.sortkey_position > 0 THEN 'COMPOUND'
                WHEN c.sortkey_position < 0 THEN 'INTERLEAVED' END AS sort_key_type,
           c.sortkey_position AS sort_key, CASE WHEN c.is_distkey THEN 1 END AS dist_key,
           c.encoding, CASE WHEN c.data_type LIKE 'character%' THEN 'default' END AS "collation"
      FROM weir.user_column c
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_transactions AS
    SELECT username AS txn_owner, current_database() AS txn_db, transaction_id AS xid,
           session_id AS pid, start_time AS txn_start, 'ExclusiveLock' AS lock_mode,
           'transactionid' AS lockable_object_type, NULL::INTEGER AS relation, true AS granted
      FROM weir_statements() WHERE end_time IS NULL
    """,
  ]

  /// Of what there is nothing here: writers of the same rows collide, and nobody holds a table
  /// locked; DuckDB's blocks belong to row groups, not to columns.
  static let absentViews = absent.map { name, columns in
    let items = columns.split(separator: ",").map { column in
      let words = column.split(separator: " ")
      return "NULL::\(words.last ?? "") AS \"\(words.first ?? "")\""
    }
    return "CREATE OR REPLACE VIEW weir.\(name) AS SELECT "
      + items.joined(separator: ", ") + " WHERE false"
  }

  private static let absent: [(name: String, columns: String)] = [
    (
      "stv_locks",
      """
      table_id BIGINT, last_commit TIMESTAMP, last_update TIMESTAMP, lock_owner BIGINT, \
      lock_owner_pid BIGINT, lock_owner_start_ts TIMESTAMP, lock_owner_end_ts TIMESTAMP, \
      lock_status VARCHAR
      """
    ),
    (
      "stv_blocklist",
      """
      slice INTEGER, col INTEGER, tbl INTEGER, blocknum INTEGER, num_values INTEGER, \
      extended_limits INTEGER, minvalue BIGINT, maxvalue BIGINT, sb_pos INTEGER, \
      pinned INTEGER, on_disk INTEGER, modified INTEGER, hdr_modified INTEGER, \
      unsorted INTEGER, tombstone INTEGER, preferred_diskno INTEGER, temporary INTEGER, \
      newblock INTEGER, num_readers INTEGER, flags INTEGER
      """
    ),
    (
      "stl_restarted_sessions",
      """
      currenttime TIMESTAMP, dbname VARCHAR, newpid INTEGER, oldpid INTEGER, username VARCHAR, \
      remotehost VARCHAR, remoteport VARCHAR, parkedtime TIMESTAMP, session_vars VARCHAR
      """
    ),
  ]
}
