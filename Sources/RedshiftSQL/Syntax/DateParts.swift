/// The names that Redshift has for parts of dates.
package enum DateParts {
  private static let names: [String: String] = [
    "millennium": "millennium", "millennia": "millennium", "mil": "millennium",
    "mils": "millennium", "century": "century", "centuries": "century", "c": "century",
    "cent": "century", "cents": "century", "decade": "decade", "decades": "decade",
    "dec": "decade", "decs": "decade", "year": "year", "years": "year", "y": "year", "yr": "year",
    "yrs": "year", "quarter": "quarter", "quarters": "quarter", "qtr": "quarter",
    "qtrs": "quarter", "month": "month", "months": "month", "mon": "month", "mons": "month",
    "week": "week", "weeks": "week", "w": "week", "day": "day", "days": "day", "d": "day",
    "dayofweek": "dow", "dow": "dow", "dw": "dow", "weekday": "dow", "dayofyear": "doy",
    "doy": "doy", "dy": "doy", "yearday": "doy", "hour": "hour", "hours": "hour", "h": "hour",
    "hr": "hour", "hrs": "hour", "minute": "minute", "minutes": "minute", "m": "minute",
    "min": "minute", "mins": "minute", "second": "second", "seconds": "second", "s": "second",
    "sec": "second", "secs": "second", "millisecond": "millisecond",
    "milliseconds": "millisecond", "ms": "millisecond", "msec": "millisecond",
    "msecs": "millisecond", "msecond": "millisecond", "mseconds": "millisecond",
    "millisec": "millisecond", "millisecs": "millisecond", "millisecon": "millisecond",
    "microsecond": "microsecond", "microseconds": "microsecond", "microsec": "microsecond",
    "microsecs": "microsecond", "usecond": "microsecond", "useconds": "microsecond",
    "us": "microsecond", "usec": "microsecond", "usecs": "microsecond", "epoch": "epoch",
    "timezone": "timezone",
    "timezone_hour": "timezone_hour", "timezone_minute": "timezone_minute",
  ]

  /// DuckDB's name of a part, or nil if it is none.
  package static func canonical(_ name: String) -> String? { names[name.lowercased()] }
}
