extension Macros {
  static let dates: [Macro] = [
    Macro(
      "_cmp", "(a, b) AS CASE WHEN a = b THEN 0 WHEN a < b THEN -1 WHEN a > b THEN 1 END"),
    // The last day of a month stays the last.
    Macro(
      "add_months",
      """
      (d, n) AS CASE WHEN CAST(weir._ts(d) AS DATE) = last_day(weir._ts(d))
        THEN last_day(weir._ts(d) + to_months(CAST(n AS INTEGER)))
             + (weir._ts(d) - date_trunc('day', weir._ts(d)))
        ELSE weir._ts(d) + to_months(CAST(n AS INTEGER)) END
      """),
    // Whole months between equal days, or last days, of months; else by months of 31 days.
    Macro(
      "months_between",
      """
      (a, b) AS CAST((year(weir._ts(a)) - year(weir._ts(b))) * 12
          + month(weir._ts(a)) - month(weir._ts(b)) AS DOUBLE)
        + CASE WHEN day(weir._ts(a)) = day(weir._ts(b))
                 OR (CAST(weir._ts(a) AS DATE) = last_day(weir._ts(a))
                     AND CAST(weir._ts(b) AS DATE) = last_day(weir._ts(b))) THEN 0
          ELSE (epoch(weir._ts(a)) - epoch(date_trunc('month', weir._ts(a)))
              - epoch(weir._ts(b)) + epoch(date_trunc('month', weir._ts(b))))
            / (31.0 * 86400.0) END
      """),
    // Months and days by their whole parts; what is left of days goes into the time.
    Macro(
      "_interval_divide",
      """
      (x, n) AS to_months(CAST(trunc((datepart('year', x) * 12 + datepart('month', x))
          / CAST(n AS DOUBLE)) AS INTEGER))
        + to_days(CAST(trunc(datepart('day', x) / CAST(n AS DOUBLE)) AS INTEGER))
        + to_microseconds(CAST(round((datepart('hour', x) * 3600000000
            + datepart('minute', x) * 60000000 + datepart('microsecond', x)
            + datepart('day', x) * 86400000000) / CAST(n AS DOUBLE)
          - trunc(datepart('day', x) / CAST(n AS DOUBLE)) * 86400000000) AS BIGINT))
      """),
    Macro("last_day", "(d) AS last_day(weir._ts(d))"),
    Macro(
      "_weekday",
      """
      (s) AS CASE WHEN lower(s) = 'm' THEN 1 WHEN lower(s) = 'w' THEN 3 WHEN lower(s) = 'f' THEN 5
        WHEN strpos('sumotuwethfrsa', left(lower(s), 2)) % 2 = 1 AND length(s) > 1
          THEN (strpos('sumotuwethfrsa', left(lower(s), 2)) - 1) // 2
        ELSE weir_error('[22023] "' || s || '" is not a day of the week') END
      """),
    Macro(
      "next_day",
      """
      (d, s) AS weir._day(d)
        + CAST((weir._weekday(s) - dayofweek(weir._day(d)) + 6) % 7 + 1 AS INTEGER)
      """),
    Macro("date_cmp", "(a, b) AS weir._cmp(weir._day(a), weir._day(b))"),
    Macro("date_cmp_timestamp", "(a, b) AS weir._cmp(weir._ts(a), weir._ts(b))"),
    Macro("date_cmp_timestamptz", "(a, b) AS weir._cmp(weir._tstz(a), weir._tstz(b))"),
    Macro("timestamp_cmp", "(a, b) AS weir._cmp(weir._ts(a), weir._ts(b))"),
    Macro("timestamp_cmp_date", "(a, b) AS weir._cmp(weir._ts(a), weir._ts(b))"),
    Macro("timestamp_cmp_timestamptz", "(a, b) AS weir._cmp(weir._tstz(a), weir._tstz(b))"),
    Macro("timestamptz_cmp", "(a, b) AS weir._cmp(weir._tstz(a), weir._tstz(b))"),
    Macro("timestamptz_cmp_date", "(a, b) AS weir._cmp(weir._tstz(a), weir._tstz(b))"),
    Macro("timestamptz_cmp_timestamp", "(a, b) AS weir._cmp(weir._tstz(a), weir._tstz(b))"),
    Macro(
      "interval_cmp", "(a, b) AS weir._cmp(CAST(a AS INTERVAL), CAST(b AS INTERVAL))"),
    Macro(
      "timeofday",
      "() AS strftime(now() AT TIME ZONE 'UTC', '%a %b %d %H:%M:%S.%f %Y') || ' UTC'"),
    Macro(
      "to_date", "(x, f) AS CAST(weir_to_timestamp(x, f, false) AS DATE)",
      "(x, f, strict) AS CAST(weir_to_timestamp(x, f, CAST(strict AS BOOLEAN)) AS DATE)"),
    Macro(
      "to_timestamp", "(x, f) AS weir_to_timestamp(x, f, false) AT TIME ZONE 'UTC'",
      "(x, f, strict) AS weir_to_timestamp(x, f, CAST(strict AS BOOLEAN)) AT TIME ZONE 'UTC'"),
    Macro(
      "to_char",
      """
      (x, f) AS CASE WHEN typeof(x) IN ('TINYINT', 'SMALLINT', 'INTEGER', 'BIGINT', 'HUGEINT',
          'DOUBLE', 'FLOAT') OR typeof(x) LIKE 'DECIMAL%'
        THEN weir_to_char_number(CAST(x AS VARCHAR), f)
        ELSE weir_to_char(x, f, current_setting('TimeZone')) END
      """),
  ]
}
