extension Macros {
  /// Functions of JSON in texts.
  static let json: [Macro] = [
    Macro("can_json_parse", "(x) AS weir_json_kind(x) > 0"),
    Macro("is_valid_json", "(x) AS weir_json_kind(x) = 1"),
    Macro("is_valid_json_array", "(x) AS weir_json_kind(x) = 2"),
    Macro(
      "json_parse",
      """
      (x) AS json(CASE WHEN weir_json_kind(x) > 0 THEN weir._text(x)
        ELSE weir_error('[22P02] invalid JSON: ' || left(weir._text(x), 100)) END)
      """),
    Macro(
      "_json_parse_or_null",
      "(x) AS json(CASE WHEN weir_json_kind(x) > 0 THEN weir._text(x) END)"),
    Macro(
      "json_extract_array_element_text",
      """
      (x, i) AS CASE weir_json_kind(x) WHEN 2
        THEN CASE WHEN i >= 0 THEN 
          weir_json_path(weir._text(x), 1, CAST(CAST(i AS BIGINT) AS VARCHAR)) END
        ELSE weir_error('[22P02] invalid JSON array: ' || left(weir._text(x), 100)) END
      """,
      """
      (x, i, null_if_invalid) AS CASE WHEN weir_json_kind(x) = 2
        THEN CASE WHEN i >= 0 THEN 
          weir_json_path(weir._text(x), 1, CAST(CAST(i AS BIGINT) AS VARCHAR)) END
        WHEN null_if_invalid THEN NULL
        ELSE weir_error('[22P02] invalid JSON array: ' || left(weir._text(x), 100)) END
      """),
    Macro(
      "json_array_length",
      """
      (x) AS CASE weir_json_kind(x) WHEN 2
        THEN CAST(json_array_length(weir._text(x)) AS INTEGER)
        ELSE weir_error('[22P02] invalid JSON array: ' || left(weir._text(x), 100)) END
      """,
      """
      (x, null_if_invalid) AS CASE WHEN weir_json_kind(x) = 2
        THEN CAST(json_array_length(weir._text(x)) AS INTEGER)
        WHEN null_if_invalid THEN NULL
        ELSE weir_error('[22P02] invalid JSON array: ' || left(weir._text(x), 100)) END
      """),
    Macro("json_serialize", "(x) AS CAST(to_json(x) AS VARCHAR)"),
    Macro("json_serialize_to_varbyte", "(x) AS encode(CAST(to_json(x) AS VARCHAR))"),
  ]

  /// Functions of SUPER, which DuckDB holds as JSON.
  static let supers: [Macro] = [
    Macro("_super", "(x) AS to_json(x)"),
    Macro(
      "_super_cast",
      """
      (x) AS CASE WHEN typeof(x) IN ('DATE', 'TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', 'TIME',
          'TIME WITH TIME ZONE', 'INTERVAL')
        THEN weir_error('[42846] cannot cast type ' || lower(typeof(x)) || ' to super')
        ELSE to_json(x) END
      """),
    // What a column of type SUPER takes of any value.
    Macro("_super_value", "(x) AS CASE WHEN x IS NOT NULL THEN to_json(x) END"),
    // What SUPERs compare, sort and group by (see `SuperDocument`), and other values beside them.
    Macro("_super_key", "(x) AS weir_super_key(CAST(x AS VARCHAR))"),
    Macro("_value_key", "(x) AS weir_super_key(CAST(to_json(x) AS VARCHAR))"),
    Macro("_super_plain", "(x) AS json(weir_super_plain(CAST(x AS VARCHAR)))"),
    Macro(
      "json_typeof",
      """
      (x) AS CASE json_type(weir._super(x)) WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'object'
        WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'boolean' WHEN 'NULL' THEN 'null'
        WHEN 'UBIGINT' THEN 'number' WHEN 'BIGINT' THEN 'number' WHEN 'HUGEINT' THEN 'number'
        WHEN 'DOUBLE' THEN 'number' END
      """),
    Macro("_is_whole", "(x) AS json_type(weir._super(x)) IN ('UBIGINT', 'BIGINT')"),
    Macro("is_array", "(x) AS json_type(weir._super(x)) = 'ARRAY'"),
    Macro("is_object", "(x) AS json_type(weir._super(x)) = 'OBJECT'"),
    Macro("is_scalar", "(x) AS json_type(weir._super(x)) NOT IN ('ARRAY', 'OBJECT', 'NULL')"),
    Macro("is_boolean", "(x) AS json_type(weir._super(x)) = 'BOOLEAN'"),
    Macro("is_varchar", "(x) AS json_type(weir._super(x)) = 'VARCHAR'"),
    Macro(
      "is_char",
      """
      (x) AS json_type(weir._super(x)) = 'VARCHAR'
        AND strlen(weir._text(x)) = length(weir._text(x))
      """
    ),
    Macro(
      "is_smallint",
      """
      (x) AS weir._is_whole(x)
        AND coalesce(TRY_CAST(weir._text(x) AS BIGINT) BETWEEN -32768 AND 32767, false)
      """),
    Macro(
      "is_integer",
      """
      (x) AS weir._is_whole(x)
        AND coalesce(TRY_CAST(weir._text(x) AS BIGINT) BETWEEN -2147483648 AND 2147483647, false)
      """),
    Macro(
      "is_bigint", "(x) AS weir._is_whole(x) AND TRY_CAST(weir._text(x) AS BIGINT) IS NOT NULL"),
    Macro("is_float", "(x) AS json_type(weir._super(x)) = 'DOUBLE'"),
    Macro(
      "is_decimal",
      "(x) AS json_type(weir._super(x)) IN ('UBIGINT', 'BIGINT', 'HUGEINT', 'DOUBLE')"),
    Macro(
      "decimal_precision",
      "(x) AS CAST(length(translate(weir._text(x), '-.', '')) AS INTEGER)"
    ),
    Macro(
      "decimal_scale",
      "(x) AS CAST(length(split_part(weir._text(x), '.', 2)) AS INTEGER)"),
    Macro("json_size", "(x) AS strlen(CAST(weir._super(x) AS VARCHAR))"),
    Macro(
      "get_array_length",
      """
      (x) AS CASE WHEN json_type(weir._super(x)) = 'ARRAY'
        THEN CAST(json_array_length(weir._super(x)) AS BIGINT) END
      """),
    Macro(
      "size",
      "(x) AS CAST(strlen(CAST(weir._super(x) AS VARCHAR)) AS BIGINT)"),
    Macro("_items", "(x) AS json_extract(weir._super(x), '$[*]')"),
    Macro(
      "subarray",
      """
      (x, i) AS CASE WHEN json_type(weir._super(x)) = 'ARRAY'
        THEN to_json(weir._items(x)[CAST(i AS BIGINT) + 1:]) END
      """,
      """
      (x, i, n) AS CASE WHEN json_type(weir._super(x)) = 'ARRAY'
        THEN to_json(weir._items(x)[
          CAST(i AS BIGINT) + 1:CAST(i AS BIGINT) + CAST(n AS BIGINT)]) END
      """),
    Macro(
      "array_concat",
      """
      (a, b) AS CASE WHEN json_type(weir._super(a)) = 'ARRAY'
          AND json_type(weir._super(b)) = 'ARRAY'
        THEN to_json(list_concat(weir._items(a), weir._items(b))) END
      """),
    Macro(
      "array_flatten",
      """
      (x) AS CASE WHEN json_type(weir._super(x)) = 'ARRAY' THEN to_json(flatten([
        CASE WHEN json_type(e) = 'ARRAY' THEN json_extract(e, '$[*]') ELSE [e] END
        FOR e IN weir._items(x)])) END
      """),
    Macro(
      "split_to_array", "(x) AS to_json(string_split(weir._text(x), ','))",
      "(x, d) AS to_json(string_split(weir._text(x), d))"),
    // What operators and aggregates do with a SUPER.
    Macro("_super_number", "(x) AS TRY_CAST(weir._text(x) AS DOUBLE)"),
    // Of a string NULL.
    Macro("_super_double", "(x) AS TRY_CAST(CAST(x AS VARCHAR) AS DOUBLE)"),
    Macro(
      "lower_attribute_names",
      "(x) AS json(weir_attribute_names(CAST(weir._super(x) AS VARCHAR), false))"),
    Macro(
      "upper_attribute_names",
      "(x) AS json(weir_attribute_names(CAST(weir._super(x) AS VARCHAR), true))"),
  ]
}
