import ArgumentParser
import Core

struct FaultsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "faults", abstract: "Make requests to streams fail on purpose.",
    discussion: """
      Faults are of the running engine: they are set at once, without a restart, and are gone with \
      it. The same seed and the same requests give the same faults.
      """,
    subcommands: [List.self, Set.self, Clear.self], defaultSubcommand: List.self)

  struct List: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the faults that are set, and what they did (the default).")
    @OptionGroup var target: EngineTarget

    func run() async throws {
      try await target.run("SELECT * FROM sys_weir_faults ORDER BY fault_id")
    }
  }

  struct Set: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Set a fault.",
      discussion: """
        weir faults set latency 250ms            every request waits for 250 ms
        weir faults set latency 0.1s..2s --operation GetRecords
        weir faults set error InternalFailure --operation PutRecord --probability 0.1
        weir faults set throttle --stream orders --shard shardId-000000000003
        weir faults set partial 0.3 --stream orders --max-strikes 20
        """)

    @Argument(help: "latency, error, throttle or partial.")
    var kind: String
    @Argument(
      help: """
        Of latency a duration or a range, of error the type of the error, of partial the share of \
        a PutRecords' records.
        """)
    var value: String?
    @Option(help: ArgumentHelp("Only this operation: PutRecords, GetRecords, …", valueName: "name"))
    var operation: String?
    @Option(help: ArgumentHelp("Only this stream.", valueName: "name"))
    var stream: String?
    @Option(help: ArgumentHelp("Only this shard.", valueName: "id"))
    var shard: String?
    @Option(help: ArgumentHelp("The share of the requests that is struck.", valueName: "0…1"))
    var probability: Double = 1
    @Option(help: ArgumentHelp("Do nothing more after this many strikes.", valueName: "n"))
    var maxStrikes: Int?
    @Option(help: ArgumentHelp("Where the rule's random draws start.", valueName: "n"))
    var seed: Int?
    @OptionGroup var target: EngineTarget

    func validate() throws {
      do throws(FaultError) {
        let effect = try FaultRule.Effect(kind: kind, value: value)
        try FaultRule(
          operation: operation, stream: stream, shard: shard, probability: probability,
          effect: effect, limit: maxStrikes
        ).validate()
      } catch {
        throw ValidationError(error.description)
      }
    }

    func run() async throws {
      let arguments = [
        sqlLiteral(kind), sqlLiteral(value), sqlLiteral(operation), sqlLiteral(stream),
        sqlLiteral(shard),
        "\(probability)", maxStrikes.map { "\($0)" } ?? "NULL", seed.map { "\($0)" } ?? "NULL",
      ]
      try await target.run("CALL weir.set_fault(\(arguments.joined(separator: ", ")))")
    }
  }

  struct Clear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Clear one fault, or all of them.")
    @Argument(help: ArgumentHelp("The fault's number; all if none is given.", valueName: "id"))
    var fault: Int?
    @OptionGroup var target: EngineTarget

    func run() async throws {
      try await target.run(
        "CALL weir.clear_faults(\(fault.map { "\($0)" } ?? ""))",
        hint: "weir faults lists those that are set")
    }
  }
}
