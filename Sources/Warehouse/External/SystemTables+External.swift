/// The data catalog's tables, and Redshift's views on it and on what was read through it.
extension SystemTables {
  static let externalTables = [
    """
    CREATE TABLE IF NOT EXISTS weir.external_database (
      name VARCHAR NOT NULL UNIQUE, created_at TIMESTAMP NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS weir.external_table (
      id BIGINT NOT NULL, database_name VARCHAR NOT NULL, name VARCHAR NOT NULL,
      format VARCHAR NOT NULL, location VARCHAR NOT NULL, input_format VARCHAR NOT NULL,
      output_format VARCHAR NOT NULL, serde VARCHAR NOT NULL, serde_properties VARCHAR NOT NULL,
      properties VARCHAR NOT NULL, is_managed BOOLEAN NOT NULL, owner VARCHAR NOT NULL,
      created_at TIMESTAMP NOT NULL)
    """,
    // part_key: which partition column it is, from 1; 0 for a column of the files.
    """
    CREATE TABLE IF NOT EXISTS weir.external_column (
      table_id BIGINT NOT NULL, position INTEGER NOT NULL, name VARCHAR NOT NULL,
      external_type VARCHAR NOT NULL, stored_type VARCHAR NOT NULL, length INTEGER,
      part_key INTEGER NOT NULL)
    """,
    """
    CREATE TABLE IF NOT EXISTS weir.external_partition (
      id BIGINT NOT NULL, table_id BIGINT NOT NULL, partition_values VARCHAR[] NOT NULL,
      location VARCHAR NOT NULL)
    """,
    // The files of a managed table: no other is opened. Partition 0 of a table without partitions.
    """
    CREATE TABLE IF NOT EXISTS weir.external_file (
      table_id BIGINT NOT NULL, partition_id BIGINT NOT NULL, location VARCHAR NOT NULL,
      row_count BIGINT NOT NULL, byte_count BIGINT NOT NULL)
    """,
    // Objects that statements are adding: no files of a table until they are gone from here.
    "CREATE TABLE IF NOT EXISTS weir.external_pending (location VARCHAR NOT NULL)",
    // Late-binding views: their text, since what they read is looked for when they are read.
    "ALTER TABLE IF EXISTS weir.external_view RENAME TO late_binding_view",
    """
    CREATE TABLE IF NOT EXISTS weir.late_binding_view (
      schema_name VARCHAR NOT NULL, name VARCHAR NOT NULL, column_names VARCHAR[] NOT NULL,
      definition VARCHAR NOT NULL)
    """,
  ]

  static let catalogViews = [
    """
    CREATE OR REPLACE VIEW weir.svv_external_tables AS
    SELECT current_database() AS redshift_database_name, s.name AS schemaname,
           t.name AS tablename, 'TABLE' AS tabletype, t.location, t.input_format,
           t.output_format, t.serde AS serialization_lib, t.serde_properties AS serde_parameters,
           0 AS compressed, t.properties AS parameters
      FROM weir.external_table t
      JOIN weir.external_schema s
        ON s.kind = 'DATA CATALOG' AND (s.options ->> '$.DATABASE') = t.database_name
    UNION ALL
    SELECT current_database(), schemaname, tablename, tabletype, NULL, NULL, NULL, NULL, NULL,
           NULL, NULL
      FROM weir_federated_tables()
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_external_columns AS
    SELECT current_database() AS redshift_database_name, s.name AS schemaname,
           e.name AS tablename, c.name AS columnname,
           c.external_type, c.position AS columnnum, c.part_key, 'true' AS is_nullable
      FROM weir.external_table e
      JOIN weir.external_schema s
        ON s.kind = 'DATA CATALOG' AND (s.options ->> '$.DATABASE') = e.database_name
      JOIN weir.external_column c ON c.table_id = e.id
    UNION ALL
    SELECT current_database(), schemaname, tablename, columnname, external_type, columnnum, 0,
           is_nullable
      FROM weir_federated_columns()
    """,
    """
    CREATE OR REPLACE VIEW weir.svv_external_partitions AS
    SELECT s.name AS schemaname, t.name AS tablename,
           to_json(p.partition_values)::VARCHAR AS values, left(p.location, 128) AS location,
           t.input_format, t.output_format, t.serde AS serialization_lib,
           t.serde_properties AS serde_parameters, 0 AS compressed, '{}' AS parameters
      FROM weir.external_partition p
      JOIN weir.external_table t ON t.id = p.table_id
      JOIN weir.external_schema s
        ON s.kind = 'DATA CATALOG' AND (s.options ->> '$.DATABASE') = t.database_name
    """,
    // A query over one table is one segment with one step here; nothing is split or retried.
    """
    CREATE OR REPLACE VIEW weir.svl_s3query_summary AS
    SELECT 100 AS userid, query_id::INTEGER AS query, transaction_id AS xid,
           session_id AS pid, sequence AS segment, 0 AS step, start_time AS starttime,
           end_time AS endtime,
           least(date_diff('microsecond', start_time, end_time), 2147483647)::INTEGER AS elapsed,
           is_aborted::INTEGER AS aborted, table_name AS external_table_name, file_format,
           CASE WHEN is_partitioned THEN 't' ELSE 'f' END AS is_partitioned, 'f' AS is_rrscan,
           'f' AS is_nested, scanned_rows AS s3_scanned_rows,
           scanned_bytes AS s3_scanned_bytes, NULL::BIGINT AS s3query_returned_rows,
           NULL::BIGINT AS s3query_returned_bytes, scanned_files::INTEGER AS files,
           scanned_files::INTEGER AS files_max, scanned_files::INTEGER AS files_avg,
           scanned_row_groups::INTEGER AS splits, scanned_row_groups::INTEGER AS splits_max,
           scanned_row_groups::INTEGER AS splits_avg, scanned_bytes AS total_split_size,
           NULL::BIGINT AS max_split_size,
           (scanned_bytes // greatest(scanned_row_groups, 1))::BIGINT AS avg_split_size,
           0 AS total_retries, 0 AS max_retries, NULL::INTEGER AS max_request_duration,
           NULL::DOUBLE AS avg_request_duration, NULL::INTEGER AS max_request_parallelism,
           NULL::DOUBLE AS avg_request_parallelism, 0::BIGINT AS total_slowdown_count,
           0 AS max_slowdown_count
      FROM weir_external_scans()
    """,
    // What Redshift Spectrum would charge for the query: see ScanPrice.
    """
    CREATE OR REPLACE VIEW weir.sys_weir_scan_cost AS
    SELECT query_id, sequence AS child_query_sequence, table_name, total_partitions,
           qualified_partitions, scanned_files, scanned_row_groups, scanned_rows,
           scanned_bytes AS bytes_scanned, billed_bytes AS bytes_billed, price_usd, start_time
      FROM weir_external_scans()
    """,
  ]
}
