import Core
import StreamLog
import TestSupport
import Testing
import Warehouse

/// The search for fields in one pass against DuckDB's own reading of the same documents: a view
/// that says `false` behind its path takes the second way.
@Suite struct FieldScanTests {
  private func fixture(_ condition: String = "") async throws -> WarehouseFixture {
    let fixture = try WarehouseFixture()
    _ = try await fixture.log.createStream("my_stream", shardCount: 1)
    func query(_ flag: String) -> String {
      let paths = ["'a'", "'b'", "'o'", "'o', 'a'", "'o', 'l', '1'", "'l', '0'", "'l'", "'n'"]
      let items = paths.enumerated().map {
        "json_extract_path_text(kinesis_data, \($1)\(flag)) AS c\($0)"
      }
      return
        "SELECT \(items.joined(separator: ", ")), partition_key FROM kds.my_stream \(condition)"
    }
    try await fixture.run(
      """
      CREATE EXTERNAL SCHEMA kds FROM KINESIS IAM_ROLE default;
      CREATE MATERIALIZED VIEW fast AS \(query(""));
      CREATE MATERIALIZED VIEW slow AS \(query(", false"));
      """)
    return fixture
  }

  private func check(_ documents: [[UInt8]], _ fixture: WarehouseFixture) async throws {
    _ = try await fixture.log.append(
      documents.enumerated().map { NewRecord(partitionKey: "k\($0.offset)", data: $0.element) },
      to: "my_stream")
    try await fixture.run("REFRESH MATERIALIZED VIEW fast; REFRESH MATERIALIZED VIEW slow")
    let both = ["fast", "slow"].map { "SELECT *, count(*) AS n FROM \($0) GROUP BY ALL" }
    #expect(try await fixture.run(both.joined(separator: " EXCEPT ")) == [])
    #expect(
      try await fixture.run("SELECT (SELECT count(*) FROM fast), (SELECT count(*) FROM slow)")
        .map { $0[0] == $0[1] } == [true])
    let skipped = try await fixture.run(
      "SELECT mv_name, partition_key FROM sys_weir_dead_letters ORDER BY 2, 1")
    let names = skipped.map { $0[0] }
    #expect(names.count { $0 == "fast" } == names.count { $0 == "slow" })
  }

  private static let odd: [String] = [
    #"{"a":1,"b":"x"}"#, #" { "a" : 1.50 , "b" : [ 1 , 2 ] } "#, #"{"a":1e5,"b":1E-7}"#,
    #"{"a":-0,"b":-0.0}"#, #"{"a":123456789012345678901234567890}"#, #"{"a":0.00001}"#,
    #"{"a":"\u0041\n\u00e9","b":"\ud83d\ude00"}"#, #"{"a":"\ud83d"}"#, #"{"a":"x\u0000y"}"#,
    #"{"a":null,"b":true,"o":false}"#, #"{"o":{"a":"in","l":[10,20,30]},"l":["zero"]}"#,
    #"{"o":{"l":{"1":"member"}},"l":{"0":"m"}}"#, #"{"a":1,"a":2}"#, #"{"o":{},"o":{"a":2}}"#,
    #"{"o":{"a":1},"o":3}"#, #"{"\u0061":1}"#, #"{"":"empty name"}"#, "[1,2]", "3", #""s""#,
    #"{"a":{"b":{"c":[1.0,{"d":"\u00e9\"q"}]}}}"#, "{}", "", " ", "{", #"{"a":}"#,
    #"{"a":1}x"#, #"{"a":01}"#, #"{"a":1.}"#, #"{"a":.5}"#, #"{"a":tru}"#, #"{'a':1}"#,
    #"{"a":"unfinished"#, #"{"a":"\x"}"#, #"{"a" 1}"#, #"{"a":[1 2]}"#, "nul", "-",
    #"{"b":"日本語","a":"naïve"}"#, #"{"l":[[1,2],[3]],"b":12345678901234.5}"#,
    #"{"a":1234567890123456.5,"b":999999999999999999}"#, #"{"a":9999999999999999999}"#,
  ]

  @Test func `odd documents give what DuckDB's reader gives`() async throws {
    let fixture = try await fixture()
    try await check(Self.odd.map { Array($0.utf8) }, fixture)
    for document in Self.odd { try await check([Array(document.utf8)], fixture) }
    try await check(
      [[0x22, 0xFF, 0x22], Array(#"{"a":""#.utf8) + [0xC3, 0x28, 0x22, 0x7D]], fixture)
    await fixture.close()
  }

  @Test(arguments: 1...3)
  func `damaged documents give what DuckDB's reader gives`(_ seed: UInt64) async throws {
    let fixture = try await fixture("WHERE can_json_parse(kinesis_data)")
    var random = SeededRandom(seed: seed)
    for _ in 0..<12 {
      var documents: [[UInt8]] = []
      for _ in 0..<40 {
        var bytes = Array((Self.odd.randomElement(using: &random) ?? "{}").utf8)
        if Bool.random(using: &random), !bytes.isEmpty {
          let place = Int.random(in: 0..<bytes.count, using: &random)
          let marks = Array(#"{}[]",:0 e.-\a"#.utf8)
          bytes[place] = marks.randomElement(using: &random) ?? 0x20
        }
        documents.append(bytes)
      }
      try await check(documents, fixture)
    }
    await fixture.close()
  }
}
