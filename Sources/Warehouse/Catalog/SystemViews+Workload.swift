extension SystemTables {
  /// Statements, sessions and capacity: what Redshift's pages SYS_QUERY_HISTORY, STV_RECENTS,
  /// STV_INFLIGHT, STL_QUERY, SVL_QLOG, STV_SESSIONS, SYS_SESSION_HISTORY and
  /// SYS_SERVERLESS_USAGE document. Columns of CHAR are not padded with blanks.
  static let workloadViews = [
    // As on Redshift Serverless, there are no service classes. Compilation is part of planning.
    """
    CREATE OR REPLACE VIEW weir.sys_query_history AS
    SELECT 100 AS user_id, query_id,
           CASE label WHEN '' THEN 'default' ELSE label END AS query_label, transaction_id,
           session_id, current_database() AS database_name, query_type, status,
           false AS result_cache_hit, start_time, end_time, elapsed AS elapsed_time,
           queue AS queue_time, execution AS execution_time, left(error, 512) AS error_message,
           returned_rows, returned_bytes, query_text, '8.0.2' AS redshift_version,
           NULL::VARCHAR AS usage_limit, 'primary' AS compute_type, 0::BIGINT AS compile_time,
           planning AS planning_time, lock_wait AS lock_wait_time, -1 AS service_class_id,
           '' AS service_class_name, priority AS query_priority,
           CASE WHEN is_short THEN 'true' ELSE 'false' END AS short_query_accelerated,
           text_hash AS user_query_hash, generic_hash AS generic_query_hash,
           1 AS query_hash_version, 0 AS result_cache_query_id, username
      FROM weir_statements()
    """,
    """
    CREATE OR REPLACE VIEW weir.stv_recents AS
    SELECT 100 AS userid, CASE WHEN end_time IS NULL THEN 'Running' ELSE 'Done' END AS status,
           start_time AS starttime, least(elapsed, 2147483647)::INTEGER AS duration,
           username AS user_name, current_database() AS db_name, left(query_text, 600) AS query,
           CASE WHEN end_time IS NULL THEN session_id ELSE -1 END AS pid
      FROM weir_statements()
    """,
    """
    CREATE OR REPLACE VIEW weir.stv_inflight AS
    SELECT 100 AS userid, 0 AS slice, query_id::INTEGER AS query, label, transaction_id AS xid,
           session_id AS pid, start_time AS starttime, left(query_text, 100) AS text,
           0 AS suspended, 0 AS insert_pristine, 0 AS concurrency_scaling_status
      FROM weir_statements()
     WHERE end_time IS NULL AND is_query AND status <> 'queued'
    """,
    """
    CREATE OR REPLACE VIEW weir.stl_query AS
    SELECT 100 AS userid, query_id::INTEGER AS query,
           CASE label WHEN '' THEN 'default' ELSE label END AS label, transaction_id AS xid,
           session_id AS pid, current_database() AS database, query_text AS querytxt,
           start_time AS starttime, end_time AS endtime, (status <> 'success')::INTEGER AS aborted,
           0 AS insert_pristine, 0 AS concurrency_scaling_status
      FROM weir_statements()
     WHERE end_time IS NOT NULL AND is_query
    """,
    """
    CREATE OR REPLACE VIEW weir.svl_qlog AS
    SELECT 100 AS userid, query_id::INTEGER AS query, transaction_id AS xid, session_id AS pid,
           start_time AS starttime, end_time AS endtime, elapsed,
           (status <> 'success')::INTEGER AS aborted,
           CASE label WHEN '' THEN 'default' ELSE label END AS label,
           left(query_text, 60) AS substring, NULL::INTEGER AS source_query,
           'Main' AS concurrency_scaling_status_txt, NULL::INTEGER AS from_sp_call
      FROM weir_statements()
     WHERE end_time IS NOT NULL AND is_query
    """,
    """
    CREATE OR REPLACE VIEW weir.stv_sessions AS
    SELECT start_time AS starttime, session_id AS process, username AS user_name,
           current_database() AS db_name, 0 AS timeout_sec
      FROM weir_sessions() WHERE end_time IS NULL
    """,
    """
    CREATE OR REPLACE VIEW weir.sys_session_history AS
    SELECT '100' AS user_id, session_id, current_database() AS database_name,
           CASE WHEN end_time IS NULL THEN 'active' ELSE 'closed' END AS status,
           0 AS session_timeout, start_time, end_time
      FROM weir_sessions()
    """,
    // A unit is a slot. Nothing is charged, and nothing crosses a region.
    """
    CREATE OR REPLACE VIEW weir.sys_serverless_usage AS
    SELECT start_time, end_time, compute_seconds, compute_capacity,
           (SELECT sum(total_blocks * block_size / 1048576)::BIGINT FROM pragma_database_size()
             WHERE database_name = current_database()) AS data_storage,
           0::BIGINT AS cross_region_transferred_data, 0::BIGINT AS charged_seconds,
           0::BIGINT AS charged_extra_compute_for_automatic_optimization_seconds
      FROM weir_usage()
    """,
    """
    CREATE OR REPLACE VIEW weir.sys_weir_capacity AS
    SELECT slots AS capacity, slots_min AS capacity_min, slots_max AS capacity_max, running,
           waiting, queue_max, threads, current_setting('memory_limit') AS memory_limit,
           refresh_share, is_busy AS refresh_is_paced
      FROM weir_capacity()
    """,
    """
    CREATE OR REPLACE VIEW weir.sys_weir_sessions AS
    SELECT s.session_id, s.username, s.application AS application_name, s.start_time, s.end_time,
           q.query_id, q.status, q.query_text
      FROM weir_sessions() s
      LEFT JOIN weir_statements() q ON q.session_id = s.session_id AND q.end_time IS NULL
    """,
  ]
}
