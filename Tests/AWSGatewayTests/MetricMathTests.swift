import AWSProtocol
import Core
import Testing

@testable import AWSGateway

@Suite struct MetricMathTests {
  private static let start = Timestamp(seconds: 6_000)

  /// Values of minutes 0, 1, 2 and so on; nil where there is none.
  private static func series(_ label: String, _ values: [Double?]) -> MetricSeries {
    let points = values.enumerated().compactMap { index, value in
      value.map { MetricSeries.Point(time: minute(index), value: $0) }
    }
    return MetricSeries(label: label, period: 60, points: points)
  }

  private static func minute(_ index: Int) -> Timestamp {
    start.advanced(bySeconds: 60 * Double(index))
  }

  private static let queries: [(id: String, series: MetricSeries)] = [
    ("m1", series("m1", [1, 2, 3, 4])), ("m2", series("m2", [10, nil, 30, 0])),
    ("errors1", series("errors1", [5])),
  ]

  private static func value(_ text: String) throws -> MetricMath.Value {
    let math = MetricMath(start: start, end: minute(4), metrics: queries) { id in
      queries.first { $0.id == id }.map { .series($0.series) }
    }
    return try math.value(of: text, query: "e1")
  }

  /// The values by minute, or the one number.
  private static func values(_ text: String) throws -> [Int: Double] {
    switch try value(text) {
    case .number(let number): return [-1: number]
    case .series(let series): return minutes(of: series)
    case .list(let list):
      Issue.record("an array of \(list.count)")
      return [:]
    }
  }

  private static func minutes(of series: MetricSeries) -> [Int: Double] {
    Dictionary(
      uniqueKeysWithValues: series.points.map {
        (Int($0.time.seconds(since: start)) / 60, $0.value)
      })
  }

  @Test(arguments: [
    ("m1 * 2", [0: 2, 1: 4, 2: 6, 3: 8]), ("10 - m1", [0: 9, 1: 8, 2: 7, 3: 6]),
    ("-m1", [0: -1, 1: -2, 2: -3, 3: -4]), ("m1 + m2 * 2", [0: 21, 2: 63, 3: 4]),
    ("(m1 + m2) / 2", [0: 5.5, 2: 16.5, 3: 2]), ("m1 / m2", [0: 0.1, 2: 0.1]),
    ("m1 ^ 2", [0: 1, 1: 4, 2: 9, 3: 16]), ("2 ^ 3 ^ 2", [-1: 512]), ("-2 ^ 2", [-1: -4]),
    ("8 / 2 / 2", [-1: 2]), ("1.5+.5", [-1: 2]), ("- - 1", [-1: 1]),
    ("SUM(m1)", [-1: 10]), ("avg(m1)", [-1: 2.5]), ("MIN(m2)", [-1: 0]), ("MAX(m2)", [-1: 30]),
    ("m1 / SUM(m1)", [0: 0.1, 1: 0.2, 2: 0.3, 3: 0.4]),
    ("SUM([m1, m2])", [0: 11, 1: 2, 2: 33, 3: 4]), ("MAX([m1,m2])", [0: 10, 1: 2, 2: 30, 3: 4]),
    ("SUM(METRICS())", [0: 16, 1: 2, 2: 33, 3: 4]), ("SUM(METRICS('errors'))", [0: 5]),
    ("AVG(METRICS(\"m\"))", [0: 5.5, 1: 2, 2: 16.5, 3: 2]),
    ("m1 / PERIOD(m1) * 60", [0: 1, 1: 2, 2: 3, 3: 4]),
    ("RATE(m1) * 60", [1: 1, 2: 1, 3: 1]), ("DIFF(m2)", [2: 20, 3: -30]),
    ("FILL(m2, 0)", [0: 10, 1: 0, 2: 30, 3: 0]), ("FILL(m2, REPEAT)", [0: 10, 1: 10, 2: 30, 3: 0]),
    ("FILL(m2, LINEAR)", [0: 10, 1: 20, 2: 30, 3: 0]),
    ("FILL(errors1, -1)", [0: 5, 1: -1, 2: -1, 3: -1]), ("FILL(errors1, LINEAR)", [0: 5]),
    ("CEIL(m1 / 2)", [0: 1, 1: 1, 2: 2, 3: 2]), ("ABS(FLOOR(0 - m1/2))", [0: 1, 1: 1, 2: 2, 3: 2]),
  ])
  func `an expression gives what the guide of metric math says`(
    text: String, expected: [Int: Double]
  ) throws {
    let found = try Self.values(text)
    #expect(Set(found.keys) == Set(expected.keys), "\(found)")
    for (minute, value) in expected {
      #expect(abs((found[minute] ?? .nan) - value) < 1e-9, "\(found)")
    }
  }

  @Test func `an array gives each of its series`() throws {
    guard case .list(let list) = try Self.value("METRICS(\"m\") * 10") else {
      Issue.record("no array")
      return
    }
    #expect(list.map(\.label) == ["m1", "m2"])
    #expect(
      list.map { Self.minutes(of: $0) } == [[0: 10, 1: 20, 2: 30, 3: 40], [0: 100, 2: 300, 3: 0]])
  }

  @Test(arguments: [
    "", "m1 +", "m9", "(m1", "m1)", "SUM()", "SUM(m1, m2)", "NOPE(m1)", "FILL(m1)", "FILL(m1, x)",
    "'text'", "METRICS(m1)", "RATE(1)", "1 / 0", "m1 > 2", "1.2.3", "[1]", "SUM([])", "PERIOD(1)",
    "m1 m2", "METRICS() + METRICS()", String(repeating: "(", count: 1_000),
    String(repeating: "2^", count: 1_000) + "2", String(repeating: "1+", count: 2_000) + "1",
  ])
  func `what is no expression is a ValidationError that says why`(text: String) {
    let error = #expect(throws: CloudWatchError.self) { try Self.value(text) }
    #expect(error?.code == "ValidationError")
    #expect(error?.message.hasPrefix("Error in expression 'e1': ") == true)
  }
}
