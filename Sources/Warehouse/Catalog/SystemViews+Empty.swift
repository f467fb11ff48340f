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
      "svv_external_tables",
      """
      redshift_database_name VARCHAR, schemaname VARCHAR, tablename VARCHAR, \
      tabletype VARCHAR, location VARCHAR, input_format VARCHAR, output_format VARCHAR, \
      serialization_lib VARCHAR, serde_parameters VARCHAR, compressed INTEGER, \
      parameters VARCHAR
      """
    ),
    (
      "svv_external_columns",
      """
      redshift_database_name VARCHAR, schemaname VARCHAR, tablename VARCHAR, \
      columnname VARCHAR, external_type VARCHAR, columnnum INTEGER, part_key INTEGER, \
      is_nullable VARCHAR
      """
    ),
    (
      "svv_external_partitions",
      """
      schemaname VARCHAR, tablename VARCHAR, values VARCHAR, location VARCHAR, \
      input_format VARCHAR, output_format VARCHAR, serialization_lib VARCHAR, \
      serde_parameters VARCHAR, compressed INTEGER, parameters VARCHAR
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
      "sys_external_query_detail",
      """
      user_id INTEGER, query_id BIGINT, transaction_id BIGINT, child_query_sequence INTEGER, \
      segment_id INTEGER, source_type VARCHAR, start_time TIMESTAMP, end_time TIMESTAMP, \
      duration BIGINT, total_partitions INTEGER, qualified_partitions INTEGER, \
      scanned_files BIGINT, returned_rows BIGINT, returned_bytes BIGINT, file_format VARCHAR, \
      file_location VARCHAR, external_query_text VARCHAR, warning_message VARCHAR, \
      table_name VARCHAR, is_recursive VARCHAR, is_nested VARCHAR, s3list_time BIGINT, \
      get_partition_time BIGINT, query_uuid VARCHAR
      """
    ),
  ]
}
