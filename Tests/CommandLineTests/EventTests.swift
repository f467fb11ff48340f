import Foundation
import TestSupport
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

@Suite struct EventTests {
  private static let scripts = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("Scripts").path

  private func sql(_ data: String, _ statement: String) async throws -> String {
    let outcome = try await Program.run([
      "sql", "--data", data, "--format", "csv", "-c", statement,
    ])
    #expect(outcome.status == 0, "\(outcome.errors)")
    return outcome.output
  }

  @Test func `every kind of target gets its events, and the dead-letter queue what it cannot take`()
    async throws
  {
    let directory = try TemporaryDirectory()
    let data = directory.file("data")
    let configuration = """
      functions:
        keep: { command: [/bin/sh, -c, "cat > \(directory.file("kept"))"] }
        broken: { command: [/bin/sh, -c, "echo out of order; exit 7"], timeout: 5 }
      """
    let engine = try await RunningEngine(directory: data, configuration: configuration)
    try #require(engine.readyLine.hasPrefix("ready"))
    _ = try await sql(data, "CREATE TABLE seen (what VARCHAR(200), note VARCHAR(200))")
    let script = try await ChildProcess.run(
      Program.root.appendingPathComponent(".deps/python/bin/python").path,
      [Self.scripts + "/targets.py", engine.awsPort], seconds: 120)
    #expect(script.status == 0, "\(script.errors)")
    #expect(
      await eventually(within: 30) {
        (try? await sql(data, "SELECT count(*) FROM sys_weir_event_dead_letters"))?
          .contains("2") == true
          && FileManager.default.fileExists(atPath: directory.file("kept"))
      })
    let seen = try await sql(data, "SELECT what, note FROM seen ORDER BY what")
    #expect(seen.contains(#"o'neil\/12"#) && seen.contains("second"), "\(seen)")
    #expect(seen.contains(#"'; DROP TABLE seen; --"#), "\(seen)")
    let log = try String(contentsOfFile: data + "/logs/aws.events.orders.log", encoding: .utf8)
    #expect(log.contains(#""source":"shop""#))
    let kept = try String(contentsOfFile: directory.file("kept"), encoding: .utf8)
    #expect(kept.contains(#""detail-type":"order""#))
    try await checkDeadLetters(data)
    #expect(await engine.stop() == 0)
  }

  private func checkDeadLetters(_ data: String) async throws {
    let list = try await Program.run(["dlq", "--data", data, "--format", "csv"])
    #expect(list.status == 0 && list.output.contains("ERROR_FROM_TARGET"), "\(list)")
    #expect(list.output.contains("out of order") && list.output.contains("NO_RESOURCE"))
    let rule = try await Program.run(["dlq", "list", "--rule", "none", "--data", data])
    #expect(rule.status == 0 && !rule.output.contains("NO_RESOURCE"))
    let show = try await Program.run(["dlq", "show", "1", "--data", data, "--format", "json"])
    #expect(show.status == 0 && show.output.contains("detail-type"), "\(show)")
    let missing = try await Program.run(["dlq", "redrive", "99", "--data", data])
    #expect(missing.status == 1 && missing.errors.contains("no dead letter 99"), "\(missing)")
    let redrive = try await Program.run(["dlq", "redrive", "--rule", "rest", "--data", data])
    #expect(redrive.status == 0 && redrive.output.contains("2"), "\(redrive)")
    #expect(
      await eventually(within: 30) {
        (try? await sql(data, "SELECT count(*) FROM sys_weir_event_dead_letters"))?
          .contains("2") == true
      })
    let all = try await Program.run(["dlq", "purge", "--all", "--data", data])
    #expect(all.status == 0 && all.output.contains("2"), "\(all)")
    #expect(try await Program.run(["dlq", "purge", "--data", data]).status == 2)
    let rules = try await sql(
      data, "SELECT rule_name, delivered FROM sys_weir_event_rules ORDER BY rule_name")
    #expect(rules.contains("http,1") && rules.contains("sql,1"), "\(rules)")
  }

  /// Kills at moments that nothing chooses, while events come: each that was acknowledged is in
  /// the log group at the end, or in the dead-letter queue.
  @Test func `whenever the engine is killed, no acknowledged event is lost`() async throws {
    let directory = try TemporaryDirectory()
    let data = directory.file("data")
    var acknowledged: Set<String> = []
    for round in 0..<4 {
      let engine = try await RunningEngine(directory: data)
      try #require(engine.readyLine.hasPrefix("ready"))
      if round == 0 {
        try await call(engine, "PutRule", #"{"Name":"r","EventPattern":"{\"source\":[\"s\"]}"}"#)
        try await call(
          engine, "PutTargets",
          """
          {"Rule":"r","Targets":[{"Id":"t",
           "Arn":"arn:aws:logs:us-east-1:000000000000:log-group:kept"}]}
          """)
      }
      async let killed: Void = killLater(engine, afterEvents: 20 + 17 * round)
      for number in 0..<400 {
        let entry = #"{"Source":"s","DetailType":"d","Detail":"{\"n\":\#(number)}"}"#
        let entries = Array(repeating: entry, count: 5).joined(separator: ",")
        guard
          let answer = try? await call(engine, "PutEvents", #"{"Entries":[\#(entries)]}"#)
        else { break }
        for match in answer.matches(of: #/"EventId":"([0-9a-f-]+)"/#) {
          acknowledged.insert(String(match.1))
        }
        sent.withLock { $0 += 1 }
      }
      await killed
    }
    let engine = try await RunningEngine(directory: data)
    try #require(engine.readyLine.hasPrefix("ready"))
    #expect(
      await eventually(within: 60) {
        (try? await sql(data, "SELECT count(*) FROM sys_weir_event_deliveries"))?
          .split(separator: "\n").last == "0"
      })
    let log = try String(contentsOfFile: data + "/logs/kept.log", encoding: .utf8)
    let logged = Set(log.matches(of: #/"id":"([0-9a-f-]+)"/#).map { String($0.1) })
    #expect(acknowledged.count > 100)
    #expect(acknowledged.subtracting(logged).isEmpty)
    #expect(await engine.stop() == 0)
  }

  private let sent = Locked(0)

  private func killLater(_ engine: RunningEngine, afterEvents count: Int) async {
    let before = sent.value
    _ = await eventually(within: 60) { sent.value >= before + count }
    await engine.kill()
  }

  @discardableResult
  private func call(
    _ engine: RunningEngine, _ operation: String, _ body: String
  ) async throws -> String {
    var request = URLRequest(
      url: try #require(URL(string: "http://127.0.0.1:\(engine.awsPort)/")), timeoutInterval: 20)
    request.httpMethod = "POST"
    request.setValue("application/x-amz-json-1.1", forHTTPHeaderField: "Content-Type")
    request.setValue("AWSEvents.\(operation)", forHTTPHeaderField: "X-Amz-Target")
    request.httpBody = Data(body.utf8)
    let (answer, response) = try await URLSession.shared.data(for: request)
    let text = String(decoding: answer, as: UTF8.self)
    #expect((response as? HTTPURLResponse)?.statusCode == 200, "\(text)")
    return text
  }
}
