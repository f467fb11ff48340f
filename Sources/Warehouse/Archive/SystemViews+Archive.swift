extension SystemTables {
  static let archiveViews = [
    """
    CREATE OR REPLACE VIEW weir.sys_weir_archive_policies AS
    SELECT p.name, p.table_schema || '.' || p.table_name AS table_name, p.time_column,
           p.months_kept, 's3://' || p.bucket || '/' || p.prefix || '/' AS destination,
           p.granularity AS partitions, p.archive_schema || '.' || p.archive_table AS archive_table,
           p.schedule, p.is_enabled, p.owner, p.created_at, p.last_run
      FROM weir.archive_policy p
    """,
    // A batch without a result runs, or was cut short by a crash and is undone soon.
    """
    CREATE OR REPLACE VIEW weir.sys_weir_archive_runs AS
    SELECT b.run_id, b.id AS batch_id, b.policy_name, b.kind, strftime(b.month, '%Y-%m') AS month,
           coalesce(r.state, CASE WHEN b.id IN (SELECT batch_id FROM weir_archive_progress())
             THEN 'running' ELSE 'interrupted' END) AS state, s.step,
           coalesce(r.row_count, 0) AS row_count,
           coalesce(r.file_count, 0) AS file_count, coalesce(r.byte_count, 0) AS byte_count,
           r.checksum, r.message, b.started_at AS start_time, r.ended_at AS end_time,
           date_diff('microsecond', b.started_at, r.ended_at) AS duration
      FROM weir.archive_batch b
      LEFT JOIN weir.archive_result r ON r.batch_id = b.id
      LEFT JOIN (SELECT batch_id, arg_max(step, place) AS step FROM weir.archive_step
                  GROUP BY 1) s ON s.batch_id = b.id
    """,
    """
    CREATE OR REPLACE VIEW weir.sys_weir_archive_steps AS
    SELECT s.batch_id, b.policy_name, strftime(b.month, '%Y-%m') AS month, s.place, s.step,
           s.reached_at
      FROM weir.archive_step s JOIN weir.archive_batch b ON b.id = s.batch_id
    """,
    // The run that is under way, and how far it is.
    """
    CREATE OR REPLACE VIEW weir.sys_weir_archive_progress AS
    SELECT policy_name, kind, run_id, batch_id, month, month_number, month_count, step, row_count,
           start_time
      FROM weir_archive_progress()
    """,
  ]
}
