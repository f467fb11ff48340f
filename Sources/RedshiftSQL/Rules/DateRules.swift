internal import Core

/// `GETDATE()` → `CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP)`, likewise `SYSDATE`;
/// `CURRENT_DATE` → the same as a date, `CURRENT_TIMESTAMP` → `now()`.
///
/// Left as words, the last two would be taken for the column that is named after them.
/// DuckDB's `now()` is the transaction's start, as SYSDATE's; within one statement GETDATE's
/// does not move either.
enum CurrentTimeRule: CallRule {
  static let names: Set<String> = ["getdate", "sysdate", "current_date", "current_timestamp"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(0...0, of: call, at: position)
    if call.name.name == "current_timestamp" { return .call("now") }
    let utc = Expression(.atTimeZone(.call("now"), .string("UTC")))
    return utc.cast(to: call.name.name == "current_date" ? "date" : "timestamp")
  }
}

/// `DATEADD(day, n, x)` → `CAST(x AS TIMESTAMP) + (n * INTERVAL 1 DAY)`.
enum DateAddRule: CallRule {
  static let names: Set<String> = ["dateadd", "date_add"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(3...3, of: call, at: position)
    var part = try datePart(call.arguments[0])
    var count = call.arguments[1].cast(to: "bigint")
    if part == "quarter" {
      part = "month"
      count = Expression(.binary("*", count, Expression(.number("3"))))
    }
    if part == "dow" || part == "doy" { part = "day" }
    let interval = Expression(.interval("1", unit: part))
    let offset = Expression(.binary("*", count, interval))
    return Expression(.binary("+", call.arguments[2].cast(to: "timestamp"), offset))
  }
}

/// `DATEDIFF(day, a, b)` → `date_diff('day', CAST(a AS TIMESTAMP), CAST(b AS TIMESTAMP))`.
enum DateDiffRule: CallRule {
  static let names: Set<String> = ["datediff", "date_diff"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(3...3, of: call, at: position)
    let part = try datePart(call.arguments[0])
    return .call(
      "date_diff", .string(part), call.arguments[1].cast(to: "timestamp"),
      call.arguments[2].cast(to: "timestamp"))
  }
}

/// `DATE_PART(hour, x)` → `date_part('hour', x)`, `DATE_TRUNC('hr', x)` → `date_trunc('hour', x)`.
enum DatePartRule: CallRule {
  static let names: Set<String> = ["date_part", "date_part_year", "date_trunc"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    if call.name.name == "date_part_year" {
      try expectArguments(1...1, of: call, at: position)
      return .call("date_part", .string("year"), call.arguments[0])
    }
    try expectArguments(2...2, of: call, at: position)
    let rewritten = Expression.call(
      call.name.name, .string(try datePart(call.arguments[0])), call.arguments[1])
    // DATE_TRUNC of a date is a timestamp.
    return call.name.name == "date_trunc" ? rewritten.cast(to: "timestamp") : rewritten
  }
}

/// `CONVERT_TIMEZONE('a', 'b', x)` → `CAST(x AS TIMESTAMP) AT TIME ZONE 'a' AT TIME ZONE 'b'`;
/// with two arguments from UTC.
enum ConvertTimezoneRule: CallRule {
  static let names: Set<String> = ["convert_timezone"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(2...3, of: call, at: position)
    let from = call.arguments.count == 3 ? call.arguments[0] : .string("UTC")
    let target = call.arguments[call.arguments.count - 2]
    let time = call.arguments[call.arguments.count - 1].cast(to: "timestamp")
    return Expression(.atTimeZone(Expression(.atTimeZone(time, from)), target))
  }
}
