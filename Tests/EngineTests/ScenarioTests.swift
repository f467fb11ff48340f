import Engine
import Foundation
import TestSupport
import Testing

@Suite struct ScenarioTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func demo() throws -> String {
    try String(
      contentsOf: Self.root.appendingPathComponent("Demo/retail-orders.yaml"), encoding: .utf8)
  }

  /// The description of the error that reading the text ends with.
  private func failure(_ text: String) throws -> String {
    do {
      _ = try Scenario.parse(text, path: "x.yaml")
      return "no error"
    } catch let error as EngineError {
      return error.description
    }
  }

  @Test func `every scenario in Demo loads`() throws {
    let folder = Self.root.appendingPathComponent("Demo").path
    let files = try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { $0.hasSuffix(".yaml") }
    #expect(!files.isEmpty)
    for file in files {
      let scenario = try Scenario.load(folder + "/" + file)
      #expect(!scenario.statements.isEmpty)
    }
  }

  @Test func `the demo runs the statements of Redshift's documentation as they are written`() throws
  {
    let scenario = try Scenario.parse(try demo(), path: "x.yaml")
    let documented = """
      CREATE EXTERNAL SCHEMA kinesis_schema FROM KINESIS
      IAM_ROLE 'arn:aws:iam::account:role/RedshiftStreamingRole';

      CREATE MATERIALIZED VIEW real_time_analytics AS
      SELECT json_extract_path_text(kinesis_data, 'customer_id') as customer_id,
             json_extract_path_text(kinesis_data, 'amount') as amount,
             approximate_arrival_timestamp
      FROM kinesis_schema.my_stream;

      ALTER MATERIALIZED VIEW real_time_analytics AUTO REFRESH YES;
      """
    let statements = scenario.statements.prefix(3).map {
      $0.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    #expect(statements.joined(separator: "\n\n") == documented)
    #expect(scenario.streams.map(\.name) == ["my_stream"])
    #expect(scenario.streams.map(\.shards) == [5])
  }

  static let broken: [(from: String, to: String, message: String)] = [
    (
      "shards: 5", "shards: none",
      "streams[0].shards: expected a whole number from 1 to 1000, found 'none'"
    ),
    (
      "rate: 2000", "rate: 0",
      "producers[0].rate: expected a whole number from 1 to 1000000, found '0'"
    ),
    (
      "    stream: my_stream", "    stream: other",
      "producers[0].stream: expected the name of a stream of this file, found 'other'"
    ),
    ("seed: 42", "sed: 42", "unknown key 'sed'; known are accounting, checks, description, "),
    ("seed: 42", "seed: -1", "seed: expected a whole number from 0 to 18446744073709551615"),
    (
      "    equals: produced", "    equals: much",
      "checks[0].equals: must equal a whole number or 'produced', found 'much'"
    ),
    ("  - name: my_stream", "  - nam: my_stream", "unknown key 'nam' in streams[0]; known are "),
    ("  - name: my_stream", "  - name: my stream", "streams[0].name: expected at most 128 letters"),
    ("kind: retail-orders", "kind: [a]", "producers[0].kind: expected retail-orders, found a list"),
    ("name: retail-orders", "name:", "name: expected text, found nothing"),
    ("seed: 42", "seed: \"42", "this is not YAML: "),
  ]

  @Test(arguments: broken)
  func `an error names file, line, keys, and what was expected`(
    _ example: (from: String, to: String, message: String)
  ) throws {
    let text = try demo()
    let place = try #require(text.range(of: example.from))
    let line = text[..<place.lowerBound].count { $0 == "\n" } + 1
    let message = try failure(text.replacingCharacters(in: place, with: example.to))
    if example.message.hasPrefix("this is not YAML") {
      // The quote is missed where the file ends.
      #expect(message.hasPrefix("x.yaml:") && message.contains(example.message), "\(message)")
    } else {
      #expect(message.hasPrefix("x.yaml:\(line): " + example.message), "\(message)")
    }
  }

  @Test func `what is missing and what is there twice is said`() throws {
    #expect(try failure("") == "x.yaml:1: the file is empty")
    #expect(try failure("- a").contains("expected the keys name, streams"))
    #expect(try failure("name: a").contains("the key 'streams' is missing"))
    #expect(try failure(try demo() + "\nseed: 1\n").contains("there twice"))
    let second = "  - kind: retail-orders\n    stream: my_stream\n    rate: 5\n\n# One row"
    let twice = try demo().replacingOccurrences(of: "\n# One row", with: second)
    #expect(try failure(twice).contains("producers[1]: 'my_stream' has a producer"))
  }

  @Test func `statements can stand in a file beside the scenario`() throws {
    let folder = try TemporaryDirectory()
    let text = try demo().replacingOccurrences(
      of: "statements:\n", with: "statements:\n  - file: first.sql\n")
    try text.write(toFile: folder.file("a.yaml"), atomically: true, encoding: .utf8)
    #expect(throws: EngineError.self) { try Scenario.load(folder.file("a.yaml")) }
    try "SELECT 1;".write(toFile: folder.file("first.sql"), atomically: true, encoding: .utf8)
    #expect(try Scenario.load(folder.file("a.yaml")).statements.first == "SELECT 1;")
  }

  @Test func `a producer's seed, key and size are read, and have sensible defaults`() throws {
    let plain = try #require(try Scenario.parse(try demo(), path: "x.yaml").producers.first)
    #expect(plain.seed == nil && plain.key == .customer && plain.size == 150...400)
    let text = try demo().replacingOccurrences(
      of: "rate: 2000",
      with: "rate: 2000\n    seed: 7\n    key: store\n    size: { min: 500, max: 600 }")
    let full = try #require(try Scenario.parse(text, path: "x.yaml").producers.first)
    #expect(full.seed == 7 && full.key == .store && full.size == 500...600)
    let narrow = text.replacingOccurrences(of: "max: 600", with: "max: 510")
    #expect(try failure(narrow).contains("producers[0].size.min: expected a whole number from 1"))
  }
}
