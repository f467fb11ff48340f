import ArgumentParser
import Core

struct ArchiveCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "archive", abstract: "Move old rows to the archive, and look how that goes.",
    discussion: """
      Policies are made in SQL: CALL weir.create_archive_policy('sales', 'public.sales', \
      'sold_at', 15, 's3://archive/sales', 'spectrum.sales_history', 'month', 'rate(1 day)').
      """,
    subcommands: [Status.self, Run.self, Restore.self, Compact.self],
    defaultSubcommand: Status.self)

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show the policies and their newest batches (the default).")
    @Option(help: ArgumentHelp("How many batches are shown.", valueName: "n"))
    var limit = 20
    @OptionGroup var target: EngineTarget

    func validate() throws {
      guard (0...100_000).contains(limit) else {
        throw ValidationError("--limit goes from 0 to 100000")
      }
    }

    func run() async throws {
      try await target.run(
        """
        SELECT name, table_name, months_kept, archive_table, schedule, is_enabled, last_run
          FROM sys_weir_archive_policies ORDER BY name;
        SELECT batch_id, policy_name, kind, month, state, step, row_count, file_count, byte_count,
               start_time, duration / 1000000.0 AS seconds, message
          FROM sys_weir_archive_runs ORDER BY batch_id DESC LIMIT \(limit)
        """)
    }
  }

  struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Move the months that are old enough, now.")
    @Argument(help: "The policy.")
    var policy: String
    @OptionGroup var target: EngineTarget

    func run() async throws {
      try await target.run("CALL weir.archive(\(sqlLiteral(policy)))")
    }
  }

  struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Bring a month back into the table.")
    @Argument(help: "The policy.")
    var policy: String
    @Argument(help: ArgumentHelp("The month, as 2024-03.", valueName: "month"))
    var month: String
    @Option(help: ArgumentHelp("How long it stays.", valueName: "n"))
    var days: Double = 30
    @OptionGroup var target: EngineTarget

    func run() async throws {
      try await target.run(
        "CALL weir.restore_archive(\(sqlLiteral(policy)), \(sqlLiteral(month)), \(days))")
    }
  }

  struct Compact: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make one file of the many in a folder of the archive.")
    @Argument(help: "The policy.")
    var policy: String
    @OptionGroup var target: EngineTarget

    func run() async throws {
      try await target.run("CALL weir.compact_archive(\(sqlLiteral(policy)))")
    }
  }
}

/// The text as SQL's literal; nil is NULL.
func sqlLiteral(_ text: String?) -> String {
  guard let text else { return "NULL" }
  return "'" + text.replacing("'", with: "''") + "'"
}
