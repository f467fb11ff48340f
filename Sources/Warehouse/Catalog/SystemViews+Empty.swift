extension SystemTables {
  /// Views of Redshift on what Weir does not do yet: with their columns, and without a row.
  static let emptyViews = empty.map { name, columns in
    let items = columns.split(separator: ",").map { column in
      let words = column.split(separator: " ")
      return "NULL::\(words.last ?? "") AS \"\(words.first ?? "")\""
    }
    return "CREATE OR REPLACE VIEW weir.\(name) AS SELECT "
      + items.joined(separator: ", ") + " WHERE false"
  }

  private static let empty: [(name: String, columns: String)] = [
    (
      "svv_external_partitions",
      """
      schemaname VARCHAR, tablename VARCHAR, values VARCHAR, location VARCHAR, \
      input_format VARCHAR, output_format VARCHAR, serialization_lib VARCHAR, \
      serde_parameters VARCHAR, compressed INTEGER, parameters VARCHAR
      """
    ),
    (
      "stl_unload_log",
      """
      userid INTEGER, query INTEGER, slice INTEGER, pid INTEGER, path VARCHAR, \
      start_time TIMESTAMP, end_time TIMESTAMP, line_count BIGINT, transfer_size BIGINT, \
      file_format VARCHAR, user_query_id BIGINT, transaction_id BIGINT
      """
    ),
    (
      "sys_unload_history",
      """
      user_id INTEGER, query_id BIGINT, transaction_id BIGINT, session_id INTEGER, \
      database_name VARCHAR, status VARCHAR, start_time TIMESTAMP, end_time TIMESTAMP, \
      duration BIGINT, file_format VARCHAR, compression_type VARCHAR, \
      unloaded_location VARCHAR, unloaded_rows BIGINT, unloaded_files_count BIGINT, \
      unloaded_files_size BIGINT, error_message VARCHAR
      """
    ),
    (
      "sys_unload_detail",
      """
      user_id INTEGER, query_id INTEGER, session_id INTEGER, transaction_id BIGINT, \
      file_name VARCHAR, start_time TIMESTAMP, end_time TIMESTAMP, line_count BIGINT, \
      transfer_size BIGINT, file_format VARCHAR
      """
    ),
    (
      "svl_s3query_summary",
      """
      userid INTEGER, query INTEGER, xid BIGINT, pid INTEGER, segment INTEGER, step INTEGER, \
      starttime TIMESTAMP, endtime TIMESTAMP, elapsed INTEGER, aborted INTEGER, \
      external_table_name VARCHAR, file_format VARCHAR, is_partitioned VARCHAR, \
      is_rrscan VARCHAR, is_nested VARCHAR, s3_scanned_rows BIGINT, s3_scanned_bytes BIGINT, \
      s3query_returned_rows BIGINT, s3query_returned_bytes BIGINT, files INTEGER, \
      files_max INTEGER, files_avg INTEGER, splits INTEGER, splits_max INTEGER, \
      splits_avg INTEGER, total_split_size BIGINT, max_split_size BIGINT, \
      avg_split_size BIGINT, total_retries INTEGER, max_retries INTEGER, \
      max_request_duration INTEGER, avg_request_duration DOUBLE, \
      max_request_parallelism INTEGER, avg_request_parallelism DOUBLE, \
      total_slowdown_count BIGINT, max_slowdown_count INTEGER
      """
    ),
    (
      "sys_load_error_detail",
      """
      user_id INTEGER, query_id BIGINT, transaction_id BIGINT, session_id INTEGER, \
      database_name VARCHAR, table_id INTEGER, start_time TIMESTAMP, file_name VARCHAR, \
      line_number BIGINT, column_name VARCHAR, column_type VARCHAR, column_length VARCHAR, \
      position INTEGER, error_code INTEGER, error_message VARCHAR
      """
    ),
    (
      "sys_load_history",
      """
      user_id INTEGER, query_id BIGINT, transaction_id BIGINT, session_id INTEGER, \
      database_name VARCHAR, status VARCHAR, table_name VARCHAR, start_time TIMESTAMP, \
      end_time TIMESTAMP, duration BIGINT, data_source VARCHAR, file_format VARCHAR, \
      loaded_rows BIGINT, loaded_bytes BIGINT, source_file_count INTEGER, \
      source_file_bytes BIGINT, file_count_scanned INTEGER, file_bytes_scanned BIGINT, \
      error_count BIGINT, copy_job_id BIGINT
      """
    ),
    (
      "stl_load_errors",
      """
      userid INTEGER, slice INTEGER, tbl INTEGER, starttime TIMESTAMP, session INTEGER, \
      query INTEGER, filename VARCHAR, line_number BIGINT, colname VARCHAR, type VARCHAR, \
      col_length VARCHAR, position INTEGER, raw_line VARCHAR, raw_field_value VARCHAR, \
      err_code INTEGER, err_reason VARCHAR, is_partial INTEGER, start_offset BIGINT, \
      copy_job_id BIGINT
      """
    ),
  ]
}
