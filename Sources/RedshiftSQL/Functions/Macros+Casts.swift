extension Macros {
  /// Casts that Redshift does otherwise than DuckDB: `x::int` becomes `weir._int4(x)`.
  ///
  /// `typeof` is known when a statement is planned, and the branches for other types go then.
  /// Of a SUPER, what cannot be cast becomes NULL (`cast_super_null_on_error`).
  static let casts: [Macro] = [
    // What functions of texts do with their arguments; a SUPER gives the string that it is. Each
    // mention of an argument is a copy of it, and copies multiply where casts nest: so few.
    Macro(
      "_text",
      """
      (x) AS CASE WHEN typeof(x) IN ('JSON', 'BLOB', 'DOUBLE', 'FLOAT')
        THEN weir_text(CAST(x AS VARCHAR), typeof(x)) ELSE CAST(x AS VARCHAR) END
      """),
    wholeNumber("_int2", type: "SMALLINT", name: "smallint"),
    wholeNumber("_int4", type: "INTEGER", name: "integer"),
    wholeNumber("_int8", type: "BIGINT", name: "bigint"),
    other("_float8", type: "DOUBLE"),
    other("_float4", type: "REAL"),
    // Of a SUPER's numbers whole ones alone.
    Macro(
      "_bool",
      """
      (x) AS CASE
        WHEN typeof(x) = 'JSON' THEN CASE
          WHEN contains(CAST(x AS VARCHAR), '.') THEN NULL
          ELSE coalesce(TRY_CAST((CAST(x AS VARCHAR) ->> '$') AS BOOLEAN),
            TRY_CAST(CAST(x AS VARCHAR) AS BIGINT) <> 0) END
        WHEN typeof(x) LIKE 'DECIMAL%'
          THEN weir_error('[42846] cannot cast type numeric to boolean')
        ELSE CAST(x AS BOOLEAN) END
      """),
    other("_time", type: "TIME"),
    Macro("_varchar", "(x) AS weir._text(x)"),
    Macro("_varchar_n", "(x, n) AS weir_cut(weir._text(x), n)"),
    Macro("_char_n", "(x, n) AS rtrim(weir._varchar_n(x, n), ' ')"),
    Macro(
      "_varbyte",
      """
      (x) AS CASE WHEN typeof(x) = 'BLOB' THEN CAST(CAST(x AS VARCHAR) AS BLOB)
        WHEN typeof(x) IN ('SMALLINT', 'INTEGER', 'BIGINT') THEN unhex(right(
          lpad(hex(TRY_CAST(CAST(x AS VARCHAR) AS BIGINT)), 16, '0'),
          CASE typeof(x) WHEN 'SMALLINT' THEN 4 WHEN 'INTEGER' THEN 8 ELSE 16 END))
        ELSE encode(weir._text(x)) END
      """),
    Macro("_varbyte_n", "(x, n) AS unhex(left(hex(weir._varbyte(x)), 2 * n))"),
    Macro(
      "_ts",
      """
      (x) AS CASE WHEN typeof(x) IN ('VARCHAR', 'JSON')
        THEN coalesce(TRY_CAST(weir._text(x) AS TIMESTAMP), weir_timestamp(weir._text(x)))
        ELSE CAST(x AS TIMESTAMP) END
      """),
    Macro(
      "_day",
      """
      (x) AS CASE WHEN typeof(x) IN ('VARCHAR', 'JSON')
        THEN coalesce(TRY_CAST(weir._text(x) AS DATE), CAST(weir_timestamp(weir._text(x)) AS DATE))
        ELSE CAST(x AS DATE) END
      """),
    Macro(
      "_tstz",
      """
      (x) AS CASE WHEN typeof(x) IN ('VARCHAR', 'JSON')
        THEN coalesce(TRY_CAST(weir._text(x) AS TIMESTAMPTZ),
                      weir_timestamptz(weir._text(x)) AT TIME ZONE 'UTC')
        ELSE CAST(x AS TIMESTAMPTZ) END
      """),
  ]

  /// A text must be a whole number, of digits alone.
  private static func wholeNumber(_ macro: String, type: String, name: String) -> Macro {
    Macro(
      macro,
      """
      (x) AS CASE
        WHEN typeof(x) = 'JSON' THEN TRY_CAST((CAST(x AS VARCHAR) ->> '$') AS \(type))
        WHEN typeof(x) = 'VARCHAR' AND (contains(CAST(x AS VARCHAR), '.')
            OR contains(lower(CAST(x AS VARCHAR)), 'e'))
          THEN weir_error(
            '[22P02] invalid input syntax for \(name): "' || CAST(x AS VARCHAR) || '"')
        ELSE CAST(x AS \(type)) END
      """)
  }

  private static func other(_ macro: String, type: String) -> Macro {
    Macro(
      macro,
      """
      (x) AS CASE
        WHEN typeof(x) = 'JSON' THEN TRY_CAST((CAST(x AS VARCHAR) ->> '$') AS \(type))
        ELSE CAST(x AS \(type)) END
      """)
  }
}
