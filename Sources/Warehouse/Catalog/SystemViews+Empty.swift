extension SystemTables {
  /// Views of Redshift on what Weir does not do yet: with their columns, and without a row.
  static let emptyViews = (empty + absent).map { name, columns in
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
  ]
}
