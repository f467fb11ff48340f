import Core
import Foundation
import ObjectStore
import TestSupport
import Testing
import Warehouse

@Suite struct CopyTests {
  private let fixture: WarehouseFixture

  init() throws { fixture = try WarehouseFixture() }

  private static let role = "IAM_ROLE default"

  private func put(_ bytes: [UInt8], as key: String) throws {
    let path = fixture.directory.file("objects/bucket/\(key)")
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  private func put(_ text: String, as key: String = "in/a") throws {
    try put(Array(text.utf8), as: key)
  }

  private func copy(_ options: String, from key: String = "in/") -> String {
    "COPY t FROM 's3://bucket/\(key)' \(Self.role) \(options)"
  }

  struct Load: Sendable, CustomTestStringConvertible {
    var options: String
    var table = "a INT, b VARCHAR(20)"
    var text: String
    var rows: [[String]]
    var testDescription: String { "\(options) of \(table)" }

    init(_ options: String, _ table: String, _ text: String, _ rows: [[String]]) {
      (self.options, self.table, self.text, self.rows) = (options, table, text, rows)
    }

    init(_ options: String, _ text: String, _ rows: [[String]]) {
      (self.options, self.text, self.rows) = (options, text, rows)
    }
  }

  @Test(arguments: [
    Load("", "1|one\n2|\n\\N|three\n", [["1", "one"], ["2", ""], ["NULL", "three"]]),
    Load("", "1|one\r\n2|two", [["1", "one"], ["2", "two"]]),
    Load("DELIMITER ','", "1,one\n", [["1", "one"]]),
    Load(#"DELIMITER '\t' NULL AS 'none'"#, "1\tnone\n", [["1", "NULL"]]),
    Load("CSV", "1,\"a,\"\"b\"\"\nc\"\n2, \"d\" \n", [["1", "a,\"b\"\nc"], ["2", "d"]]),
    Load("CSV QUOTE '%' DELIMITER ';'", "1;%a;%%b%\n", [["1", "a;%b"]]),
    Load("FORMAT AS CSV IGNOREHEADER 1", "a,b\n1,x\n", [["1", "x"]]),
    Load("CSV IGNOREBLANKLINES", "1,x\n\n2,y\n", [["1", "x"], ["2", "y"]]),
    Load("ESCAPE", "1|a\\|b\\\nc\\\\\n\\N|\\N\n", [["1", "a|b\nc\\"], ["NULL", "NULL"]]),
    Load("REMOVEQUOTES", "\"1\"|\"a|b\"\n'2'|c\"\n", [["1", "a|b"], ["2", "c\""]]),
    Load("EMPTYASNULL", "1|\n", [["1", "NULL"]]),
    Load("BLANKSASNULL", "1|  \n", [["1", "NULL"]]),
    Load("TRIMBLANKS", "1|a  \n", [["1", "a"]]),
    Load(
      "TRUNCATECOLUMNS", "a INT, b VARCHAR(3)", "1|abcdef\n2|aüü\n", [["1", "abc"], ["2", "aü"]]),
    Load("FILLRECORD", "a INT, b VARCHAR(3), c INT", "1\n", [["1", "", "NULL"]]),
    Load("FIXEDWIDTH 'x:3,y:4'", "1  ab  \n22 cdef\n", [["1", "ab  "], ["22", "cdef"]]),
    Load(
      "", "a DECIMAL(8, 2), b INT", "20.259|1\n-1.5e1|2\n", [["20.25", "1"], ["-15.00", "2"]]),
    Load(
      "ROUNDEC", "a DECIMAL(8, 2), b INT", "20.259|1\n9.999|2\n",
      [["20.26", "1"], ["10.00", "2"]]),
    Load(
      "", "a DATE, b TIMESTAMP", "1969-07-20|1969-07-20 20:17:40.5\n|\n",
      [["1969-07-20", "1969-07-20 20:17:40.5"], ["NULL", "NULL"]]),
    Load(
      "DATEFORMAT 'MM-DD-YYYY' TIMEFORMAT 'DD.MM.YYYY HH24:MI'", "a DATE, b TIMESTAMP",
      "07-20-1969|20.07.1969 20:17\n", [["1969-07-20", "1969-07-20 20:17:00"]]),
    Load(
      "DATEFORMAT 'auto' TIMEFORMAT 'auto'", "a DATE, b TIMESTAMP",
      "20-Jul-1969|July 20, 1969 08:17 PM\n", [["1969-07-20", "1969-07-20 20:17:00"]]),
    Load(
      "TIMEFORMAT 'epochmillisecs'", "a INT, b TIMESTAMP", "1|1500\n",
      [["1", "1970-01-01 00:00:01.5"]]),
    Load(
      "DATEFORMAT 'YYYY-MM-DD' ACCEPTANYDATE", "a INT, b DATE", "1|00/00/00\n", [["1", "NULL"]]),
    Load(
      "", "a TIMESTAMPTZ, b BOOLEAN", "2020-01-01 01:00:00+01|yes\n2020-01-01 00:00:00|0\n",
      [["2020-01-01 00:00:00+00", "t"], ["2020-01-01 00:00:00+00", "f"]]),
    Load(
      "", "a VARBYTE, b SUPER", "6162|{\"x\": [1]}\n|null\n",
      [["6162", "{\"x\": [1]}"], ["", "NULL"]]),
    Load(
      "", "a FLOAT8, b FLOAT4", "1e300|1.5\nNaN|-Infinity\n",
      [["1e+300", "1.5"], ["NaN", "-Infinity"]]),
    Load(
      "JSON 'auto'", #"{"b":"x\ny","a":1,"z":0} {"a":null}"#, [["1", "x\ny"], ["NULL", "NULL"]]),
    Load(
      "JSON 'auto ignorecase'", #"{"B":"x","A":1}"# + "\n" + #"{"b":"y"}"#,
      [["1", "x"], ["NULL", "y"]]),
    Load(
      "JSON 'auto'", "a SUPER, b SUPER", #"{"a":{"k":[1,"2"]},"b":"te\"xt"}"#,
      [[#"{"k":[1,"2"]}"#, #""te\"xt""#]]),
    Load("JSON 'noshred'", "a SUPER", #"{"a":1}[2]"#, [[#"{"a":1}"#], ["[2]"]]),
    Load("JSON 's3://bucket/paths'", "[7,{\"k\":\"v\"}]\n[8,{}]", [["7", "v"], ["8", "NULL"]]),
  ])
  func `files are read as Redshift reads them`(_ load: Load) async throws {
    try put(load.text)
    try put(#"{"jsonpaths": ["$[0]", "$[1].k"]}"#, as: "paths")
    try await fixture.run("CREATE TABLE t (\(load.table))")
    let tags = try await fixture.session.tags(copy(load.options))
    #expect(tags == ["COPY"])
    let rows = try await fixture.run("SELECT * FROM t ORDER BY rowid")
    #expect(rows == load.rows)
    await fixture.close()
  }

  @Test func `all files of a prefix are loaded, and what was loaded is told`() async throws {
    try put("1|a\n", as: "in/a")
    try put("2|b\n3|c\n", as: "in/b")
    try await fixture.run("CREATE TABLE t (a INT, b VARCHAR(20))")
    #expect(
      try await fixture.session.notices(copy(""))
        == ["INFO: Load into table 't' completed, 3 record(s) loaded successfully."])
    #expect(
      try await fixture.run("SELECT pg_last_copy_count(), pg_last_copy_id() > 0") == [["3", "t"]])
    #expect(
      try await fixture.run(
        """
        SELECT status, table_name, data_source, file_format, loaded_rows, source_file_count,
          error_count FROM sys_load_history
        """) == [["completed", "t", "s3://bucket/in/", "text", "3", "2", "0"]])
    await fixture.close()
  }

  @Test func `a manifest names the files`() async throws {
    try put("1|a\n", as: "in/a")
    try put("2|b\n", as: "in/b")
    try put(
      #"{"entries":[{"url":"s3://bucket/in/b","mandatory":true},{"url":"s3://bucket/no"}]}"#,
      as: "m")
    try await fixture.run("CREATE TABLE t (a INT, b VARCHAR(20)); \(copy("MANIFEST", from: "m"))")
    #expect(try await fixture.run("SELECT * FROM t") == [["2", "b"]])
    try put(#"{"entries":[{"url":"s3://bucket/no","mandatory":true}]}"#, as: "m")
    #expect(await fixture.session.failure(copy("MANIFEST", from: "m"))?.sqlState == "58P01")
    #expect(await fixture.session.failure(copy("MANIFEST", from: "in/a"))?.sqlState == "22023")
    await fixture.close()
  }

  @Test func `UTF-16 becomes UTF-8`() async throws {
    var bytes: [UInt8] = [0xFF, 0xFE]
    for unit in "1|grüße 😀\n".utf16 { bytes += [UInt8(unit & 0xFF), UInt8(unit >> 8)] }
    try put(bytes, as: "in/a")
    try await fixture.run("CREATE TABLE t (a INT, b VARCHAR(20)); \(copy("ENCODING AS UTF16"))")
    #expect(try await fixture.run("SELECT b FROM t") == [["grüße 😀"]])
    await fixture.close()
  }

  // MARK: Errors

  struct Wrong: Sendable, CustomTestStringConvertible {
    var table: String
    var text: String
    /// line_number, colname, err_code, err_reason.
    var error: [String]
    var options = ""
    var testDescription: String { "\(table): \(error[3])" }
  }

  @Test(arguments: [
    Wrong(
      table: "a INT, b INT", text: "1|2\n1|x2\n",
      error: ["2", "b", "1207", "Invalid digit, Value 'x', Pos 0, Type: Integer"]),
    Wrong(
      table: "a SMALLINT", text: "40000\n", error: ["1", "a", "1204", "Overflow, Type: Short"]),
    Wrong(table: "a INT, b INT", text: "1\n", error: ["1", "a", "1214", "Delimiter not found"]),
    Wrong(table: "a INT", text: "1|2|3\n", error: ["1", "", "1202", "Extra column(s) found"]),
    Wrong(
      table: "a VARCHAR(2)", text: "a\nabc\n",
      error: ["2", "a", "1204", "String length exceeds DDL length"]),
    Wrong(
      table: "a DATE", text: "1/1/20\n",
      error: ["1", "a", "1205", "Invalid Date Format - length must be 10 or more"]),
    Wrong(
      table: "a TIMESTAMP", text: "20 July 1969\n",
      error: ["1", "a", "1206", "Invalid timestamp format or value [YYYY-MM-DD HH24:MI:SS]"]),
    Wrong(
      table: "a BOOLEAN", text: "maybe\n", error: ["1", "a", "1210", "Unknown boolean format"]),
    Wrong(
      table: "a INT NOT NULL", text: "\\N\n",
      error: ["1", "a", "1213", "Missing data for not-null field"]),
    Wrong(
      table: "a CHAR(5)", text: "ü\n",
      error: [
        "1", "a", "1220",
        "Multibyte character not supported for CHAR (Hint: try using VARCHAR). Invalid char: c3 bc",
      ]),
    Wrong(
      table: "a INT, b VARCHAR(9)", text: "1,\"x\n",
      error: ["1", "a", "1214", "Delimited value missing end quote"], options: "CSV"),
    Wrong(
      table: "a INT", text: "{\"a\":1}\n{\"a\":\"x\"}",
      error: ["2", "a", "1207", "Invalid digit, Value 'x', Pos 0, Type: Integer"],
      options: "JSON 'auto'"),
    Wrong(
      table: "a DECIMAL(4,2)", text: "123.4\n",
      error: ["1", "a", "1204", "Numeric overflow, Type: Decimal(4,2)"]),
  ])
  func `an error names line, column and reason, and nothing is loaded`(_ wrong: Wrong) async throws
  {
    try put(wrong.text)
    try await fixture.run("CREATE TABLE t (\(wrong.table))")
    let failure = await fixture.session.failure(copy(wrong.options))
    #expect(
      failure?.message
        == "Load into table 't' failed.  Check 'stl_load_errors' system table for details.")
    #expect(
      try await fixture.run(
        "SELECT line_number, colname, err_code, err_reason FROM stl_load_errors")
        == [wrong.error])
    #expect(try await fixture.run("SELECT count(*) FROM t") == [["0"]])
    #expect(try await fixture.run("SELECT status FROM sys_load_history") == [["aborted"]])
    await fixture.close()
  }

  @Test func `MAXERROR lets some records be wrong, and no more`() async throws {
    try put("1|a\nx|b\n3|c\ny|d\n5|e\n")
    try await fixture.run("CREATE TABLE t (a INT, b VARCHAR(20))")
    #expect(await fixture.session.failure(copy("MAXERROR 2")) != nil)
    let notices = try await fixture.session.notices(copy("MAXERROR 3"))
    #expect(
      notices == [
        "INFO: Load into table 't' completed, 2 record(s) could not be loaded.  "
          + "Check 'stl_load_errors' system table for details.",
        "INFO: Load into table 't' completed, 3 record(s) loaded successfully.",
      ])
    #expect(try await fixture.run("SELECT a FROM t ORDER BY 1") == [["1"], ["3"], ["5"]])
    #expect(
      try await fixture.run(
        """
        SELECT TRIM(filename), line_number, raw_line, raw_field_value, start_offset
          FROM stl_load_errors WHERE query = pg_last_copy_id() ORDER BY 2
        """) == [
          ["s3://bucket/in/a", "2", "x|b", "x", "4"], ["s3://bucket/in/a", "4", "y|d", "y", "12"],
        ])
    try await fixture.run("TRUNCATE t; \(copy("IGNOREALLERRORS"))")
    #expect(try await fixture.run("SELECT count(*) FROM t") == [["3"]])
    await fixture.close()
  }

  @Test func `errors are kept though the transaction fails`() async throws {
    try put("x|b\n")
    try await fixture.run(
      "CREATE TABLE t (a INT, b VARCHAR(20)); BEGIN; INSERT INTO t VALUES (1, 'a')")
    #expect(await fixture.session.failure(copy("")) != nil)
    #expect(await fixture.session.failure("SELECT 1")?.sqlState == "25P02")
    try await fixture.run("ROLLBACK")
    #expect(try await fixture.run("SELECT count(*) FROM stl_load_errors") == [["1"]])
    #expect(try await fixture.run("SELECT count(*) FROM t") == [["0"]])
    await fixture.close()
  }

  @Test func `invalid characters are refused or replaced`() async throws {
    try put(Array("1|a".utf8) + [0xA4] + Array("b\n".utf8), as: "in/a")
    try await fixture.run("CREATE TABLE t (a INT, b VARCHAR(20))")
    #expect(await fixture.session.failure(copy("")) != nil)
    #expect(
      try await fixture.run("SELECT err_reason FROM stl_load_errors") == [
        [
          "String contains invalid or unsupported UTF8 codepoints. Bad UTF8 hex sequence: a4 (error 3)"
        ]
      ])
    try await fixture.run(copy("ACCEPTINVCHARS '^'"))
    #expect(try await fixture.run("SELECT b FROM t") == [["a^b"]])
    await fixture.close()
  }

  @Test func `NOLOAD checks and loads nothing`() async throws {
    try put("1|a\n2|b\n")
    try await fixture.run("CREATE TABLE t (a INT, b VARCHAR(20))")
    try await fixture.run(copy("NOLOAD"))
    #expect(try await fixture.run("SELECT count(*) FROM t") == [["0"]])
    try put("1|a\nx|b\n")
    #expect(await fixture.session.failure(copy("NOLOAD")) != nil)
    await fixture.close()
  }

  // MARK: Columns

  @Test func `columns that are not named have their defaults`() async throws {
    try put("x|1\n")
    try await fixture.run("CREATE TABLE t (a INT, b VARCHAR(20), c INT DEFAULT 7)")
    try await fixture.run("COPY t (b, a) FROM 's3://bucket/in/' \(Self.role)")
    #expect(try await fixture.run("SELECT * FROM t") == [["1", "x", "7"]])
    #expect(
      await fixture.session.failure("COPY t (nope) FROM 's3://bucket/in/' \(Self.role)")?.sqlState
        == "42703")
    await fixture.close()
  }

  @Test func `IDENTITY columns fill themselves unless EXPLICIT_IDS`() async throws {
    try put("a\n", as: "one/a")
    try put("77|b\n", as: "two/a")
    try await fixture.run("CREATE TABLE t (id INT IDENTITY(5, 1), v VARCHAR(20))")
    try await fixture.run(copy("", from: "one/"))
    try await fixture.run(copy("EXPLICIT_IDS", from: "two/"))
    #expect(try await fixture.run("SELECT * FROM t ORDER BY 1") == [["5", "a"], ["77", "b"]])
    await fixture.close()
  }

  @Test func `a view over the table has the rows`() async throws {
    try put("1|a\n2|b\n2|c\n")
    try await fixture.run(
      """
      CREATE TABLE t (a INT, b VARCHAR(20)); INSERT INTO t VALUES (1, 'z');
      CREATE MATERIALIZED VIEW sums AS SELECT a, count(*) AS n FROM t GROUP BY a;
      """)
    try await fixture.run("BEGIN; \(copy("")); COMMIT; REFRESH MATERIALIZED VIEW sums")
    #expect(try await fixture.run("SELECT * FROM sums ORDER BY 1") == [["1", "2"], ["2", "2"]])
    try await fixture.run("\(copy("")); REFRESH MATERIALIZED VIEW sums")
    #expect(try await fixture.run("SELECT * FROM sums ORDER BY 1") == [["1", "3"], ["2", "4"]])
    #expect(
      try await fixture.run(
        "SELECT DISTINCT status FROM sys_mv_refresh_history WHERE mv_name = 'sums'"
      )
      .contains(["Refresh successfully updated MV incrementally"]))
    await fixture.close()
  }

  // MARK: Round trips

  @Test(arguments: [
    ("CSV", "CSV NULL AS '@'", "NULL AS '@'"), ("", "ESCAPE NULL AS '\\\\N'", "ESCAPE"),
    ("", "ADDQUOTES ESCAPE NULL AS '@'", "REMOVEQUOTES ESCAPE NULL AS '@'"),
    ("", "JSON", "JSON 'auto'"), ("", "ESCAPE GZIP NULL AS '@'", "ESCAPE GZIP NULL AS '@'"),
    ("", "ESCAPE ZSTD NULL AS '@'", "ESCAPE ZSTD NULL AS '@'"),
    ("", "ESCAPE BZIP2 NULL AS '@' MANIFEST", "ESCAPE BZIP2 NULL AS '@' MANIFEST"),
    ("", "PARQUET", "PARQUET"),
  ])
  func `what UNLOAD writes COPY reads`(format: String, out: String, into: String) async throws {
    let binary = out.contains("PARQUET") || out.contains("JSON") ? "" : ", v VARBYTE"
    try await fixture.run(
      """
      CREATE TABLE s (a BOOLEAN, b SMALLINT, c BIGINT, d FLOAT4, e FLOAT8, f DECIMAL(38, 10),
        g VARCHAR(200), h CHAR(10), i DATE, j TIMESTAMP, k TIMESTAMPTZ, l TIME, m SUPER\(binary));
      INSERT INTO s VALUES
        (true, -32768, 9223372036854775807, 1.5, 'NaN', 1234567890.0123456789,
         'q"u''o|t\\\\e,' || CHR(10) || 'x' || CHR(13) || 'y' || CHR(9), 'ab', '1969-12-31',
         '1960-02-29 23:59:59.999999', '2020-06-01 12:00:00+02', '23:59:59.5',
         JSON_PARSE('{"a":"b|c","d":[null,1.5]}')\(binary.isEmpty ? "" : ", 'ab'::VARBYTE")),
        (false, 0, 0, 0, 'Infinity', -0.5, '', '', '0001-01-01', '0001-01-01 00:00:00',
         '1970-01-01 00:00:00+00', '00:00:00', JSON_PARSE('"text"')\(binary.isEmpty ? "" : ", ''::VARBYTE")),
        (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
         NULL\(binary.isEmpty ? "" : ", NULL")),
        (true, 1, -1, 1e-30, 1e-300, 0, 'grüße 你好 😀', 'x', '9999-12-31',
         '9999-12-31 00:00:00', '1969-01-01 00:00:00+00', '12:00:00',
         JSON_PARSE('[]')\(binary.isEmpty ? "" : ", 'ff'::VARBYTE"));
      CREATE TABLE t (LIKE s)
      """)
    try await fixture.run(
      "UNLOAD ('SELECT * FROM s') TO 's3://bucket/x/' \(Self.role) \(format) \(out)")
    let key = into.contains("MANIFEST") ? "x/manifest" : "x/"
    try await fixture.run(copy("\(format) \(into)", from: key))
    let order = "ORDER BY c NULLS LAST"
    let found = try await fixture.run("SELECT * FROM t \(order)")
    let wanted = try await fixture.run("SELECT * FROM s \(order)")
    for (row, expected) in zip(found, wanted) { #expect(row == expected) }
    #expect(found.count == wanted.count)
    await fixture.close()
  }

  // MARK: Refusals

  @Test(arguments: [
    ("COPY nope FROM 's3://bucket/in/'", "42P01", "Cannot COPY into nonexistent table nope"),
    ("COPY t FROM 's3://bucket/none'", "58P01", "The specified S3 prefix 'none' does not exist"),
    ("COPY t FROM 'dynamodb://x'", "0A000", "COPY from dynamodb://… is not supported"),
    (
      "COPY t FROM 's3://bucket/in/' FORMAT AVRO 'auto'", "0A000", "COPY from AVRO is not supported"
    ),
    ("COPY t FROM 's3://bucket/in/' ORC", "0A000", "COPY from ORC is not supported"),
    ("COPY t FROM 's3://bucket/in/' LZOP", "0A000", "LZOP in COPY is not supported"),
    ("COPY t FROM 's3://bucket/in/' CSV ESCAPE", "42601", "ESCAPE cannot be used with CSV in COPY"),
    (
      "COPY t FROM 's3://bucket/in/' MAXERROR 3 IGNOREALLERRORS", "42601",
      "MAXERROR cannot be used with IGNOREALLERRORS"
    ),
    ("COPY t FROM 's3://bucket/in/' GZIP", "22P04", "the gzip data is damaged"),
    (
      "COPY weir.format FROM 's3://bucket/in/'", "42501",
      "permission denied: \"format\" belongs to the warehouse"
    ),
  ])
  func `what cannot be loaded is refused by name`(
    statement: String, state: String, message: String
  ) async throws {
    try put("1|a\n")
    try await fixture.run("CREATE TABLE t (a INT, b VARCHAR(20))")
    let failure = await fixture.session.failure(statement)
    #expect(failure?.sqlState == state)
    #expect(failure?.message == message)
    await fixture.close()
  }

  @Test func `two hundred thousand rows of 11 MB are loaded`() async throws {
    var text: [UInt8] = []
    text.reserveCapacity(60 << 20)
    let line = Array("|2020-01-01 00:00:00|12.50|some text of a row\n".utf8)
    for number in 0..<200_000 { text += Array("\(number)".utf8) + line }
    try put(text, as: "in/a")
    try await fixture.run(
      "CREATE TABLE t (a BIGINT, b TIMESTAMP, c DECIMAL(12, 2), d VARCHAR(40))")
    try await fixture.run(copy(""))
    #expect(try await fixture.run("SELECT count(*), sum(c) FROM t") == [["200000", "2500000.00"]])
    await fixture.close()
  }
}
