import ArgumentParser
import Core
import Engine
import PostgresClient

/// Which engine is meant.
struct EngineTarget: ParsableArguments {
  @Option(
    help: ArgumentHelp("A connection string, instead of a data directory.", valueName: "url"))
  var connect: String?
  @Option(help: "How results are printed.")
  var format: SQLCommand.Format = .table
  @OptionGroup var options: DataOptions

  func validate() throws { try validateSQLAddress(connect) }

  /// Runs the statement in the running engine and prints what it returns.
  ///
  /// - Parameter hint: in place of the engine's, which is for those who write SQL.
  func run(_ sql: String, hint: String? = nil) async throws {
    try await reportingFailure {
      // An engine of this process would end, and its faults with it, before it had a client.
      let session = try await RemoteSession.connect(try connect ?? options.running().sqlURL)
      let runner = ScriptRunner(session: session, format: format, timeout: nil) { error in
        var error = error
        if let hint, error.hint != nil { error.hint = hint }
        return "weir: " + describe(error)
      }
      let hasSucceeded = try await runner.run(sql)
      await session.close()
      guard hasSucceeded else { throw ExitCode.failure }
    }
  }
}
