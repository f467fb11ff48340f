internal import Core

/// `GETDATE()` → `CAST(now() AT TIME ZONE 'UTC' AS TIMESTAMP)`, likewise `SYSDATE`;
/// `CURRENT_DATE` → the same as a date, `CURRENT_TIMESTAMP` → `now()`.
///
/// Left as words, the last two would be taken for the column that is named after them.
/// DuckDB's `now()` is the transaction's start, as SYSDATE's; within one statement GETDATE's
/// does not move either. The session's zone applies, as it does in Redshift.
enum CurrentTimeRule: CallRule {
  static let names: Set<String> = [
    "getdate", "sysdate", "current_date", "current_timestamp", "localtimestamp", "current_time",
    "localtime",
  ]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(0...0, of: call, at: position)
    let now = Expression.call("now")
    switch call.name.name {
    case "current_timestamp": return now
    case "current_date": return now.cast(to: "date")
    case "current_time", "localtime": return now.cast(to: "timestamp").cast(to: "time")
    case "localtimestamp": return now.cast(to: "timestamp")
    default:
      return Expression(.atTimeZone(now, .call("current_setting", .string("TimeZone"))))
        .cast(to: "timestamp")
    }
  }
}

/// `DATEADD(day, n, x)` → `weir_moment(x) + (n * INTERVAL 1 DAY)`: a date becomes a timestamp, a
/// text is read as one, a time and a timestamp with a zone stay what they are.
enum DateAddRule: CallRule {
  static let names: Set<String> = ["dateadd", "date_add"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(3...3, of: call, at: position)
    var part = try datePart(call.arguments[0])
    var count = Expression.weir("_int8", call.arguments[1])
    if case .number = call.arguments[1].kind { count = call.arguments[1].cast(to: "bigint") }
    if part == "quarter" {
      part = "month"
      count = Expression(.binary("*", count, Expression(.number("3"))))
    }
    if part == "dow" || part == "doy" { part = "day" }
    let offset = Expression(.binary("*", count, Expression(.interval("1", unit: part))))
    return Expression(.binary("+", Moment.of(call.arguments[2]), offset))
  }
}

/// `DATEDIFF(hour, a, b)` → `date_diff('hour', weir_moment(a), weir_moment(b))`; of days and longer
/// parts `weir_instant` stands for `weir_moment`, to which times are all of one day.
enum DateDiffRule: CallRule {
  static let names: Set<String> = ["datediff", "date_diff"]

  private static let partsOfTimes: Set<String> = [
    "hour", "minute", "second", "millisecond", "microsecond",
  ]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(3...3, of: call, at: position)
    let part = try datePart(call.arguments[0])
    let ends = call.arguments.dropFirst().map { end in
      let moment = Moment.of(end)
      guard !Self.partsOfTimes.contains(part), case .call(var inner) = moment.kind,
        inner.name.name == "weir_moment"
      else { return moment }
      inner.name = ObjectName([Identifier("weir_instant")])
      return Expression(.call(inner))
    }
    return .call(
      "date_diff", .string(part == "dow" || part == "doy" ? "day" : part), ends[0], ends[1])
  }
}

/// `DATE_PART(hour, x)` → `date_part('hour', weir_moment(x))`; `DATE_TRUNC('hr', x)` →
/// `date_trunc('hour', weir_moment(x))`, a timestamp also of a date.
enum DatePartRule: CallRule {
  static let names: Set<String> = ["date_part", "pgdate_part", "date_part_year", "date_trunc"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    if call.name.name == "date_part_year" {
      try expectArguments(1...1, of: call, at: position)
      return .call("date_part", .string("year"), Moment.of(call.arguments[0]))
    }
    try expectArguments(2...2, of: call, at: position)
    let part = try datePart(call.arguments[0])
    let moment = Moment.of(call.arguments[1])
    guard call.name.name == "date_trunc" else {
      // With its fraction, which EXTRACT leaves out.
      guard part == "second" else { return Moment.part(part, of: moment) }
      let micros = Expression.call("date_part", .string("microsecond"), moment)
      return Expression(.binary("/", micros.cast(to: "float8"), Expression(.raw("1e6"))))
    }
    let floor = Expression.call("date_trunc", .string(part), moment)
    // A century or millennium starts with the year 1, not 0.
    guard part == "century" || part == "millennium" else { return floor }
    let year = Expression(.raw("INTERVAL '1 year'"))
    let shifted = Expression(.binary("-", moment, year))
    return Expression(
      .binary("+", .call("date_trunc", .string(part), shifted), year))
  }
}

/// `EXTRACT(hour FROM x)` → `date_part('hour', weir_moment(x))`.
enum ExtractRule: RewriteRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    guard case .extract(let name, let value) = expression.kind else { return nil }
    guard let part = DateParts.canonical(name) else {
      throw SQLError("22023", "\"\(name)\" is not a date part").placed(at: expression.position)
    }
    return Moment.part(part, of: Moment.of(value))
  }
}

/// What functions of dates take.
enum Moment {
  /// The value as a timestamp, a timestamp with a zone, a time or an interval.
  static func of(_ value: Expression) -> Expression {
    switch value.kind {
    case .null: Expression(.raw("CAST(NULL AS TIMESTAMP)"))
    case .call(let call) where ["now", "date_trunc", "weir_moment"].contains(call.name.name):
      value
    case .call(let call) where ["_ts", "_tstz"].contains(call.name.name): value
    case .cast(_, let type, _) where ["timestamp", "timestamptz", "interval"].contains(type.name):
      value
    case .typedString(let type, _) where type.name.hasPrefix("timestamp"): value
    case .interval: value
    case .string(let text):
      DateLiteralRule.special(text.lowercased().trimmed(), "TIMESTAMP")
        ?? .call("weir_moment", value)
    default: .call("weir_moment", value)
    }
  }

  /// Source: "Date parts for date or timestamp functions": milliseconds and microseconds are
  /// those of the second, without the second; the year 2000 is in decade 201.
  static func part(_ part: String, of moment: Expression) -> Expression {
    let value = Expression.call("date_part", .string(part), moment)
    switch part {
    case "millisecond": return Expression(.binary("%", value, Expression(.number("1000"))))
    case "microsecond": return Expression(.binary("%", value, Expression(.number("1000000"))))
    // The first decade has the years from 1 to 9.
    case "decade": return Expression(.binary("+", value, Expression(.number("1"))))
    default: return value
    }
  }
}

/// `CONVERT_TIMEZONE('a', 'b', x)` → `x AT TIME ZONE 'a' AT TIME ZONE 'b'`, with two arguments from
/// UTC. A zone that is an offset (`PST`, `GMT+2`) is added or taken away.
enum ConvertTimezoneRule: CallRule {
  static let names: Set<String> = ["convert_timezone"]

  static func rewrite(_ call: FunctionCall, at position: Int) throws(SQLError) -> Expression? {
    try expectArguments(2...3, of: call, at: position)
    let from = call.arguments.count == 3 ? call.arguments[0] : .string("UTC")
    let target = call.arguments[call.arguments.count - 2]
    let time = Expression.weir("_ts", call.arguments[call.arguments.count - 1])
    let utc: Expression
    if let offset = offset(of: from) {
      utc = shifted(time, by: -offset)
    } else {
      utc = Expression(
        .atTimeZone(Expression(.atTimeZone(time, from)), .string("UTC")))
    }
    if let offset = offset(of: target) { return shifted(utc, by: offset) }
    return Expression(.atTimeZone(Expression(.atTimeZone(utc, .string("UTC"))), target))
  }

  private static func offset(of zone: Expression) -> Int? {
    guard case .string(let name) = zone.kind else { return nil }
    return TimeZones.fixedOffset(ofZone: name)
  }

  private static func shifted(_ time: Expression, by seconds: Int) -> Expression {
    guard seconds != 0 else { return time }
    return Expression(
      .binary("+", time, Expression(.raw("INTERVAL '\(seconds) seconds'"))))
  }
}

/// `x AT TIME ZONE 'PST'` → `x AT TIME ZONE 'Etc/GMT+8'`: an abbreviation is an offset, whatever
/// the season.
enum AtTimeZoneRule: RewriteRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    guard case .atTimeZone(let value, let zone) = expression.kind,
      case .string(let name) = zone.kind, zone.position > 0,
      let offset = TimeZones.fixedOffset(ofZone: name)
    else { return nil }
    guard offset % 3_600 == 0 else {
      throw SQLError(
        "0A000", "AT TIME ZONE '\(name)' is not supported", hint: "use CONVERT_TIMEZONE"
      )
      .placed(at: zone.position)
    }
    let hours = -offset / 3_600
    let zoneName = hours == 0 ? "UTC" : "Etc/GMT\(hours > 0 ? "+" : "")\(hours)"
    return Expression(
      .atTimeZone(isLiteral(value) ? .weir("_ts", value) : value, .string(zoneName)))
  }

  private static func isLiteral(_ value: Expression) -> Bool {
    if case .string = value.kind { true } else { false }
  }
}

/// `DATE 'Feb 15, 2008'` → `DATE '2008-02-15'`, likewise casts of literals; `now`, `today`,
/// `tomorrow` and `yesterday` are words for dates.
enum DateLiteralRule: RewriteRule {
  static func rewrite(_ expression: Expression) throws(SQLError) -> Expression? {
    switch expression.kind {
    case .typedString(let type, let text):
      return try literal(text, type.name, at: expression.position)
    case .cast(let value, let type, isTry: false):
      guard case .string(let text) = value.kind else { return nil }
      return try literal(text, type.name, at: expression.position)
    default: return nil
    }
  }

  private static let types = [
    "date": "DATE", "timestamp": "TIMESTAMP", "timestamptz": "TIMESTAMPTZ",
    "timestamp with time zone": "TIMESTAMPTZ", "time": "TIME", "timetz": "TIMETZ",
    "time with time zone": "TIMETZ",
  ]

  private static func literal(
    _ text: String, _ typeName: String, at position: Int
  ) throws(SQLError) -> Expression? {
    guard let type = types[typeName] else { return nil }
    if let special = special(text.lowercased().trimmed(), type) { return special }
    if let named = try inNamedZone(text, type, at: position) { return named }
    // A time alone is read as that of some day.
    let isTime = type.hasPrefix("TIME") && !type.hasPrefix("TIMESTAMP")
    guard
      let (time, offset) = DateReader.read(text)
        ?? (isTime ? DateReader.read("2000-01-01 " + text) : nil)
    else {
      throw SQLError(
        "22007", "invalid input syntax for type \(typeName): \"\(text)\""
      ).placed(at: position)
    }
    return Expression(.raw("\(type) '\(Self.text(of: time, offset, type))'"), position: position)
  }

  /// `'2008-06-01 09:59:59 America/New_York'`; a type without a zone leaves it out.
  private static func inNamedZone(
    _ text: String, _ type: String, at position: Int
  ) throws(SQLError) -> Expression? {
    guard type.hasPrefix("TIMESTAMP"),
      let match = text.trimmed().wholeMatch(of: #/(.+\d)\s+([A-Za-z_]+/[A-Za-z_/+\-0-9]+)/#),
      let (time, _) = DateReader.read(String(match.1))
    else { return nil }
    let local = "TIMESTAMP '\(Self.text(of: time, nil, "TIMESTAMP"))'"
    guard type == "TIMESTAMPTZ" else { return Expression(.raw(local), position: position) }
    return Expression(
      .atTimeZone(Expression(.raw(local)), .string(String(match.2))), position: position)
  }

  static func special(_ word: String, _ type: String) -> Expression? {
    let today = Expression.call("now").cast(to: "date")
    let value: Expression
    switch word {
    case "now": value = .call("now")
    case "today": value = today
    case "tomorrow": value = Expression(.binary("+", today, Expression(.number("1"))))
    case "yesterday": value = Expression(.binary("-", today, Expression(.number("1"))))
    case "epoch": return Expression(.raw("CAST(TIMESTAMP '1970-01-01' AS \(type))"))
    default: return nil
    }
    let name = ["DATE": "date", "TIMESTAMP": "timestamp", "TIMESTAMPTZ": "timestamptz"][type]
    return name.map { value.cast(to: $0) }
  }

  private static func text(of time: CivilTime, _ offset: Int?, _ type: String) -> String {
    let date = DateTemplate("YYYY-MM-DD").text(of: time) + (time.year <= 0 ? " (BC)" : "")
    let clock = DateTemplate("HH24:MI:SS.US").text(of: time)
    switch type {
    case "DATE": return date
    case "TIMESTAMP": return date + " " + clock
    case "TIME": return clock
    case "TIMETZ": return clock + Self.offset(offset ?? 0)
    default: return date + " " + clock + (offset.map(Self.offset) ?? "")
    }
  }

  private static func offset(_ seconds: Int) -> String {
    let minutes = abs(seconds) / 60
    let text = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
    return (seconds < 0 ? "-" : "+") + text(minutes / 60) + ":" + text(minutes % 60)
  }
}

extension String {
  func trimmed() -> String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
