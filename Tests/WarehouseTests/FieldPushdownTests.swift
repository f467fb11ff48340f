import Core
import StreamLog
import TestSupport
import Testing
import Warehouse

/// Views whose fields the scan finds, in every way that they can be written, against the same
/// with an argument that the scan does not know: then DuckDB looks for itself.
@Suite struct FieldPushdownTests {
  private static let known = "kinesis_data"
  /// The same text.
  private static let unknown = "nvl(kinesis_data::varchar, '')"

  private static let types = [
    "varchar", "varchar(3)", "char(4)", "smallint", "int", "bigint", "double precision", "real",
    "decimal(12, 2)", "decimal(4, 1)", "decimal(18, 6)", "decimal", "boolean", "super", "date",
  ]

  /// Casts of what is in a SUPER never fail, but for moments.
  private static func dots(_ data: String) -> String {
    let paths = ["a", "b", "o.a", "o.l[1]", "l[0]", "l[1].a", "o"]
    var items: [String] = []
    for (path, place) in zip(paths, 0...) {
      let casts = types.filter { $0 != "date" }
      for (type, number) in zip(casts, 0...) {
        items.append("json_parse(\(data)).\(path)::\(type) AS c\(place)_\(number)")
      }
    }
    items.append("json_parse(\(data)).a = 'x' AS is_text")
    items.append("json_parse(\(data)).a > 1 AS is_more")
    items.append("upper(json_parse(\(data)).b) AS shouted")
    items.append("json_parse(\(data)).a IS NULL AS is_null")
    return "SELECT \(items.joined(separator: ", ")), partition_key FROM kds.STREAM "
      + "WHERE can_json_parse(kinesis_data)"
  }

  private func check(
    _ fixture: WarehouseFixture, _ documents: [[UInt8]], _ number: Int,
    _ query: (String) -> String
  ) async throws {
    let stream = "s\(number)"
    _ = try await fixture.log.createStream(stream, shardCount: 1)
    _ = try await fixture.log.append(
      documents.enumerated().map { NewRecord(partitionKey: "k\($0.offset)", data: $0.element) },
      to: stream)
    func text(_ data: String) -> String { query(data).replacing("STREAM", with: stream) }
    let (fast, slow) = ("fast\(number)", "slow\(number)")
    try await fixture.run(
      """
      CREATE MATERIALIZED VIEW \(fast) AS \(text(Self.known));
      CREATE MATERIALIZED VIEW \(slow) AS \(text(Self.unknown));
      REFRESH MATERIALIZED VIEW \(fast); REFRESH MATERIALIZED VIEW \(slow)
      """)
    for (one, other) in [(fast, slow), (slow, fast)] {
      let both = [one, other].map { "SELECT *, count(*) AS times FROM \($0) GROUP BY ALL" }
      let more = try await fixture.run(both.joined(separator: " EXCEPT "))
      #expect(more == [], "\(one) has what \(other) has not")
    }
    let letters = try await fixture.run(
      """
      SELECT partition_key, count(*) FROM sys_weir_dead_letters
      WHERE mv_name IN ('\(fast)', '\(slow)') GROUP BY 1 HAVING count(*) <> 2
      """)
    #expect(letters == [])
  }

  private func fixture() async throws -> WarehouseFixture {
    let fixture = try WarehouseFixture()
    try await fixture.run("CREATE EXTERNAL SCHEMA kds FROM KINESIS IAM_ROLE default")
    return fixture
  }

  // MARK: Documents

  private static let texts = [
    #""x""#, #""12""#, #""-7.5""#, #""1e3""#, #"" 5 ""#, #""007""#, #""+5""#, #""1_000""#, #"".5""#,
    #""5.""#, #""true""#, #""False""#, #""t""#, #""naïve 日本""#, #""\u00e9\n""#, #""a\"b\\c""#,
    #""\ud83d\ude00""#, #""2026-11-25""#, #""2026-11-25T10:11:12.5Z""#, #""99999999999999999999""#,
    #""-0""#, #""-0.0""#, #""0.125""#, #""32768""#, #""-2147483649""#, #""0x10""#, #""Infinity""#,
    "\"\"", #""long text that does not fit in twelve bytes""#,
  ]
  private static let numbers = [
    "0", "1", "-1", "12.5", "1.50", "100.0", "32767", "32768", "-2147483648", "2147483648",
    "999999999999999999", "0.1", "0.0001", "123456.789", "9999999999.99", "99999999999.99", "0.05",
    "-12.345", "12.344999", "0.005",
  ]
  /// What the search leaves to DuckDB.
  private static let hard = [
    "1e5", "1E-7", "-0", "-0.0", "0.00001", "123456789012345678901234567890", "1e999",
    "12345678901234567.5", #""\ud83d""#, #""\ude00x""#, #""\u0000""#, "18446744073709551615",
  ]

  private static func value(_ random: inout SeededRandom, depth: Int, isHard: Bool) -> String {
    let kind = Int.random(in: 0..<(depth > 3 ? 7 : 10), using: &random)
    switch kind {
    case 0...2: return texts.randomElement(using: &random) ?? "0"
    case 3, 4: return numbers.randomElement(using: &random) ?? "0"
    case 5: return ["true", "false", "null"].randomElement(using: &random) ?? "null"
    case 6: return isHard ? hard.randomElement(using: &random) ?? "0" : "7"
    case 7:
      let items = (0..<Int.random(in: 0...3, using: &random)).map { _ in
        value(&random, depth: depth + 1, isHard: isHard)
      }
      let list = items.joined(separator: ",")
      return "[" + list + space(&random) + "]"
    default: return object(&random, depth: depth + 1, isHard: isHard)
    }
  }

  private static func space(_ random: inout SeededRandom) -> String {
    ["", "", " ", "\n\t"].randomElement(using: &random) ?? ""
  }

  /// The names come twice at times.
  private static func object(_ random: inout SeededRandom, depth: Int, isHard: Bool) -> String {
    let names = ["a", "b", "o", "l", "A", "z", "0", "", "ab"] + (isHard ? [#"\u0061"#] : [])
    let members = (0..<Int.random(in: 0...5, using: &random)).map { _ in
      "\"\(names.randomElement(using: &random) ?? "a")\"\(space(&random)):\(space(&random))"
        + value(&random, depth: depth, isHard: isHard)
    }
    let list = members.joined(separator: ",")
    return "{" + space(&random) + list + space(&random) + "}"
  }

  private static func documents(
    _ random: inout SeededRandom, count: Int, isHard: Bool = false
  ) -> [[UInt8]] {
    (0..<count).map { _ in
      let text =
        Int.random(in: 0..<20, using: &random) == 0
        ? value(&random, depth: 0, isHard: isHard) : object(&random, depth: 0, isHard: isHard)
      return Array((space(&random) + text + space(&random)).utf8)
    }
  }

  // MARK: Tests

  @Test(arguments: 1...3)
  func `dots and casts of random documents give what DuckDB gives`(_ seed: UInt64) async throws {
    let fixture = try await fixture()
    var random = SeededRandom(seed: seed)
    for number in 0..<4 {
      try await check(fixture, Self.documents(&random, count: 150), number, Self.dots)
    }
    await fixture.close()
  }

  @Test func `documents that are left to DuckDB give the same`() async throws {
    let fixture = try await fixture()
    var random = SeededRandom(seed: 4)
    for number in 0..<6 {
      let documents = Self.documents(&random, count: 2, isHard: true)
      try await check(fixture, documents, number, Self.dots)
    }
    for (number, value) in zip(6..., Self.hard) {
      let documents = [#"{"a":\#(value)}"#, #"{"a":1,"z":\#(value)}"#, #"{"o":[\#(value)]}"#]
      try await check(fixture, documents.map { Array($0.utf8) }, number, Self.dots)
    }
    await fixture.close()
  }

  @Test func `documents that are none are dropped where the view says so`() async throws {
    let fixture = try await fixture()
    var random = SeededRandom(seed: 5)
    for number in 0..<3 {
      var documents = Self.documents(&random, count: 60)
      for index in documents.indices where index.isMultiple(of: 3) {
        switch index % 4 {
        case 0: documents[index].append(contentsOf: Array(" x".utf8))
        case 1: documents[index] = Array(documents[index].dropLast())
        case 2: documents[index].insert(0x2C, at: documents[index].count / 2)
        default: documents[index] = [0x7B, 0xFF, 0x7D]
        }
      }
      try await check(fixture, documents, number, Self.dots)
    }
    await fixture.close()
  }

  @Test func `numbers stay as they are written, whoever looks for them`() async throws {
    let fixture = try await fixture()
    let documents = [
      #"{"n":1.10,"o":{"x" : [2.50, 1e3]}}"#, #"{"n":1e3}"#, #"{"n":100000000000000000000000}"#,
      #"{"n":-0.0,"o":[0.00001]}"#,
    ]
    try await check(fixture, documents.map { Array($0.utf8) }, 0) { data in
      """
      SELECT json_extract_path_text(\(data), 'n') AS n, json_extract_path_text(\(data), 'o') AS o,
             partition_key FROM kds.STREAM
      """
    }
    #expect(
      try await fixture.run("SELECT n, o FROM fast0 ORDER BY partition_key") == [
        ["1.10", #"{"x":[2.50,1e3]}"#], ["1e3", "NULL"], ["100000000000000000000000", "NULL"],
        ["-0.0", "[0.00001]"],
      ])
    await fixture.close()
  }

  @Test(arguments: [
    "json_extract_path_text(from_varbyte(kinesis_data, 'utf-8'), 'n')",
    "upper(json_extract_path_text(from_varbyte(kinesis_data, 'utf-8'), 'n', true))",
    "json_parse(kinesis_data).n::varchar",
  ])
  func `a test for JSON keeps data that is no text away, without a word`(
    _ item: String
  ) async throws {
    let fixture = try await fixture()
    _ = try await fixture.log.createStream("bytes", shardCount: 1)
    let documents: [[UInt8]] = [
      Array(#"{"n":"1"}"#.utf8), [0xFF, 0xFE], Array("no".utf8),
      [0x7B, 0x22, 0x6E, 0x22, 0x3A, 0x22, 0xFF, 0x22, 0x7D], Array(#"{"n":"2"}"#.utf8),
    ]
    _ = try await fixture.log.append(
      documents.map { NewRecord(partitionKey: "k", data: $0) }, to: "bytes")
    try await fixture.run(
      """
      CREATE MATERIALIZED VIEW guarded AS SELECT \(item) AS n FROM kds.bytes
      WHERE can_json_parse(kinesis_data);
      REFRESH MATERIALIZED VIEW guarded
      """)
    #expect(try await fixture.run("SELECT n FROM guarded ORDER BY 1") == [["1"], ["2"]])
    #expect(try await fixture.run("SELECT count(*) FROM sys_stream_scan_errors") == [["0"]])
    await fixture.close()
  }

  @Test func `documents that are none become dead letters where the view does not`() async throws {
    let fixture = try await fixture()
    let documents = [#"{"a":1}"#, #"{"a":2}x"#, #"{"a":3,}"#, "", "{", #"{"a":4}"#]
    try await check(fixture, documents.map { Array($0.utf8) }, 0) { data in
      "SELECT json_parse(\(data)).a::int AS a, partition_key FROM kds.STREAM"
    }
    let rows = try await fixture.run("SELECT a FROM fast0 ORDER BY 1")
    #expect(rows == [["1"], ["4"]])
    await fixture.close()
  }

  @Test(arguments: ["timestamp", "timestamptz", "date", "time"])
  func `moments give what DuckDB gives`(_ type: String) async throws {
    let fixture = try await fixture()
    let moments = [
      "2026-11-25 10:11:12", "2026-11-25T10:11:12Z", "2026-11-25T10:11:12.123456Z",
      "2026-11-25 10:11:12.1", "2024-02-29 23:59:59", "1969-12-31 23:59:59.999999",
      "1900-03-01 00:00:00", "0001-01-01 00:00:00", "9999-12-31 23:59:59.999999",
      "2026-11-25T10:11:12+02:00", "2026-11-25", "2026-11-25T10:11", "2026-11-25 10:11:12.1234567",
      "2023-02-29 00:00:00", "2026-13-01 00:00:00", "2026-11-25 24:00:00", "2026-11-25 23:59:60",
      "Nov 25, 2026", "10:11:12", "2026-11-25  10:11:12", "2026-11-25 10:11:12 ",
      "2026-11-25T10:11:12.Z", "x",
    ]
    for (number, moment) in moments.enumerated() {
      let documents = [#"{"a":"\#(moment)"}"#, #"{"a":null}"#, "{}"].map { Array($0.utf8) }
      try await check(fixture, documents, number) { data in
        """
        SELECT json_parse(\(data)).a::\(type) AS a,
          json_extract_path_text(\(data), 'a')::\(type) AS b, partition_key FROM kds.STREAM
        """
      }
    }
    await fixture.close()
  }

  @Test(arguments: ["smallint", "bigint", "double precision", "decimal(12, 2)"])
  func `casts of texts give what DuckDB gives, or fail as there`(_ type: String) async throws {
    let fixture = try await fixture()
    for (number, value) in (Self.texts + Self.numbers).enumerated() {
      let documents = [#"{"a":\#(value)}"#, #"{"a":null}"#, "{}"].map { Array($0.utf8) }
      try await check(fixture, documents, number) { data in
        """
        SELECT json_extract_path_text(\(data), 'a')::\(type) AS a,
          json_extract_path_text(\(data), 'a')::varchar(5) AS b, partition_key FROM kds.STREAM
        """
      }
    }
    await fixture.close()
  }
}
