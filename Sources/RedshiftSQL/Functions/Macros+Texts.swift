extension Macros {
  static let texts: [Macro] = [
    // What comparisons see of a text. Few end with a blank, and those alone are copied.
    Macro("_trimmed", "(x) AS CASE WHEN suffix(x, ' ') THEN rtrim(x, ' ') ELSE x END"),
    Macro("strpos", "(x, y) AS strpos(weir._text(x), weir._text(y))"),
    Macro("charindex", "(y, x) AS strpos(weir._text(x), weir._text(y))"),
    Macro(
      "octetindex",
      """
      (y, x) AS CASE WHEN strpos(x, y) = 0 THEN 0
        ELSE strlen(left(x, strpos(x, y) - 1)) + 1 END
      """),
    // Positions before the first letter count, and take from the length.
    Macro(
      "substring", "(x, s) AS weir_substring(x, CAST(s AS BIGINT))",
      "(x, s, n) AS weir_substring(x, CAST(s AS BIGINT), CAST(n AS BIGINT))"),
    Macro(
      "lpad", "(x, n) AS weir_pad(weir._text(x), CAST(n AS BIGINT), ' ', true)",
      "(x, n, p) AS weir_pad(weir._text(x), CAST(n AS BIGINT), weir._text(p), true)"),
    Macro(
      "rpad", "(x, n) AS weir_pad(weir._text(x), CAST(n AS BIGINT), ' ', false)",
      "(x, n, p) AS weir_pad(weir._text(x), CAST(n AS BIGINT), weir._text(p), false)"),
    Macro("repeat", "(x, n) AS weir_repeat(weir._text(x), CAST(n AS BIGINT))"),
    Macro("replace", "(x, a, b) AS replace(weir._text(x), a, b)"),
    Macro(
      "split_part",
      """
      (x, d, n) AS CASE WHEN n > 0 THEN split_part(weir._text(x), d, CAST(n AS BIGINT))
        ELSE weir_error('[22023] field position must be greater than zero') END
      """),
    Macro("initcap", "(x) AS weir_initcap(weir._text(x))"),
    Macro("soundex", "(x) AS weir_soundex(x)"),
    Macro(
      "difference",
      """
      (a, b) AS CAST(list_sum([
        CASE WHEN substr(weir_soundex(a), i, 1) = substr(weir_soundex(b), i, 1) THEN 1 ELSE 0 END
        FOR i IN [1, 2, 3, 4]]) AS INTEGER)
      """),
    Macro("quote_ident", "(x) AS weir_quote_ident(x)"),
    Macro("quote_literal", "(x) AS weir_quote_literal(weir._text(x))"),
    Macro("strtol", "(x, b) AS weir_strtol(weir._text(x), CAST(b AS BIGINT))"),
    Macro("crc32", "(x) AS weir_crc32(weir._text(x))"),
    Macro("sha2", "(x, n) AS weir_sha2(x, CAST(n AS BIGINT))"),
    Macro(
      "fnv_hash", "(x) AS weir_fnv(x, -3750763034362895579)",
      "(x, s) AS weir_fnv(x, CAST(s AS BIGINT))"),
    Macro(
      "murmur3_32_hash", "(x) AS weir_murmur3(x, 0::BIGINT)",
      "(x, s) AS weir_murmur3(x, CAST(s AS BIGINT))"),
    Macro("farmfingerprint64", "(x) AS weir_fingerprint(x)"),
    // The digits of a decimal without their point.
    Macro(
      "checksum",
      """
      (x) AS CASE WHEN typeof(x) = 'VARCHAR'
          THEN weir_error('[0A000] CHECKSUM of a text is not supported')
        ELSE CAST(replace(CAST(x AS VARCHAR), '.', '') AS INTEGER) END
      """),
    Macro("to_hex", "(x) AS lower(hex(x))"),
    Macro("from_hex", "(x) AS unhex(x)"),
    Macro("getbit", "(x, i) AS CAST(weir_getbit(x, CAST(i AS BIGINT)) AS INTEGER)"),
    Macro(
      "text_to_int_alt",
      """
      (x) AS CAST(trunc(CAST(CASE WHEN suffix(trim(x), '-') THEN '-' || rtrim(trim(x), '-')
        ELSE rtrim(trim(x), '+') END AS DECIMAL(38, 10))) AS INTEGER)
      """),
    Macro("bttext_pattern_cmp", "(a, b) AS weir._cmp(a, b)"),
    Macro("bpcharcmp", "(a, b) AS weir._cmp(rtrim(a), rtrim(b))"),
    Macro("version", "() AS 'PostgreSQL 8.0.2 on x86_64-unknown-linux-gnu, Weir, Redshift 1.0'"),
    Macro("dlog1", "(x) AS ln(x)"),
    Macro("dlog10", "(x) AS log10(x)"),
    Macro("bit_count", "(x) AS bit_count(x)"),
    // The root of a cube is what was cubed.
    Macro(
      "cbrt",
      """
      (x) AS CASE WHEN pow(round(cbrt(CAST(x AS DOUBLE))), 3) = CAST(x AS DOUBLE)
        THEN round(cbrt(CAST(x AS DOUBLE))) ELSE cbrt(CAST(x AS DOUBLE)) END
      """),
  ]
}
