extension SystemTables {
  /// What is read outside the warehouse: Redshift's pages SYS_EXTERNAL_QUERY_DETAIL,
  /// and SVL_FEDERATED_QUERY.
  static let externalViews = [
    """
    CREATE OR REPLACE VIEW weir.sys_external_query_detail AS
    SELECT 100 AS user_id, query_id, transaction_id, sequence AS child_query_sequence,
           0 AS segment_id, source_type, start_time, end_time, duration, total_partitions,
           qualified_partitions, scanned_files, returned_rows, returned_bytes, file_format,
           file_location, query_text AS external_query_text, warning AS warning_message,
           table_name, 'f' AS is_recursive, 'f' AS is_nested, NULL::BIGINT AS s3list_time,
           NULL::BIGINT AS get_partition_time, NULL::VARCHAR AS query_uuid
      FROM weir_external_queries()
    """,
    """
    CREATE OR REPLACE VIEW weir.svl_federated_query AS
    SELECT 100 AS userid, transaction_id AS xid, session_id AS pid, query_id::INTEGER AS query,
           source_type AS sourcetype, end_time AS recordtime, left(query_text, 4000) AS querytext,
           returned_rows AS num_rows, returned_bytes AS num_bytes, duration
      FROM weir_external_queries() WHERE source_type = 'PG'
    """,
  ]
}
