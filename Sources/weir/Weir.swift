import ArgumentParser
import Engine
import Foundation

/// Wrong usage ends with status 2, as design and custom have it; ArgumentParser's own is 64.
@main
enum Main {
  static func main() async {
    do {
      var command = try Weir.parseAsRoot()
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
    } catch {
      let status = Weir.exitCode(for: error)
      guard status == .validationFailure else { Weir.exit(withError: error) }
      standardError(Weir.fullMessage(for: error))
      exit(2)
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
      SQLCommand.self, PutCommand.self, TailCommand.self, FaultsCommand.self, URLCommand.self,
      DoctorCommand.self,
    ],
    defaultSubcommand: DashboardCommand.self)
}
