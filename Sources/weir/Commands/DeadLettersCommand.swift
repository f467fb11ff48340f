import ArgumentParser
import Core

struct DeadLettersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dlq", abstract: "Events that could not be delivered: the dead-letter queue.",
    discussion: """
      An event gets here after the last attempt that its target's retry policy allows, or at once \
      where another attempt cannot help. It stays, with its target, error and number of attempts, \
      until it is redriven or purged.
      """,
    subcommands: [List.self, Show.self, Redrive.self, Purge.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List dead letters, oldest first (the default).")
    @Option(help: ArgumentHelp("Only of this rule.", valueName: "name"))
    var rule: String?
    @Option(help: ArgumentHelp("The rule's bus.", valueName: "name"))
    var bus: String?
    @Option(help: ArgumentHelp("How many are shown.", valueName: "n"))
    var limit = 100
    @OptionGroup var target: EngineTarget

    func validate() throws {
      guard (0...1_000_000).contains(limit) else {
        throw ValidationError("--limit goes from 0 to 1000000")
      }
    }

    func run() async throws {
      var conditions: [String] = []
      if let rule { conditions.append("rule_name = \(sqlLiteral(rule))") }
      if let bus { conditions.append("event_bus = \(sqlLiteral(bus))") }
      let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
      try await target.run(
        """
        SELECT dead_letter_id AS id, dead_time, event_bus, rule_name, target_id, source,
               detail_type, attempts, error_code, error_message
          FROM sys_weir_event_dead_letters \(filter) ORDER BY dead_letter_id LIMIT \(limit)
        """)
    }
  }

  struct Show: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show one dead letter, with its event.")
    @Argument(help: ArgumentHelp("The dead letter's number.", valueName: "id"))
    var letter: Int
    @OptionGroup var target: EngineTarget

    func run() async throws {
      try await target.run(
        "SELECT * FROM sys_weir_event_dead_letters WHERE dead_letter_id = \(letter)")
    }
  }

  struct Redrive: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Deliver dead letters again, with all their attempts before them.")
    @OptionGroup var choice: Choice
    @OptionGroup var target: EngineTarget

    func run() async throws {
      try await target.run(
        "CALL weir.redrive_dead_letters(\(choice.arguments))", hint: "weir dlq lists them")
    }
  }

  struct Purge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Throw dead letters away.")
    @OptionGroup var choice: Choice
    @OptionGroup var target: EngineTarget

    func run() async throws {
      try await target.run(
        "CALL weir.purge_dead_letters(\(choice.arguments))", hint: "weir dlq lists them")
    }
  }

  /// One, those of a rule, or all: what is not named is not touched.
  struct Choice: ParsableArguments {
    @Argument(help: ArgumentHelp("The dead letter's number.", valueName: "id"))
    var letter: Int?
    @Option(help: ArgumentHelp("Those of this rule.", valueName: "name"))
    var rule: String?
    @Option(help: ArgumentHelp("The rule's bus: default, if none is named.", valueName: "name"))
    var bus: String?
    @Flag(help: "All of them.")
    var all = false

    func validate() throws {
      let count = [letter != nil, rule != nil, all].count { $0 }
      guard count == 1 else { throw ValidationError("name an id, --rule or --all") }
      guard bus == nil || rule != nil else { throw ValidationError("--bus goes with --rule") }
    }

    var arguments: String {
      let id = letter.map { "\($0)" } ?? "NULL"
      return "\(id), \(sqlLiteral(rule)), \(sqlLiteral(bus))"
    }
  }
}
