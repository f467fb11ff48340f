import Core
import DuckDB
import Foundation
import ObjectStore
import TestSupport
import Testing
import Warehouse

@Suite struct UnloadTests {
  private let fixture: WarehouseFixture

  init() throws { fixture = try WarehouseFixture() }

  private static let role = "IAM_ROLE 'arn:aws:iam::1:role/r'"

  /// The rows of Redshift's own examples.
  private func makeVenues() async throws {
    try await fixture.run(
      """
      CREATE TABLE venue (venueid SMALLINT, venuename VARCHAR(100), venuestate CHAR(2), seats INT);
      INSERT INTO venue VALUES (1, 'Pinewood Race|track', 'OH', 0),
        (2, 'Columbus "Crew" Stadium', 'OH', NULL), (4, 'Community, Ballpark, Arena', NULL, 7)
      """)
  }

  private func unload(_ query: String, _ options: String, to key: String = "out/") async throws {
    let quoted = query.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "''")
    try await fixture.run("UNLOAD ('\(quoted)') TO 's3://bucket/\(key)' \(Self.role) \(options)")
  }

  private func keys() throws -> [String] {
    let root = fixture.directory.file("objects")
    let all = FileManager.default.enumerator(atPath: root)?.compactMap { $0 as? String } ?? []
    return all.filter { path in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: "\(root)/\(path)", isDirectory: &isFolder)
        && !isFolder.boolValue
    }.sorted()
  }

  private func text(_ key: String) throws -> String {
    try String(contentsOfFile: fixture.directory.file("objects/\(key)"), encoding: .utf8)
  }

  struct Option: Sendable, CustomTestStringConvertible {
    var options: String
    var lines: [String]
    var testDescription: String { options }
  }

  @Test(arguments: [
    Option(
      options: "",
      lines: [
        "1|Pinewood Race|track|OH|0", "2|Columbus \"Crew\" Stadium|OH|",
        "4|Community, Ballpark, Arena||7",
      ]),
    Option(
      options: "FORMAT AS CSV",
      lines: [
        "1,Pinewood Race|track,OH,0", "2,\"Columbus \"\"Crew\"\" Stadium\",OH,",
        "4,\"Community, Ballpark, Arena\",,7",
      ]),
    Option(
      options: "CSV DELIMITER AS '|' HEADER NULL AS 'none'",
      lines: [
        "venueid|venuename|venuestate|seats", "1|\"Pinewood Race|track\"|OH|0",
        "2|\"Columbus \"\"Crew\"\" Stadium\"|OH|none", "4|Community, Ballpark, Arena|none|7",
      ]),
    Option(
      options: "JSON",
      lines: [
        #"{"venueid":1,"venuename":"Pinewood Race|track","venuestate":"OH","seats":0}"#,
        #"{"venueid":2,"venuename":"Columbus \"Crew\" Stadium","venuestate":"OH","seats":null}"#,
        #"{"venueid":4,"venuename":"Community, Ballpark, Arena","venuestate":null,"seats":7}"#,
      ]),
    Option(
      options: "ESCAPE",
      lines: [
        #"1|Pinewood Race\|track|OH|0"#, "2|Columbus \"Crew\" Stadium|OH|",
        "4|Community, Ballpark, Arena||7",
      ]),
    Option(
      options: "ADDQUOTES ESCAPE DELIMITER ','",
      lines: [
        #""1","Pinewood Race|track","OH","0""#, #""2","Columbus \"Crew\" Stadium","OH","#,
        #""4","Community\, Ballpark\, Arena",,"7""#,
      ]),
    Option(
      options: "FIXEDWIDTH 'a:2,b:28,c:2,d:3'",
      lines: [
        "1 Pinewood Race|track         OH0  ", "2 Columbus \"Crew\" Stadium     OH   ",
        "4 Community, Ballpark, Arena    7  ",
      ]),
    Option(
      options: #"DELIMITER '\t' NULL '\\N'"#,
      lines: [
        "1\tPinewood Race|track\tOH\t0", "2\tColumbus \"Crew\" Stadium\tOH\t\\N",
        "4\tCommunity, Ballpark, Arena\t\\N\t7",
      ]),
  ])
  func `text is written as Redshift writes it`(_ option: Option) async throws {
    try await makeVenues()
    try await unload("SELECT * FROM venue ORDER BY 1", "PARALLEL OFF " + option.options)
    let name = option.options == "JSON" ? "bucket/out/000.json" : "bucket/out/000"
    #expect(try keys() == [name])
    #expect(try text(name) == option.lines.map { $0 + "\n" }.joined())
    await fixture.close()
  }

  @Test func `every type has its text`() async throws {
    let query = """
      SELECT true AS a, 1.50::DECIMAL(5, 2) AS b, 1e300::FLOAT8 AS c, 'NaN'::FLOAT8 AS d,
        DATE '1969-07-20' AS e, TIMESTAMP '1969-07-20 20:17:40.5' AS f, 'ab'::VARBYTE AS g,
        JSON_PARSE('{"x":[1,null]}') AS h, 'grüße' || CHR(10) || '你' AS i
      """
    try await unload(query, "CSV PARALLEL OFF")
    let csv = try text("bucket/out/000")
    #expect(
      csv
        == "t,1.50,1e+300,NaN,1969-07-20,1969-07-20 20:17:40.5,6162,\"{\"\"x\"\":[1,null]}\","
        + "\"grüße\n你\"\n")
    try await unload("SELECT a, d, h, f FROM (\(query))", "JSON PARALLEL OFF", to: "json/")
    let json = try text("bucket/json/000.json")
    #expect(
      json
        == #"{"a":"t","d":"NaN","h":{"x":[1,null]},"f":"1969-07-20 20:17:40.5"}"# + "\n")
    await fixture.close()
  }

  @Test func `files have Redshift's names`() async throws {
    try await makeVenues()
    try await unload("SELECT * FROM venue", "", to: "a_")
    try await unload("SELECT * FROM venue", "GZIP", to: "b_")
    try await unload("SELECT * FROM venue", "PARQUET", to: "c_")
    try await unload("SELECT * FROM venue", "PARQUET PARALLEL OFF", to: "d_")
    try await unload("SELECT * FROM venue", "CSV BZIP2 EXTENSION 'csv.bz2'", to: "e_")
    try await unload("SELECT * FROM venue", "JSON ZSTD MANIFEST", to: "f_")
    try await unload(
      "SELECT * FROM venue", "PARQUET PARTITION BY (venuestate) MANIFEST", to: "g")
    #expect(
      try keys() == [
        "bucket/a_0000_part_00", "bucket/b_0000_part_00.gz", "bucket/c_0000_part_00.parquet",
        "bucket/d_000.parquet", "bucket/e_0000_part_00.csv.bz2", "bucket/f_0000_part_00.json.zst",
        "bucket/f_manifest", "bucket/g/manifest", "bucket/g/venuestate=OH/0000_part_00.parquet",
        "bucket/g/venuestate=__HIVE_DEFAULT_PARTITION__/0000_part_00.parquet",
      ])
    await fixture.close()
  }

  @Test func `a manifest lists the files, a verbose one what is in them`() async throws {
    try await makeVenues()
    try await unload(
      "SELECT venueid, seats * 1.5 AS half FROM venue", "MANIFEST VERBOSE HEADER", to: "v_")
    let object = try JSONSerialization.jsonObject(with: Data(text("bucket/v_manifest").utf8))
    let manifest = try #require(object as? [String: Any])
    let entries = try #require(manifest["entries"] as? [[String: Any]])
    #expect(entries.first?["url"] as? String == "s3://bucket/v_0000_part_00")
    let meta = try #require(entries.first?["meta"] as? [String: Int])
    #expect(meta["record_count"] == 4)
    #expect(meta["content_length"] == (try text("bucket/v_0000_part_00")).utf8.count)
    #expect((manifest["author"] as? [String: String])?["name"] == "Amazon Redshift")
    let elements = (manifest["schema"] as? [String: Any])?["elements"] as? [[String: Any]]
    #expect(elements?.map { $0["name"] as? String } == ["venueid", "half"])
    await fixture.close()
  }

  @Test func `what is unloaded is told`() async throws {
    try await makeVenues()
    let notices = try await fixture.session.notices(
      "UNLOAD ('SELECT * FROM venue') TO 's3://bucket/x/' \(Self.role) CSV")
    #expect(notices == ["INFO: UNLOAD completed, 3 record(s) unloaded successfully."])
    #expect(try await fixture.run("SELECT pg_last_unload_count()") == [["3"]])
    #expect(
      try await fixture.run(
        """
        SELECT status, file_format, compression_type, unloaded_location, unloaded_rows,
          unloaded_files_count FROM sys_unload_history
        """) == [["completed", "csv", "none", "s3://bucket/x/", "3", "1"]])
    #expect(
      try await fixture.run("SELECT path, line_count, file_format FROM stl_unload_log") == [
        ["s3://bucket/x/0000_part_00", "3", "csv"]
      ])
    #expect(
      try await fixture.run(
        "SELECT query_type FROM sys_query_history WHERE query_text LIKE 'UNLOAD%'")
        == [["UNLOAD"]])
    await fixture.close()
  }

  // MARK: Objects that are there

  @Test func `a destination that is not empty is refused, overwritten or cleaned`() async throws {
    try await makeVenues()
    try await unload("SELECT * FROM venue", "MANIFEST PARALLEL OFF")
    let again = "UNLOAD ('SELECT 9') TO 's3://bucket/out/' \(Self.role) "
    let refusal = await fixture.session.failure(again)
    #expect(refusal?.message.hasPrefix("Specified unload destination on S3 is not empty.") == true)
    #expect(
      try await fixture.run("SELECT status FROM sys_unload_history ORDER BY query_id DESC LIMIT 1")
        == [["aborted"]])
    try await fixture.run(again + "PARALLEL OFF ALLOWOVERWRITE")
    #expect(try keys() == ["bucket/out/000", "bucket/out/manifest"])
    #expect(try text("bucket/out/000") == "9\n")
    try await fixture.run(again + "CSV CLEANPATH EXTENSION 'csv'")
    #expect(try keys() == ["bucket/out/0000_part_00.csv"])
    await fixture.close()
  }

  @Test func `CLEANPATH with partitions touches only the folders that get files`() async throws {
    let rows = "SELECT i AS id, i % 3 AS k FROM generate_series(1, 9) AS t(i)"
    try await unload(rows, "CSV PARTITION BY (k) EXTENSION 'old'")
    try await unload(
      rows.replacing("1, 9", with: "1, 2") + " WHERE i < 3", "CSV PARTITION BY (k) CLEANPATH")
    #expect(
      try keys() == [
        "bucket/out/k=0/0000_part_00.old", "bucket/out/k=1/0000_part_00",
        "bucket/out/k=2/0000_part_00",
      ])
    await fixture.close()
  }

  @Test func `a failure leaves nothing`() async throws {
    try await makeVenues()
    try await unload("SELECT 1", "PARALLEL OFF")
    for format in ["CSV", "PARQUET", "PARQUET PARTITION BY (k)"] {
      let failure = await fixture.session.failure(
        """
        UNLOAD ('SELECT i AS k, 1 / (i - 50000) AS v FROM generate_series(1, 100000) AS t(i)')
        TO 's3://bucket/out/' \(Self.role) \(format) CLEANPATH
        """)
      #expect(failure?.sqlState == "22012")
    }
    #expect(try keys() == ["bucket/out/000"])
    await fixture.close()
  }

  // MARK: Parquet

  @Test func `partitions leave their columns out of the files unless INCLUDE`() async throws {
    let rows =
      "SELECT i AS id, i % 2 AS k, DATE '2020-01-01' + i::INT AS d FROM generate_series(1, 4) AS t(i)"
    try await unload(rows, "PARQUET PARTITION BY (k)", to: "a")
    try await unload(rows, "PARQUET PARTITION BY (k) INCLUDE", to: "b/")
    try await unload(rows, "CSV PARTITION BY (k, d) HEADER", to: "c")
    func columns(_ key: String) throws -> [String?] {
      let path = fixture.directory.file("objects/bucket/\(key)")
      let connection = try Database(path: nil).connect()
      return try connection.rows(
        "SELECT name FROM parquet_schema('\(path)') WHERE type IS NOT NULL"
      ).map { $0[0] }
    }
    #expect(try columns("a/k=1/0000_part_00.parquet") == ["id", "d"])
    #expect(try columns("b/k=1/0000_part_00.parquet") == ["id", "k", "d"])
    #expect(try text("bucket/c/k=0/d=2020-01-03/0000_part_00") == "id\n2\n")
    await fixture.close()
  }

  @Test func `MAXFILESIZE makes parts`() async throws {
    let rows =
      "SELECT i, MD5(i::VARCHAR) AS text, i % 2 AS k FROM generate_series(1, 400000) AS t(i)"
    try await unload(rows, "MAXFILESIZE 5 MB PARALLEL OFF", to: "a")
    try await unload(rows, "PARQUET MAXFILESIZE 5 MB PARALLEL OFF", to: "b")
    try await unload(rows, "PARQUET MAXFILESIZE 5 MB PARTITION BY (k)", to: "c")
    let keys = try keys()
    #expect(keys.filter { $0.hasPrefix("bucket/a") }.count == 4)
    #expect(keys.filter { $0.hasPrefix("bucket/b") }.count > 1)
    #expect(keys.filter { $0.hasPrefix("bucket/c/k=1/") }.count > 1)
    let sizes = try keys.filter { $0.hasPrefix("bucket/a") }.map { try text($0).utf8.count }
    #expect(sizes.allSatisfy { $0 <= 5 << 20 })
    #expect(
      try await fixture.run("SELECT count(*), sum(line_count) FROM stl_unload_log")
        == [["\(keys.count)", "1200000"]])
    await fixture.close()
  }

  // MARK: Refusals

  struct Refusal: Sendable, CustomTestStringConvertible {
    var statement: String
    var state: String
    var message: String
    /// What stands at the error's place.
    var place: String?
    var testDescription: String { statement }
  }

  @Test(arguments: [
    Refusal(
      statement: "UNLOAD ('SELECT 1 LIMIT 1') TO 's3://b-1/x'", state: "0A000",
      message: "Limit clause is not supported"),
    Refusal(
      statement: "UNLOAD ('SELECT ''it''''s'', nope FROM svv_tables') TO 's3://b-1/x'",
      state: "42703", message: "column \"nope\" does not exist", place: "nope FROM"),
    Refusal(
      statement: "UNLOAD ('SELECT ''a'' FORM t') TO 's3://b-1/x'", state: "42601",
      message: "syntax error at or near \"t\"", place: "t') TO"),
    Refusal(
      statement: "UNLOAD ('SELECT 1') TO 'file:///etc/x'", state: "22023",
      message: "file:///etc/x is no address of an object: it must begin with s3://",
      place: "'file:"),
    Refusal(
      statement: "UNLOAD ('SELECT 1') TO 's3://b-1/x' PARQUET GZIP", state: "42601",
      message: "GZIP is not supported for UNLOAD with PARQUET", place: "GZIP"),
    Refusal(
      statement: "UNLOAD ('SELECT 1') TO 's3://b-1/x' CLEANPATH ALLOWOVERWRITE", state: "42601",
      message: "ALLOWOVERWRITE is not supported for UNLOAD with CLEANPATH"),
    Refusal(
      statement: "UNLOAD ('SELECT 1 AS a') TO 's3://b-1/x' PARQUET PARTITION BY (a)",
      state: "42601", message: "at least one column of the query must not be in PARTITION BY"),
    Refusal(
      statement: "UNLOAD ('SELECT 1 AS a, 2 AS b') TO 's3://b-1/x' PARTITION BY (c)",
      state: "42703", message: "PARTITION BY column \"c\" is not in the query's result"),
    Refusal(
      statement: "UNLOAD ('SELECT 1') TO 's3://b-1/x' MAXFILESIZE 4 MB", state: "22023",
      message: "MAXFILESIZE must be between 5 MB and 6.2 GB"),
    Refusal(
      statement: "UNLOAD ('SELECT ''ab''::VARBYTE AS v') TO 's3://b-1/x' PARQUET",
      state: "0A000", message: "column \"v\" of type VARBYTE cannot be unloaded to PARQUET"),
    Refusal(
      statement: "UNLOAD ('SELECT 1 AS a, 2 AS a') TO 's3://b-1/x' JSON", state: "42701",
      message: "column name \"a\" is duplicated"),
    Refusal(
      statement: "UNLOAD ('SELECT ''abc'' AS a') TO 's3://b-1/x' FIXEDWIDTH 'a:2'",
      state: "22001",
      message: "value of column \"a\" is longer than its width 2 of FIXEDWIDTH"),
    Refusal(
      statement: "UNLOAD ('DELETE FROM t') TO 's3://b-1/x'", state: "42601",
      message: "syntax error at or near \"DELETE\""),
  ])
  func `what Redshift refuses is refused`(_ refusal: Refusal) async throws {
    let failure = await fixture.session.failure(refusal.statement)
    #expect(failure?.sqlState == refusal.state)
    #expect(failure?.message == refusal.message)
    if let place = refusal.place, let position = failure?.position {
      #expect(refusal.statement.dropFirst(position - 1).hasPrefix(place))
    }
    #expect(try keys().isEmpty)
    await fixture.close()
  }

  @Test func `an UNLOAD reads what its own transaction wrote`() async throws {
    try await makeVenues()
    try await fixture.run("BEGIN; DELETE FROM venue WHERE venueid = 1")
    try await unload("SELECT venueid FROM venue ORDER BY 1", "PARALLEL OFF")
    try await fixture.run("ROLLBACK")
    #expect(try text("bucket/out/000") == "2\n4\n")
    await fixture.close()
  }

  @Test func `a cancelled UNLOAD leaves nothing`() async throws {
    for format in ["CSV", "PARQUET"] {
      let statement =
        "UNLOAD ('SELECT a.i, MD5(b.i::VARCHAR) AS m FROM generate_series(1, 100000) AS a(i), "
        + "generate_series(1, 100000) AS b(i)') TO 's3://bucket/out/' \(Self.role) \(format)"
      async let failure = fixture.session.failure(statement)
      let other = try fixture.warehouse.makeSession(user: "weir")
      let isWriting = await eventually(within: 60) {
        (try? await other.rows(
          "SELECT 1 FROM sys_unload_history WHERE status = 'running' "
            + "AND (unloaded_rows > 0 OR file_format = 'parquet')"))
          == [["1"]]
      }
      #expect(isWriting)
      fixture.session.cancel()
      #expect(await failure?.sqlState == "57014")
      await other.close()
      #expect(try keys().isEmpty)
    }
    await fixture.close()
  }
}
