internal import Core

/// The functions that Redshift has: what DuckDB has beside them is nobody's to call.
///
/// Source: the pages of "SQL functions reference" of Redshift's documentation, and the functions
/// of PostgreSQL's catalog that its drivers and tools call.
package enum FunctionNames {
  /// - Throws: 0A000 for a function of Redshift's that Weir has not.
  static func check(_ call: FunctionCall, at position: Int) throws(SQLError) {
    guard let name = call.simpleName else { return }
    if let kind = unsupportedKind(of: name) {
      throw SQLError("0A000", "\(kind) is not supported: \(name.uppercased())")
        .placed(at: position)
    }
  }

  /// Whether a statement may call it. Macros and procedures of the schema `weir` are qualified.
  package static func isKnown(_ call: FunctionCall) -> Bool {
    guard let name = call.simpleName else { return call.name.schema == "weir" }
    return known.contains(name) || FunctionRule.names.contains(name) || name.hasPrefix("has_")
  }

  /// What is documented, and stands for work that nothing here does.
  package static func unsupportedKind(of name: String) -> String? {
    if name.hasPrefix("st_") || spatial.contains(name) { return "a spatial function" }
    if name.hasPrefix("h3_") { return "a spatial function" }
    if name == "hll" || name.hasPrefix("hll_") { return "a function of HyperLogLog sketches" }
    if name == "explain_model" || name.hasPrefix("ai_") {
      return "a function of machine learning"
    }
    if absent.contains(name) { return "the function" }
    return nil
  }

  private static let absent: Set<String> = [
    "array_contains", "array_distinct", "array_except", "array_intersection", "array_position",
    "array_positions", "array_sort", "array_union", "arrays_overlap", "pg_get_session_roles",
    "text_to_numeric_alt",
  ]

  private static let spatial: Set<String> = [
    "addbbox", "dropbbox", "geometrytype", "supportsbbox", "geometry_cmp",
  ]

  private static let known: Set<String> = words(
    aggregates, texts, numbers, moments, others, catalog)

  private static func words(_ lists: String...) -> Set<String> {
    Set(lists.flatMap { $0.split(whereSeparator: \.isWhitespace).map(String.init) })
  }

  /// Aggregates and window functions.
  private static let aggregates = """
    any_value avg count listagg listaggdistinct max median min percentile_cont percentile_disc
    approximate_percentile_disc stddev stddev_samp stddev_pop sum variance var_samp var_pop
    bit_and bit_or bool_and bool_or cume_dist dense_rank first_value lag last_value lead nth_value
    ntile percent_rank rank ratio_to_report row_number grouping grouping_id
    """

  private static let texts = """
    ascii bpcharcmp btrim bttext_pattern_cmp char_length character_length charindex chr collate
    concat crc32 difference func_sha1 initcap left len length lower lpad ltrim md5 octet_length
    octetindex position quote_ident quote_literal regexp_count regexp_instr regexp_replace
    regexp_substr repeat replace replicate reverse right rpad rtrim sha sha1 sha2 soundex
    split_part strpos strtol substr substring textlen translate trim upper farmfingerprint64
    fnv_hash murmur3_32_hash checksum to_hex from_hex from_varbyte to_varbyte getbit
    text_to_int_alt regexp_matches regexp_split_to_array bit_count
    """

  private static let numbers = """
    abs acos asin atan atan2 cbrt ceil ceiling cos cot degrees dexp dlog1 dlog10 exp floor greatest
    least ln log log10 mod pi pow power radians random round sign sin sqrt tan trunc to_number
    bitand bitor bitxor setseed
    """

  private static let moments = """
    add_months convert_timezone current_date current_time current_timestamp date_add date_cmp
    date_cmp_timestamp date_cmp_timestamptz date_diff date_part date_part_year date_trunc dateadd
    datediff extract getdate interval_cmp last_day localtime localtimestamp months_between next_day
    now pgdate_part sysdate timeofday timestamp_cmp timestamp_cmp_date timestamp_cmp_timestamptz
    timestamptz_cmp timestamptz_cmp_date timestamptz_cmp_timestamp timezone to_char to_date
    to_timestamp age clock_timestamp statement_timestamp transaction_timestamp isfinite
    justify_days justify_hours date time timestamp timestamptz interval
    """

  private static let others = """
    coalesce decode isnull nullif nvl nvl2 cast convert array array_concat
    array_flatten array_to_string array_length array_upper array_lower
    get_array_length object object_transform split_to_array subarray size slice_num
    can_json_parse is_valid_json is_valid_json_array json_array_length
    json_extract_array_element_text json_extract_path_text json_parse json_serialize
    json_serialize_to_varbyte json_size json_typeof is_array is_bigint is_boolean is_char
    is_decimal is_float is_integer is_object is_scalar is_smallint is_varchar decimal_precision
    decimal_scale lower_attribute_names upper_attribute_names row generate_series
    change_query_priority change_session_priority change_user_priority
    current_aws_account current_namespace current_user current_user_id current_session_arn
    current_setting set_config session_user user last_user_query_id last_query_id
    user_is_member_of role_is_member_of
    pg_backend_pid pg_cancel_backend pg_terminate_backend pg_get_cols
    pg_get_grantee_by_iam_role pg_get_iam_role_by_user pg_get_late_binding_view_cols
    pg_last_copy_count pg_last_copy_id pg_last_query_id pg_last_unload_count
    pg_last_unload_id version
    """

  /// Of PostgreSQL's catalog.
  private static let catalog = """
    array_in array_out col_description current_catalog current_database current_query current_role
    current_schema current_schemas format_type obj_description shobj_description
    pg_get_constraintdef pg_get_expr pg_get_function_result pg_get_functiondef pg_get_indexdef
    pg_get_keywords
    pg_get_partkeydef pg_get_ruledef pg_get_serial_sequence pg_get_triggerdef pg_get_userbyid
    pg_get_viewdef pg_get_function_arguments pg_get_function_identity_arguments pg_encoding_to_char
    pg_char_to_encoding pg_client_encoding pg_conf_load_time pg_database_size pg_function_is_visible
    pg_is_in_recovery pg_is_other_temp_schema pg_jit_available pg_my_temp_schema
    pg_opclass_is_visible
    pg_operator_is_visible pg_postmaster_start_time pg_relation_size pg_size_pretty
    pg_table_is_visible pg_table_size pg_tablespace_size pg_total_relation_size pg_type_is_visible
    pg_typeof pg_stat_get_numscans pg_timezone_names pg_timezone_abbrevs pg_sleep
    regclass regtype oid quote_nullable inet_client_addr inet_server_addr inet_server_port
    txid_current getdatabaseencoding to_regclass unnest range
    """
}

/// Types that Redshift has.
enum TypeNames {
  /// - Throws: 42704 for a type that nobody has, 0A000 for one that Weir has not.
  static func check(_ type: TypeName, at position: Int) throws(SQLError) {
    let name = type.name.hasSuffix("[]") ? String(type.name.dropLast(2)) : type.name
    if unsupported.contains(name) {
      throw SQLError("0A000", "the type \(name.uppercased()) is not supported", position: position)
    }
    guard known.contains(name) else {
      throw SQLError("42704", "type \"\(name)\" does not exist", position: position)
    }
    try checkModifiers(type, at: position)
  }

  private static func checkModifiers(_ type: TypeName, at position: Int) throws(SQLError) {
    let values = type.modifiers.compactMap { $0 }
    switch type.name {
    case "decimal", "numeric", "dec":
      if let precision = values.first, !(1...38).contains(precision) {
        throw SQLError(
          "22023", "NUMERIC precision \(precision) must be between 1 and 38", position: position)
      }
      if values.count > 1, !(0...min(values[0], 37)).contains(values[1]) {
        throw SQLError(
          "22023", "NUMERIC scale \(values[1]) must be between 0 and precision \(values[0])",
          position: position)
      }
    case "varchar", "character varying", "nvarchar", "char", "character", "nchar", "varbyte",
      "varbinary", "binary varying":
      let longest = maxima[type.name] ?? 65_535
      if let length = values.first, !(1...longest).contains(length) {
        throw SQLError(
          "22023",
          length < 1
            ? "length for type \(type.name) must be at least 1"
            : "length for type \(type.name) cannot exceed \(longest)", position: position)
      }
    default: break
    }
  }

  private static let maxima = [
    "char": 4_096, "character": 4_096, "nchar": 4_096, "varbyte": 16_777_216,
    "varbinary": 16_777_216, "binary varying": 16_777_216,
  ]

  private static let known: Set<String> = [
    "smallint", "int2", "integer", "int", "int4", "bigint", "int8", "decimal", "numeric", "dec",
    "real", "float4", "double precision", "float8", "float", "boolean", "bool", "char",
    "character", "nchar", "bpchar", "varchar", "character varying", "nvarchar", "text", "date",
    "timestamp", "timestamp without time zone", "timestamptz", "timestamp with time zone", "time",
    "time without time zone", "timetz", "time with time zone", "super", "varbyte", "varbinary",
    "binary varying", "interval", "interval year to month", "interval day to second", "oid",
    "regclass", "regtype", "regproc", "name", "xid", "cid", "tid", "aclitem", "unknown",
    "\"char\"", "refcursor", "record", "void",
  ]

  private static let unsupported: Set<String> = [
    "geometry", "geography", "hllsketch", "json", "bytea",
  ]
}
