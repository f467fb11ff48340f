import ArgumentParser
import Engine

@main
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
      SQLCommand.self, PutCommand.self, TailCommand.self, URLCommand.self, DoctorCommand.self,
    ],
    defaultSubcommand: DashboardCommand.self)
}
