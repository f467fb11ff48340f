import Foundation
import TestSupport
import Testing

/// What a person is told when something is wrong: one line, in words, with what to do.
@Suite struct FailureTests {
  private func expect(
    _ arguments: [String], status: Int32 = 1, says text: String,
    at location: SourceLocation = #_sourceLocation
  ) async throws {
    let outcome = try await Program.run(arguments)
    #expect(outcome.status == status, sourceLocation: location)
    #expect(outcome.errors == "weir: \(text)\n", sourceLocation: location)
  }

  @Test func `a configuration of the wrong type is named by line and key`() async throws {
    let directory = try TemporaryDirectory()
    let file = directory.file("weir.yaml")
    try "# ports\naws_port: high\n".write(toFile: file, atomically: true, encoding: .utf8)
    try await expect(
      ["serve", "--config", file, "--data", directory.file("data")],
      says: "\(file):2: aws_port: expected a whole number from 0 to 65535, found 'high'")
  }

  @Test func `a folder is no file to put`() async throws {
    let directory = try TemporaryDirectory()
    let folder = directory.file("")
    try await expect(
      ["put", "p", folder, "--endpoint", "http://127.0.0.1:1"],
      says: "cannot read \(folder): Is a directory")
  }

  @Test func `ports that are taken or given twice are named with their options`() async throws {
    let directory = try TemporaryDirectory()
    let engine = try await RunningEngine(directory: directory.file("first"))
    for option in ["aws", "sql", "metrics"] {
      var arguments = ["serve", "--data", directory.file("second")]
      for each in ["aws", "sql", "metrics"] {
        arguments += ["--\(each)-port", each == option ? engine.awsPort : "0"]
      }
      try await expect(
        arguments,
        says: "port \(engine.awsPort) (--\(option)-port) is in use; stop what listens there, or "
          + "choose another: weir serve --\(option)-port N, WEIR_\(option.uppercased())_PORT=N or "
          + "\(option)_port in weir.yaml; 0 picks a free one")
    }
    #expect(await engine.stop() == 0)
    try await expect(
      [
        "serve", "--data", directory.file("second"), "--aws-port", engine.awsPort, "--sql-port",
        engine.awsPort, "--metrics-port", "0",
      ],
      says: "--aws-port and --sql-port are both \(engine.awsPort); give each a port of its own "
        + "(0 picks a free one)")
  }

  @Test(arguments: ["foo", "http://127.0.0.1:4566", "postgresql://[::1"])
  func `what is no address of SQL is told what one looks like`(_ text: String) async throws {
    for arguments in [["attach", text], ["sql", "-c", "SELECT 1", "--connect", text]] {
      let outcome = try await Program.run(arguments)
      #expect(outcome.status == 2)
      #expect(outcome.errors.contains("'\(text)' is not the address of an SQL port"))
      #expect(outcome.errors.contains("postgresql://weir:PASSWORD@127.0.0.1:5439/dev"))
    }
  }

  @Test func `the screen's commands without a terminal name what runs without one`() async throws {
    let directory = try TemporaryDirectory()
    let engine = try await RunningEngine(directory: directory.file("data"))
    for command in [[], ["attach"]] as [[String]] {
      try await expect(
        command + ["--data", engine.directory],
        says: "standard input is not a terminal; weir demo --headless runs without one")
    }
    #expect(await engine.stop() == 0)
  }

  @Test func `a demo whose output cannot be written does not begin`() async throws {
    let begin = ContinuousClock.now
    try await expect(
      ["demo", "--headless", "--seconds", "60", "--output", "/nope/x"],
      says: "cannot write /nope/x: No such file or directory")
    #expect(ContinuousClock.now - begin < .seconds(50))
  }

  @Test(arguments: [
    "--help", "sql --data \"$1\" -c 'SELECT 1'", "sql --data \"$1\" --format csv -c 'SELECT 1'",
    "doctor --data \"$1\"",
  ])
  func `output that is not taken is an error`(_ command: String) async throws {
    let directory = try TemporaryDirectory()
    let outcome = try await ChildProcess.run(
      "/bin/sh",
      ["-c", "weir=$0; \"$weir\" \(command) > /dev/full", Program.weir, directory.file("data")])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors == "weir: cannot write to standard output: No space left on device\n")
  }

  @Test func `put says at once that an endpoint is dead, and gives up in the end`() async throws {
    let outcome = try await Program.run(
      ["put", "p", "--endpoint", "http://127.0.0.1:1"], input: "a\n")
    let reason = "http://127.0.0.1:1 does not answer: nothing listens there"
    #expect(outcome.status == 1)
    #expect(outcome.errors.hasPrefix("weir: \(reason); trying again\n"))
    #expect(outcome.errors.hasSuffix("weir: \(reason); gave up after 8 tries\n"))
  }

  @Test(arguments: [(SIGTERM, Int32(143)), (SIGINT, Int32(130))])
  func `a headless demo that is ended removes its directory`(
    _ signal: Int32, _ status: Int32
  ) async throws {
    let directory = try TemporaryDirectory()
    let folder = directory.file("tmp")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    @Sendable func left() -> [String] {
      (try? FileManager.default.contentsOfDirectory(atPath: folder))?
        .filter { $0.hasPrefix("weir-demo-") } ?? []
    }
    let demo = try ChildProcess(
      Program.weir, ["demo", "--headless", "--seconds", "120"],
      environment: ["PATH": "/usr/bin:/bin", "TMPDIR": folder])
    let isRunning = await eventually(within: 60) {
      left().contains { FileManager.default.fileExists(atPath: "\(folder)/\($0)/engine.json") }
    }
    #expect(isRunning)
    demo.signal(signal)
    let ended = await demo.wait()
    #expect(ended == status)
    #expect(left() == [])
  }
}
