import ArgumentParser
import Engine
import Foundation

/// Wrong usage ends with status 2, as design and custom have it; ArgumentParser's own is 64.
@main
enum Main {
  static func main() async {
    // A reader that goes away is an error of the write that finds it gone.
    signal(SIGPIPE, SIG_IGN)
    OpenFiles.raiseLimit()
    do {
      var command = try Weir.parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      let status = Weir.exitCode(for: error)
      let message = Weir.fullMessage(for: error)
      if status == .success { exit(print(message)) }
      if !message.isEmpty { standardError(message) }
      exit(status == .validationFailure ? 2 : status.rawValue)
    }
  }

  /// Help and version.
  ///
  /// - Returns: the exit status.
  private static func print(_ message: String) -> Int32 {
    guard !message.isEmpty else { return 0 }
    do throws(OutputFailure) {
      try standardOutput(message + "\n")
      return 0
    } catch {
      if error.isReaderGone { return 0 }
      standardError("weir: \(error)")
      return 1
    }
  }
}

struct Weir: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "weir",
    abstract: "A streaming-analytics stack in one process, and a dashboard over it.",
    discussion: """
      Without a subcommand: the dashboard over the data directory. If `weir serve` holds that
      directory, the dashboard attaches to it; else the engine runs in this process.
      """,
    version: Engine.version,
    subcommands: [
      DashboardCommand.self, AttachCommand.self, DemoCommand.self, ServeCommand.self,
      SQLCommand.self, PutCommand.self, TailCommand.self, ArchiveCommand.self,
      DeadLettersCommand.self, FaultsCommand.self, URLCommand.self, DoctorCommand.self,
    ],
    defaultSubcommand: DashboardCommand.self)
}
