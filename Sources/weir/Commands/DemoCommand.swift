import ArgumentParser
import Core
import Dashboard
import Engine
import Foundation
import Logging
import Telemetry
import Terminal
import Warehouse

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Play a whole scenario in a fresh temporary directory.",
    discussion: """
      In a terminal: the live dashboard. With --headless no terminal is needed: the demo runs \
      for --seconds, prints the last frame and a report computed from the data, and ends with \
      status 1 if a check fails.
      """)

  @Flag(help: "Run without a terminal, and print the last frame and a report.")
  var headless = false
  @Option(help: ArgumentHelp("How long to produce.", valueName: "n"))
  var seconds = 15
  @Option(help: ArgumentHelp("A scenario's name in Demo/, or a file.", valueName: "name"))
  var scenario = "retail-orders"
  @Option(help: ArgumentHelp("How long views may take to catch up at the end.", valueName: "n"))
  var settle = 30
  @Option(help: "The producers' seed, instead of the scenario's.")
  var seed: UInt64?
  @Option(help: ArgumentHelp("The frame's columns and rows.", valueName: "WxH"))
  var size = "120x40"
  @Option(help: "text, ansi, svg, cast or json.")
  var format: OutputFormat = .text
  @Option(
    help: ArgumentHelp("Write the frame here instead of to standard output.", valueName: "file"))
  var output: String?
  @Option(help: "The screen of the frame: overview, streams, views or tiers.")
  var screen: FrameScreen = .overview
  @Option(help: ArgumentHelp("The theme of the frame.", valueName: "name"))
  var theme = Theme.fallback.name

  func validate() throws {
    guard frameSize != nil else {
      throw ValidationError("--size must be columns x rows, like 120x40 (at most 1000x500)")
    }
    guard (1...86_400).contains(seconds) else {
      throw ValidationError("--seconds must be 1 to 86400")
    }
  }

  private var frameSize: Size? {
    let parts = size.split(separator: "x").compactMap { Int($0) }
    guard parts.count == 2, (1...1_000).contains(parts[0]), (1...500).contains(parts[1]) else {
      return nil
    }
    return Size(width: parts[0], height: parts[1])
  }

  func run() async throws {
    try await reportingFailure {
      try checkOutput()
      // The live screen has the signals; it ends the demo in order, too.
      if headless { try await endingOnSignals { try await play() } } else { try await play() }
    }
  }

  /// A report that cannot be written is no use at the end of the run.
  private func checkOutput() throws {
    guard let output else { return }
    var isDirectory: ObjCBool = false
    let exists = FileManager.default.fileExists(atPath: output, isDirectory: &isDirectory)
    if isDirectory.boolValue {
      throw EngineError("cannot write \(output): \(systemReason(code: EISDIR))")
    }
    let folder = URL(fileURLWithPath: output).deletingLastPathComponent().path
    guard access(exists ? output : folder, W_OK) == 0 else {
      throw EngineError("cannot write \(output): \(systemReason(code: errno))")
    }
  }

  private func play() async throws {
    let scenario = try Scenario.load(try path(of: scenario))
    let postgres = try await ScenarioPostgres.start(for: scenario)
    do {
      try await play(scenario, beside: postgres)
    } catch {
      await postgres?.end()
      throw error
    }
    await postgres?.end()
  }

  private func play(_ scenario: Scenario, beside postgres: ScenarioPostgres?) async throws {
    let directory =
      FileManager.default.temporaryDirectory.path + "/weir-demo-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: directory) }
    var configuration = EngineConfiguration(dataDirectory: directory)
    configuration.awsPort = 0
    configuration.sqlPort = 0
    configuration.metricsPort = 0
    postgres?.configure(&configuration)
    let engine = try await Engine.open(configuration, logger: makeLogger(level: .error))
    let passed = Outcome()
    try await withRunning(engine) { address in
      let runner = try ScenarioRunner(scenario, on: engine, address: address, seed: seed)
      try await runner.prepare()
      if headless {
        passed.set(try await playHeadless(runner, on: engine))
      } else {
        try await playLive(runner, on: engine)
      }
    }
    if !passed.value { throw ExitCode.failure }
  }

  private func path(of name: String) throws -> String {
    if name.hasSuffix(".yaml") || name.contains("/") { return name }
    guard let folder = Resources.folders(named: "Demo").first else {
      throw EngineError("the folder Demo is missing; set WEIR_HOME to where Weir's files are")
    }
    let file = "\(folder)/\(name).yaml"
    guard FileManager.default.fileExists(atPath: file) else {
      let known = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
        .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
      throw EngineError(
        "there is no scenario '\(name)'; known are: \(known.joined(separator: ", "))")
    }
    return file
  }

  // MARK: Live

  private func playLive(_ runner: ScenarioRunner, on engine: Engine) async throws {
    let producing = Task { await runner.produce() }
    defer { producing.cancel() }
    let sessions = try await DashboardSessions.local(engine)
    var program = DashboardProgram(
      sessions: sessions, snapshots: events(of: engine), isRemote: false)
    program.suggestions = runner.scenario.queries
    program.keepsHistory = false
    try await program.run()
    await sessions.close()
    producing.cancel()
    await producing.value
  }

  // MARK: Headless

  /// - Returns: whether every check passed.
  private func playHeadless(_ runner: ScenarioRunner, on engine: Engine) async throws -> Bool {
    let size = frameSize ?? Size(width: 120, height: 40)
    let library = ThemeLibrary.load()
    let sessions = try await DashboardSessions.local(engine)
    let director = HeadlessDirector(
      size: size, theme: library.theme(named: theme), themes: library.names, screen: screen,
      session: sessions.inspection)
    let recording = Task {
      for await snapshot in engine.snapshots() { await director.take(snapshot) }
    }
    let producing = Task { await runner.produce() }
    defer {
      recording.cancel()
      producing.cancel()
    }
    try await Task.sleep(for: .seconds(seconds))
    producing.cancel()
    await producing.value
    let live = director.newest
    recording.cancel()
    await recording.value
    if let live { await director.take(live) }
    let account = try await runner.settle(within: Double(settle))
    await sessions.close()
    let frames = director.frames
    try write(format.render(frames, title: "weir demo: \(runner.scenario.name)"))
    try printReport(account, of: runner.scenario, live: live)
    return account.passed
  }

  private func write(_ text: String) throws {
    guard let output else { return try standardOutput(bytes: Array(text.utf8)) }
    do {
      try Data(text.utf8).write(to: URL(fileURLWithPath: output))
    } catch {
      throw EngineError("cannot write \(output): \(systemReason(of: error))")
    }
  }

  /// On standard output beside a text frame; on standard error where the frame is a document.
  private func printReport(
    _ account: ScenarioRunner.Account, of scenario: Scenario, live: Snapshot?
  ) throws {
    var lines = ["", "scenario \(scenario.name): \(scenario.description)"]
    lines.append("records produced: \(account.produced) in \(seconds) s")
    if let view = live?.views.max(by: { ($0.latencyP99 ?? 0) < ($1.latencyP99 ?? 0) }),
      let p50 = view.latencyP50, let p99 = view.latencyP99
    {
      lines.append(
        "arrival to visible, slowest view (\(view.name)): "
          + "p50 \(Int(p50 * 1_000)) ms, p99 \(Int(p99 * 1_000)) ms")
    }
    for check in account.checks {
      let verdict = check.passed ? "ok  " : "FAIL"
      lines.append("\(verdict) \(check.name): \(check.found) (expected \(check.expected))")
    }
    lines.append("records lost: \(account.lost), duplicated: \(account.duplicated)")
    let text = lines.joined(separator: "\n")
    if output != nil || format == .text || format == .ansi {
      try standardOutput(text + "\n")
    } else {
      standardError(text)
    }
  }
}

/// The screens that a frame without a terminal can show.
enum FrameScreen: String, ExpressibleByArgument, CaseIterable {
  case overview, streams, views, tiers
}

extension OutputFormat: ExpressibleByArgument {}
