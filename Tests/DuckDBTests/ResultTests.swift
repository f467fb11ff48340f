import Core
import DuckDB
import Testing

@Suite struct ResultTests {
  static let texts: [(sql: String, text: String?, type: SQLType)] = [
    ("true", "t", .boolean),
    ("42::TINYINT", "42", .smallint),
    ("-7", "-7", .integer),
    ("9223372036854775807", "9223372036854775807", .bigint),
    (
      "170141183460469231731687303715884105727::HUGEINT", "170141183460469231731687303715884105727",
      .numeric
    ),
    ("18446744073709551615::UBIGINT", "18446744073709551615", .numeric),
    ("1.50::DECIMAL(5,2)", "1.50", .numeric),
    ("-0.07::DECIMAL(20,2)", "-0.07", .numeric),
    ("1::DOUBLE", "1", .doublePrecision),
    ("0.1::DOUBLE", "0.1", .doublePrecision),
    ("1e20::DOUBLE", "1e+20", .doublePrecision),
    ("123456789012345.5::DOUBLE", "123456789012345.5", .doublePrecision),
    ("1e-7::DOUBLE", "1e-07", .doublePrecision),
    ("'nan'::DOUBLE", "NaN", .doublePrecision),
    ("'-inf'::REAL", "-Infinity", .real),
    ("'a é'", "a é", .varchar),
    ("'a string of more than twelve bytes'", "a string of more than twelve bytes", .varchar),
    ("''", "", .varchar),
    ("NULL::VARCHAR", nil, .varchar),
    ("'\\x00\\xFFab'::BLOB", "00ff6162", .varbyte),
    ("DATE '2026-02-28'", "2026-02-28", .date),
    ("DATE '0044-03-15 (BC)'", "0044-03-15 BC", .date),
    ("TIME '23:59:59.5'", "23:59:59.5", .time),
    ("TIMESTAMP '2026-11-24 12:00:00'", "2026-11-24 12:00:00", .timestamp),
    ("TIMESTAMP '1969-12-31 23:59:59.000001'", "1969-12-31 23:59:59.000001", .timestamp),
    ("TIMESTAMP_MS '2026-11-24 12:00:00.123'", "2026-11-24 12:00:00.123", .timestamp),
    ("TIMESTAMPTZ '2026-11-24 12:00:00+02'", "2026-11-24 10:00:00+00", .timestamptz),
    (
      "INTERVAL '1 year 2 months 3 days 04:05:06.5'", "1 year 2 mons 3 days 04:05:06.5",
      .interval
    ),
    ("INTERVAL '0 seconds'", "00:00:00", .interval),
    (
      "'123e4567-e89b-12d3-a456-426614174000'::UUID", "123e4567-e89b-12d3-a456-426614174000",
      .uuid
    ),
    ("[1, NULL, 3]", "[1,null,3]", .semistructured),
    ("{'a': 1, 'b': ['x\"y', 'z']}", #"{"a":1,"b":["x\"y","z"]}"#, .semistructured),
    ("MAP {'k': 1.5}", #"{"k":1.5}"#, .semistructured),
    ("'{\"a\": 1}'::JSON", "{\"a\": 1}", .semistructured),
    ("'b'::ENUM('a', 'b')", "b", .varchar),
  ]

  @Test(arguments: texts)
  func `a value has PostgreSQL's text and type`(
    _ value: (sql: String, text: String?, type: SQLType)
  ) throws {
    let connection = try Database(path: nil).connect()
    try connection.execute("SET TimeZone='UTC'")
    let result = try connection.query("SELECT \(value.sql)")
    #expect(result.columns.first?.type == value.type)
    let chunk = try #require(try result.nextChunk())
    #expect(chunk.string(row: 0, column: 0) == value.text)
  }

  @Test func `a stream of five million rows comes in chunks`() throws {
    let connection = try Database(path: nil).connect()
    let result = try connection.stream("SELECT range AS n FROM range(5000000)")
    var count = 0
    var last: Int64?
    while let chunk = try result.nextChunk() {
      count += chunk.rowCount
      last = chunk.int64(row: chunk.rowCount - 1, column: 0)
    }
    #expect(count == 5_000_000)
    #expect(last == 4_999_999)
  }

  @Test func `an error half way through a stream is thrown`() throws {
    let connection = try Database(path: nil).connect()
    let result = try connection.stream(
      "SELECT CASE WHEN range = 400000 THEN error('half way')::INT ELSE 1 END FROM range(500000)")
    #expect(throws: DuckDBError.self) { while try result.nextChunk() != nil {} }
  }

  static let errors: [(sql: String, state: String)] = [
    ("SELECT * FROM nothing_here", "42P01"),
    ("SELECT nothing_here FROM (SELECT 1 AS a)", "42703"),
    ("SELEC 1", "42601"),
    ("SELECT 'x'::INT", "22P02"),
    ("SELECT 300::TINYINT", "22P02"),
    ("SELECT no_such_function(1)", "42883"),
    ("CREATE TABLE t AS SELECT 1; CREATE TABLE t AS SELECT 1", "42P07"),
    ("CREATE TABLE t (a INT NOT NULL); INSERT INTO t VALUES (NULL)", "23502"),
    ("CREATE TABLE t (a INT PRIMARY KEY); INSERT INTO t VALUES (1), (1)", "23505"),
    ("INSERT INTO nowhere.t VALUES (1)", "42P01"),
    ("COMMIT", "25P01"),
  ]

  @Test(arguments: errors)
  func `an error has PostgreSQL's code`(_ example: (sql: String, state: String)) throws {
    let connection = try Database(path: nil).connect()
    do {
      try connection.execute(example.sql)
      Issue.record("no error")
    } catch {
      #expect(error.sqlError.sqlState == example.state, "\(error)")
    }
  }

  @Test func `an error tells where DuckDB drew its caret`() throws {
    let connection = try Database(path: nil).connect()
    do {
      try connection.execute("SELECT a,\n       missing FROM (SELECT 1 AS a)")
      Issue.record("no error")
    } catch {
      #expect(error.caret?.line == 2)
      #expect(error.caret?.source.hasPrefix("       missing") == true)
      #expect(error.caret?.column == 7)
    }
  }

  @Test func `an interrupt from another thread ends a statement with 57014`() async throws {
    let connection = try Database(path: nil).connect()
    let queue = BlockingQueue(label: "test")
    async let outcome = queue.run {
      try connection.query("SELECT count(*) FROM range(1000000000000) a WHERE a.range % 7 = 3")
        .rowsChanged
    }
    let interrupting = Task {
      while !Task.isCancelled {
        connection.interrupt()
        await Task.yield()
      }
    }
    do {
      _ = try await outcome
      Issue.record("no error")
    } catch {
      #expect((error as? DuckDBError)?.sqlError.sqlState == "57014")
    }
    interrupting.cancel()
  }

  @Test func `more than one statement is refused where one is meant`() throws {
    let connection = try Database(path: nil).connect()
    #expect(throws: DuckDBError.self) { try connection.query("SELECT 1; SELECT 2") }
  }

  @Test func `a database that has stopped says what to do about it`() {
    let error = DuckDBError(kind: .fatal, message: "Failed: database has been invalidated").sqlError
    #expect(error.sqlState == "58030")
    #expect(error.message == "the warehouse has stopped because it could not write its files")
    #expect(error.detail == "Failed: database has been invalidated")
    #expect(error.hint?.contains("start weir again") == true)
  }
}
