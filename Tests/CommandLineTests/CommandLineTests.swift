import Foundation
import TestSupport
import Testing

@Suite struct CommandLineTests {
  @Test func `a headless demo needs no terminal, and accounts for every record`() async throws {
    let outcome = try await Program.run(
      ["demo", "--headless", "--seconds", "3", "--size", "120x40", "--format", "text"],
      environment: ["PATH": "/usr/bin:/bin"])
    #expect(outcome.status == 0, "\(outcome.errors)")
    #expect(outcome.output.contains("records lost: 0, duplicated: 0\n"))
    #expect(outcome.output.contains("my_stream"))
    #expect(!outcome.output.contains("FAIL"))
    #expect(outcome.output.split(separator: "\n", omittingEmptySubsequences: false).count > 40)
  }

  @Test func `a demo that fails a check ends with status 1`() async throws {
    let directory = try TemporaryDirectory()
    let file = Program.root.appendingPathComponent("Demo/retail-orders.yaml")
    let text = try String(contentsOf: file, encoding: .utf8)
      .replacingOccurrences(of: "equals: \"5\"", with: "equals: \"6\"")
      .replacingOccurrences(of: "rate: 2000", with: "rate: 10")
    try text.write(toFile: directory.file("wrong.yaml"), atomically: true, encoding: .utf8)
    let outcome = try await Program.run([
      "demo", "--headless", "--seconds", "1", "--settle", "5", "--format", "svg", "--scenario",
      directory.file("wrong.yaml"),
    ])
    #expect(outcome.status == 1)
    #expect(outcome.output.hasPrefix("<"))
    #expect(outcome.errors.contains("FAIL every view is fresh: 5 (expected 6)"))
  }

  @Test func `a wrong statement gets line, column and a pointer, and the session goes on`()
    async throws
  {
    let directory = try TemporaryDirectory()
    let data = directory.file("data")
    let outcome = try await Program.run(["sql", "--data", data, "-c", "SELECT 1;\nSELECT a FORM t"])
    #expect(outcome.status == 1)
    #expect(outcome.errors.contains("(line 2, column 15)"))
    #expect(outcome.errors.contains("LINE 2: SELECT a FORM t\n                      ^"))
    #expect(outcome.errors.contains("did you mean FROM?"))
    let again = try await Program.run([
      "sql", "--data", data, "--format", "csv", "-c", "SELECT 'x,\"y' AS a, NULL AS b",
    ])
    #expect(again.output == "a,b\n\"x,\"\"y\",\n")
  }

  @Test func `wrong usage ends with status 2 and says what is right`() async throws {
    let outcome = try await Program.run(["demo", "--size", "huge"])
    #expect(outcome.status == 2)
    #expect(outcome.errors.contains("--size must be columns x rows"))
  }

  @Test func `put, tail, sql, psql and url work on a running engine`() async throws {
    let directory = try TemporaryDirectory()
    let data = directory.file("data")
    let engine = try await RunningEngine(directory: data)
    #expect(engine.readyLine.hasPrefix("ready aws=127.0.0.1:"))
    let second = try await Program.run([
      "serve", "--data", data, "--aws-port", "0", "--sql-port", "0",
    ])
    #expect(second.status == 1)
    #expect(second.errors.contains("is in use by process"))

    let url = try await Program.run(["url", "sql", "--data", data])
    let target = url.output.trimmingCharacters(in: .whitespacesAndNewlines)
    #expect(target.hasPrefix("postgresql://weir:"))

    let python = Program.root.appendingPathComponent(".deps/python/bin/aws").path
    let made = try await ChildProcess.run(
      python,
      [
        "kinesis", "create-stream", "--stream-name", "lines", "--shard-count", "2",
        "--endpoint-url", "http://127.0.0.1:\(engine.awsPort)", "--region", "us-east-1",
      ],
      environment: [
        "AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "x", "PATH": "/usr/bin:/bin",
      ])
    #expect(made.status == 0, "\(made.errors)")

    let lines = (0..<2_000).map { "{\"n\":\($0)}" }.joined(separator: "\n")
    let put = try await Program.run(["put", "lines", "--data", data], input: lines)
    #expect(put.status == 0, "\(put.errors)")
    #expect(put.errors.contains("2000 records"))
    let tail = try await Program.run([
      "tail", "lines", "--data", data, "--from", "trim-horizon", "--limit", "2000",
    ])
    #expect(Set(tail.output.split(separator: "\n")) == Set(lines.split(separator: "\n")))

    let psql = try await ChildProcess.run(
      "/usr/bin/psql",
      [
        target, "-X", "-v", "ON_ERROR_STOP=0", "-c",
        "CREATE EXTERNAL SCHEMA k FROM KINESIS IAM_ROLE default", "-c",
        "CREATE MATERIALIZED VIEW v AS SELECT json_extract_path_text(kinesis_data, 'n')::int AS n FROM k.lines",
        "-c", "REFRESH MATERIALIZED VIEW v", "-c", "SELECT nothing FROM v", "-c",
        "SELECT count(*), sum(n), NULL AS u FROM v",
      ])
    #expect(psql.errors.contains("INFO:  Materialized view v was incrementally updated"))
    #expect(psql.errors.contains("LINE 1: SELECT nothing FROM v"))
    #expect(psql.output.contains("2000 | 1999000 |"), "\(psql.output) \(psql.errors)")

    let wrong = try await ChildProcess.run(
      "/usr/bin/psql",
      [
        target.replacingOccurrences(of: ":", with: ":x", options: .backwards, range: nil), "-c", "",
      ],
      environment: ["PATH": "/usr/bin:/bin"])
    #expect(wrong.status != 0)
    #expect(await engine.stop() == 0)
    let gone = try await Program.run(["url", "--data", data])
    #expect(gone.status == 1)
    #expect(gone.errors.contains("weir serve"))
  }

  @Test func `what boto3 was acknowledged is in the view once, through kill after kill`()
    async throws
  {
    let script = Program.root.appendingPathComponent(
      "Tests/CommandLineTests/Scripts/kill_and_count.py")
    let outcome = try await ChildProcess.run(
      Program.root.appendingPathComponent(".deps/python/bin/python").path,
      [script.path, Program.weir, "20000", "8"])
    #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
    #expect(outcome.output.contains("lost 0, doubled 0, unknown 0"))
  }

  @Test func `keys keep their order, and nothing is lost, through split after merge`()
    async throws
  {
    let script = Program.root.appendingPathComponent(
      "Tests/CommandLineTests/Scripts/reshard_storm.py")
    let outcome = try await ChildProcess.run(
      Program.root.appendingPathComponent(".deps/python/bin/python").path,
      [script.path, Program.weir, "40"], seconds: 300)
    #expect(outcome.status == 0, "\(outcome.output) \(outcome.errors)")
    #expect(outcome.output.contains("40 changes"))
  }

  @Test func `doctor finds a sound machine sound`() async throws {
    let directory = try TemporaryDirectory()
    let outcome = try await Program.run(["doctor", "--data", directory.file("data")])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.output.contains("ok   DuckDB v1.5.5"))
  }
}
