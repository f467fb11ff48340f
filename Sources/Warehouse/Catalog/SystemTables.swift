internal import RedshiftSQL

/// The tables in which the warehouse keeps its own state, and the system views over them.
///
/// All live in the schema `weir` of the same DuckDB database as the rows, so that a view's
/// positions and its rows commit in one transaction.
enum SystemTables {
  /// Raised when a statement below changes what is stored; an unknown one is refused by name.
  static let version = 2

  static let tables = [
    "CREATE SCHEMA IF NOT EXISTS public",
    "CREATE SCHEMA IF NOT EXISTS weir",
    "CREATE TABLE IF NOT EXISTS weir.format (version INTEGER NOT NULL)",
    "CREATE SEQUENCE IF NOT EXISTS weir.object_id START 100000",
    "CREATE SEQUENCE IF NOT EXISTS weir.refresh_id",
    """
    CREATE TABLE IF NOT EXISTS weir.external_schema (
      oid BIGINT NOT NULL, name VARCHAR NOT NULL UNIQUE, kind VARCHAR NOT NULL,
      options JSON NOT NULL, owner VARCHAR NOT NULL, created_at TIMESTAMP NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS weir.materialized_view (
      id BIGINT NOT NULL, schema_name VARCHAR NOT NULL, name VARCHAR NOT NULL,
      external_schema VARCHAR NOT NULL, stream_name VARCHAR NOT NULL,
      definition VARCHAR NOT NULL, auto_refresh BOOLEAN NOT NULL, owner VARCHAR NOT NULL,
      created_at TIMESTAMP NOT NULL, UNIQUE (schema_name, name))
    """,
    """
    CREATE TABLE IF NOT EXISTS weir.view_position (
      view_id BIGINT NOT NULL, stream_id VARCHAR NOT NULL, shard_index INTEGER NOT NULL,
      next_ordinal BIGINT NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS weir.view_loss (
      view_id BIGINT NOT NULL, stream_id VARCHAR NOT NULL, shard_index INTEGER NOT NULL,
      end_ordinal BIGINT NOT NULL, read_ordinal BIGINT NOT NULL, found_at TIMESTAMP NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS weir.refresh_history (
      refresh_id BIGINT NOT NULL, view_id BIGINT NOT NULL, schema_name VARCHAR NOT NULL,
      view_name VARCHAR NOT NULL, refresh_type VARCHAR NOT NULL, status VARCHAR NOT NULL,
      session_id BIGINT NOT NULL, start_time TIMESTAMP NOT NULL, end_time TIMESTAMP NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS weir.scan_state (
      refresh_id BIGINT NOT NULL, view_id BIGINT NOT NULL, external_schema VARCHAR NOT NULL,
      stream_name VARCHAR NOT NULL, view_name VARCHAR NOT NULL, record_time TIMESTAMP NOT NULL,
      shard_index INTEGER NOT NULL, latest_position VARCHAR, scanned_rows BIGINT NOT NULL,
      skipped_rows BIGINT NOT NULL, scanned_bytes BIGINT NOT NULL, oldest TIMESTAMP,
      newest TIMESTAMP)
    """,
    """
    CREATE TABLE IF NOT EXISTS weir.scan_error (
      refresh_id BIGINT NOT NULL, view_id BIGINT NOT NULL, external_schema VARCHAR NOT NULL,
      stream_name VARCHAR NOT NULL, view_name VARCHAR NOT NULL, record_time TIMESTAMP NOT NULL,
      arrived_at TIMESTAMP, shard_index INTEGER NOT NULL, position VARCHAR NOT NULL,
      error_code INTEGER NOT NULL, error_reason VARCHAR NOT NULL)
    """,
    // How many records the row tells of; a run of damaged ones has one row. Comes by itself, as
    // the table of an earlier version does not have it.
    "ALTER TABLE weir.scan_error ADD COLUMN IF NOT EXISTS record_count BIGINT DEFAULT 1",
    // How many rows the refresh made or changed.
    "ALTER TABLE weir.refresh_history ADD COLUMN IF NOT EXISTS row_count BIGINT",
    "ALTER TABLE weir.materialized_view ADD COLUMN IF NOT EXISTS state INTEGER DEFAULT 1",
    // What a view over tables and views reads: one row for each of them.
    """
    CREATE TABLE IF NOT EXISTS weir.view_base (
      view_id BIGINT NOT NULL, place INTEGER NOT NULL, base_schema VARCHAR NOT NULL,
      base_name VARCHAR NOT NULL, base_view_id BIGINT, columns VARCHAR[] NOT NULL,
      used_columns VARCHAR[] NOT NULL, change_table VARCHAR)
    """,
    // The newest refresh that changed a view, and the newest that a view over it has read.
    "CREATE TABLE IF NOT EXISTS weir.view_version (view_id BIGINT NOT NULL, refresh_id BIGINT)",
    """
    CREATE TABLE IF NOT EXISTS weir.view_seen (
      view_id BIGINT NOT NULL, base_id BIGINT NOT NULL, refresh_id BIGINT NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS weir.dead_letter (
      view_id BIGINT NOT NULL, refresh_id BIGINT NOT NULL, shard_index INTEGER NOT NULL,
      ordinal BIGINT NOT NULL, sequence_number VARCHAR NOT NULL, arrived_at TIMESTAMP NOT NULL,
      partition_key VARCHAR NOT NULL, data BLOB NOT NULL, reason VARCHAR NOT NULL,
      attempts INTEGER NOT NULL)
    """,
    // How long rows took to become visible, minute by minute.
    """
    CREATE TABLE IF NOT EXISTS weir.lag_minute (
      view_id BIGINT NOT NULL, minute TIMESTAMP NOT NULL, refreshes BIGINT NOT NULL,
      failures BIGINT NOT NULL, row_count BIGINT NOT NULL, p50 DOUBLE, p99 DOUBLE, longest DOUBLE)
    """,
    // Megabytes.
    "CREATE TABLE IF NOT EXISTS weir.schema_quota (schema_name VARCHAR NOT NULL, quota BIGINT)",
    // What waits for a view: changes in its tables, or that it must be computed anew.
    "CREATE TABLE IF NOT EXISTS weir.view_mark (view_id BIGINT NOT NULL, mark VARCHAR NOT NULL)",
  ]

  static let views = [
    // A record that is kept is behind a view if it lies past the view's position. A view whose
    // stream is gone has no row in the inner query, and so an unknown lag.
    """
    CREATE OR REPLACE VIEW weir.sys_weir_view_lag AS
    SELECT v.schema_name, v.name, v.stream_name, v.auto_refresh, v.owner, l.records_behind,
           v.id, v.state
      FROM weir.materialized_view v
      LEFT JOIN (
        SELECT m.id,
               sum(greatest(e.next_ordinal
                     - greatest(coalesce(p.next_ordinal, 0), e.first_ordinal), 0))::BIGINT
                 AS records_behind
          FROM weir.materialized_view m
          JOIN weir_stream_ends() e ON e.stream_name = m.stream_name
          LEFT JOIN weir.view_position p ON p.view_id = m.id AND p.stream_id = e.stream_id
                                        AND p.shard_index = e.shard_index
         GROUP BY m.id) l ON l.id = v.id
    """,
    // NULL: a view whose stream is gone.
    """
    CREATE OR REPLACE VIEW weir.view_staleness AS
    SELECT l.id, CASE
             WHEN l.stream_name <> '' THEN l.records_behind > 0
             ELSE EXISTS (SELECT 1 FROM weir.view_mark m WHERE m.view_id = l.id)
               OR EXISTS (
                 SELECT 1 FROM weir.view_base b
                   JOIN weir.view_version v ON v.view_id = b.base_view_id
                   LEFT JOIN weir.view_seen s
                     ON s.view_id = b.view_id AND s.base_id = b.base_view_id
                  WHERE b.view_id = l.id AND v.refresh_id > coalesce(s.refresh_id, 0))
           END AS is_stale
      FROM weir.sys_weir_view_lag l
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_mv_info AS
    SELECT current_database() AS database_name, l.schema_name, l.owner AS user_name, l.name,
           CASE WHEN s.is_stale IS NULL THEN 'u' WHEN s.is_stale THEN 't' ELSE 'f' END AS is_stale,
           l.state, CASE WHEN l.auto_refresh THEN 't' ELSE 'f' END AS autorefresh,
           'f' AS autorewrite
      FROM weir.sys_weir_view_lag l JOIN weir.view_staleness s USING (id)
    """,
    """
    CREATE OR REPLACE VIEW weir.stv_mv_info AS
    SELECT i.database_name AS db_name, i.schema_name AS schema, i.name,
           (SELECT max(r.refresh_id) FROM weir.refresh_history r
             WHERE r.schema_name = i.schema_name AND r.view_name = i.name) AS updated_upto_xid,
           i.is_stale, i.user_name AS owner_user_name, i.state, i.autorefresh, i.autorewrite
      FROM weir.svv_mv_info i
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_mv_dependency AS
    SELECT current_database() AS database_name, m.schema_name AS schema_name, m.name,
           current_database() AS dependent_database_name,
           d.ref_schema AS dependent_schema_name, d.ref_name AS dependent_name
      FROM weir.materialized_view m
      JOIN (SELECT view_id, base_schema AS ref_schema, base_name AS ref_name FROM weir.view_base
            UNION ALL
            SELECT id, external_schema, stream_name FROM weir.materialized_view
             WHERE stream_name <> '') d ON d.view_id = m.id
    """,
    """
    CREATE OR REPLACE VIEW weir.stv_mv_deps AS
    SELECT database_name AS db_name, schema_name AS schema, name,
           dependent_schema_name AS ref_schema, dependent_name AS ref_name,
           database_name AS ref_database_name
      FROM weir.svv_mv_dependency
    """,
    """
    CREATE OR REPLACE VIEW weir.sys_mv_refresh_history AS
    SELECT 100 AS user_id, h.session_id::INTEGER AS session_id,
           h.refresh_id AS transaction_id, current_database() AS database_name,
           h.schema_name, h.view_id AS mv_id, h.view_name AS mv_name, h.refresh_type, h.status,
           h.start_time, h.end_time,
           date_diff('microsecond', h.start_time, h.end_time) AS duration,
           NULL::VARCHAR AS consumer_account, NULL::VARCHAR AS consumer_region,
           NULL::VARCHAR AS consumer_namespace
      FROM weir.refresh_history h
    """,
    """
    CREATE OR REPLACE VIEW weir.sys_weir_refresh_history AS
    SELECT h.schema_name, h.view_name AS mv_name, h.refresh_id AS transaction_id, h.refresh_type,
           h.status, h.start_time, h.end_time,
           date_diff('microsecond', h.start_time, h.end_time) / 1000.0 AS duration_ms, h.row_count
      FROM weir.refresh_history h
    """,
    """
    CREATE OR REPLACE VIEW weir.svl_mv_refresh_status AS
    SELECT current_database() AS db_name, 100::BIGINT AS userid, h.schema_name,
           h.view_name AS mv_name, h.refresh_id AS xid, h.start_time AS starttime,
           h.end_time AS endtime, h.status, h.refresh_type,
           NULL::VARCHAR AS consumer_account, NULL::VARCHAR AS consumer_region,
           NULL::VARCHAR AS consumer_namespace
      FROM weir.refresh_history h
    """,
    """
    CREATE OR REPLACE VIEW weir.sys_stream_scan_states AS
    SELECT s.external_schema AS external_schema_name, s.stream_name, s.view_name AS mv_name,
           s.refresh_id AS transaction_id, s.refresh_id AS query_id, s.record_time,
           printf('shardId-%012d', s.shard_index) AS partition_id, s.latest_position,
           s.scanned_rows, s.skipped_rows, s.scanned_bytes,
           s.oldest AS stream_record_time_min, s.newest AS stream_record_time_max
      FROM weir.scan_state s
    """,
    """
    CREATE OR REPLACE VIEW weir.sys_stream_scan_errors AS
    SELECT e.external_schema AS external_schema_name, e.stream_name, e.view_name AS mv_name,
           e.refresh_id AS transaction_id, e.refresh_id AS query_id,
           'A' AS stream_timestamp_type, e.arrived_at AS stream_timestamp, e.record_time,
           printf('shardId-%012d', e.shard_index) AS partition_id, e.position, e.error_code,
           e.error_reason
      FROM weir.scan_error e
    """,
    """
    CREATE OR REPLACE VIEW weir.sys_weir_dead_letters AS
    SELECT m.schema_name, m.name AS mv_name, m.stream_name,
           printf('shardId-%012d', d.shard_index) AS shard_id, d.sequence_number,
           d.arrived_at AS approximate_arrival_timestamp, d.partition_key,
           d.data AS kinesis_data, d.reason, d.attempts, d.refresh_id AS transaction_id
      FROM weir.dead_letter d JOIN weir.materialized_view m ON m.id = d.view_id
    """,
    // The minute that is not over comes from memory.
    """
    CREATE OR REPLACE VIEW weir.sys_weir_view_lag_history AS
    SELECT m.schema_name, m.name AS mv_name, h.minute, h.refreshes, h.failures,
           h.row_count AS rows_refreshed, h.p50 * 1000 AS p50_ms, h.p99 * 1000 AS p99_ms,
           h.longest * 1000 AS max_ms
      FROM (SELECT * FROM weir.lag_minute UNION ALL SELECT * FROM weir_lag_minutes()) h
      JOIN weir.materialized_view m ON m.id = h.view_id
    """,
    // How far a view is behind, how fast it reads, and when it will have caught up at that rate.
    """
    CREATE OR REPLACE VIEW weir.sys_weir_view_progress AS
    SELECT l.schema_name, l.name AS mv_name, l.stream_name, l.records_behind, r.records_read,
           CASE WHEN l.records_behind = 0 THEN 100.0
                ELSE round(100.0 * r.records_read / (r.records_read + l.records_behind), 1)
           END AS percent_done, r.records_per_second,
           CASE WHEN l.records_behind = 0 THEN 0
                ELSE l.records_behind / nullif(r.records_per_second, 0) END AS seconds_to_catch_up
      FROM weir.sys_weir_view_lag l
      LEFT JOIN (
        SELECT p.view_id, (sum(p.next_ordinal - least(e.first_ordinal, p.next_ordinal)))::BIGINT
                 AS records_read,
               any_value(s.records_per_second) AS records_per_second
          FROM weir.view_position p
          JOIN weir_stream_ends() e
            ON e.stream_id = p.stream_id AND e.shard_index = p.shard_index
          LEFT JOIN (
            SELECT t.view_id, sum(t.scanned_rows)
                   / greatest(date_diff('microsecond', min(h.start_time), max(h.end_time)) / 1e6,
                              0.001) AS records_per_second
              FROM weir.scan_state t JOIN weir.refresh_history h USING (refresh_id)
             WHERE t.record_time >= (
               SELECT max(n.record_time) - INTERVAL 10 SECOND FROM weir.scan_state n
                WHERE n.view_id = t.view_id)
             GROUP BY t.view_id) s ON s.view_id = p.view_id
         GROUP BY p.view_id) r ON r.view_id = l.id
     WHERE l.stream_name <> ''
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_external_schemas AS
    SELECT oid AS esoid,
           (CASE kind WHEN 'DATA CATALOG' THEN 1 WHEN 'POSTGRES' THEN 3 WHEN 'KINESIS' THEN 9 END
           )::SMALLINT AS eskind,
           name AS schemaname, 100 AS esowner, options->>'DATABASE' AS databasename,
           options::VARCHAR AS esoptions
      FROM weir.external_schema
    """,
    """
    CREATE OR REPLACE VIEW weir.sys_weir_snapshot AS SELECT snapshot FROM weir_snapshot()
    """,
    "CREATE OR REPLACE VIEW weir.sys_weir_faults AS SELECT * FROM weir_faults()",
    "CREATE OR REPLACE VIEW weir.sys_weir_procedures AS SELECT * FROM weir_procedures()",
    """
    CREATE OR REPLACE VIEW weir.sys_weir_shards AS
    SELECT stream_name, printf('shardId-%012d', shard_index) AS shard_id,
           next_ordinal AS records, bytes, state, parents AS parent_shard_ids,
           hash_start AS starting_hash_key, hash_end AS ending_hash_key,
           starting_sequence AS starting_sequence_number,
           ending_sequence AS ending_sequence_number, created_at AS create_time,
           closed_at AS close_time, oldest_record AS oldest_record_time,
           newest_record AS newest_record_time, degraded AS degraded_reason
      FROM weir_stream_ends()
    """,
    """
    CREATE OR REPLACE VIEW weir.sys_weir_scaling_events AS
    SELECT event_time, stream_name, action, parents AS parent_shard_ids,
           children AS child_shard_ids, reason, is_automatic
      FROM weir_scaling_events()
    """,
  ]

  /// Refreshes of a view whose history is kept, and errors of it; older rows are pruned.
  static let historyMax = 10_000
}

extension SystemTables {
  /// Every view, each behind those that it reads.
  static let allViews =
    typeMacros + views + externalViews + catalogViews + relationViews + workloadViews
    + privilegeViews + unloadViews + loadViews + monitoringViews + absentViews + [stateLog]
    + archiveViews + tierViews + eventViews

  static let allTables =
    tables + externalTables + Privileges.tables + ArchiveCatalog.tables

  /// Names that a session finds in the schema `weir` without naming it.
  static let names: Set<String> = Set(
    (allTables + allViews).compactMap { statement in
      statement.firstMatch(of: /^CREATE [A-Z ]*(?:TABLE|VIEW) [A-Z ]*weir\.(\w+)/)
        .map { String($0.1) }
    })

  /// Whether the name is that of a system table or view, as a session reads it.
  static func isSystem(_ name: ObjectName) -> Bool {
    switch name.schema {
    case nil: names.contains(name.name) || name.name.hasPrefix("pg_")
    case let schema?: ["weir", "pg_catalog", "information_schema"].contains(schema)
    }
  }

  /// What has happened to the tables of views; the newest state of each.
  private static let stateLog = """
    CREATE OR REPLACE VIEW weir.stl_mv_state AS
    SELECT 100::BIGINT AS userid, NULL::TIMESTAMP AS starttime, NULL::BIGINT AS xid,
           CASE m.state WHEN 101 THEN 'Column was dropped' WHEN 102 THEN 'Column type was changed'
             WHEN 103 THEN 'Table was renamed' WHEN 104 THEN 'Column was renamed'
             WHEN 105 THEN 'Schema name was changed' END AS event_desc,
           current_database() AS db_name, b.base_schema AS base_table_schema,
           b.base_name AS base_table_name, m.schema_name AS mv_schema, m.name AS mv_name,
           'Unrefreshable' AS state
      FROM weir.materialized_view m JOIN weir.view_base b ON b.view_id = m.id
     WHERE m.state > 100
    """
}
