import ArgumentParser
import Core
import Engine
import Foundation
import PostgresClient
import Warehouse

struct SQLCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sql", abstract: "Run SQL statements.",
    discussion: """
      With neither -c nor -f: an interactive prompt, or the statements on standard input. Uses \
      the engine that holds the data directory; if none does, one in this process.
      """)

  enum Format: String, ExpressibleByArgument, CaseIterable { case table, csv, json }

  @Option(name: [.customShort("c"), .long], help: "Statements to run.")
  var command: String?
  @Option(name: [.customShort("f"), .long], help: "A file of statements to run.")
  var file: String?
  @Option(help: ArgumentHelp("A connection string, instead of a data directory.", valueName: "url"))
  var connect: String?
  @Option(help: "How results are printed.")
  var format: Format = .table
  @Option(help: ArgumentHelp("Cancel a text's statements after this many seconds.", valueName: "s"))
  var timeout: Double?
  @OptionGroup var options: DataOptions

  func validate() throws {
    if command != nil, file != nil { throw ValidationError("give -c or -f, not both") }
    try validateSQLAddress(connect)
    if let timeout, timeout <= 0 { throw ValidationError("--timeout must be more than 0") }
  }

  func run() async throws {
    try await reportingFailure {
      try await withSession(options, connect: connect) { session in
        let runner = ScriptRunner(session: session, format: format, timeout: timeout)
        if let text = try scriptText() {
          guard try await runner.run(text) else { throw ExitCode.failure }
        } else {
          try await SQLPrompt(runner: runner).run()
        }
      }
    }
  }

  private func scriptText() throws -> String? {
    if let command { return command }
    if file == nil, isTerminal(0) { return nil }
    var input =
      try file.map { try LineReader(path: $0) }
      ?? LineReader(.standardInput, name: "standard input")
    return String(decoding: try input.rest(), as: UTF8.self)
  }
}

/// Calls `body` with a session: of the given server, of the engine that holds the directory, or
/// of an engine in this process for as long as `body` runs.
func withSession(
  _ options: DataOptions, connect: String?,
  _ body: (any SQLSession) async throws -> Void
) async throws {
  if let url = connect ?? DataDirectory.running(in: options.directory)?.sqlURL {
    let session = try await RemoteSession.connect(url)
    try await closing(session, body)
    return
  }
  var configuration = EngineConfiguration(dataDirectory: options.directory)
  configuration.awsPort = 0
  configuration.sqlPort = 0
  configuration.metricsPort = nil
  let engine = try await Engine.open(configuration, logger: makeLogger())
  do {
    try await engine.warehouse.start()
    try await closing(try engine.warehouse.makeSession(user: EngineAddress.user), body)
  } catch {
    await engine.close()
    throw error
  }
  await engine.close()
}

private func closing(
  _ session: any SQLSession, _ body: (any SQLSession) async throws -> Void
) async throws {
  do {
    try await body(session)
  } catch {
    await session.close()
    throw error
  }
  await session.close()
}
