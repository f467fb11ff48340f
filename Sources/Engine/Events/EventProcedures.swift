internal import Core
internal import EventBus
internal import Warehouse

/// `CALL weir.redrive_dead_letters(…)` and `CALL weir.purge_dead_letters(…)`, of events that could
/// not be delivered.
enum EventProcedures {
  static func all(_ events: EventBroker) -> [Procedure] {
    [
      procedure(
        "redrive_dead_letters", "redriven",
        summary: "Gives events that could not be delivered all their attempts again"
      ) { (choice) async throws(EventBusError) in
        let (redriven, kept) = try await events.redrive(choice)
        let rest = kept == 0 ? [] : ["\(kept) stay: their targets were removed"]
        return (redriven, ["\(redriven) to be delivered again"] + rest)
      },
      procedure(
        "purge_dead_letters", "purged", summary: "Throws events that could not be delivered away"
      ) { (choice) async throws(EventBusError) in
        let purged = try await events.purge(choice)
        return (purged, ["\(purged) thrown away"])
      },
    ]
  }

  private static func procedure(
    _ name: String, _ column: String, summary: String,
    _ body: @escaping @Sendable (DeadLetterChoice) async throws(EventBusError) -> (Int, [String])
  ) -> Procedure {
    Procedure(
      name,
      [
        .init("dead_letter_id", .integer, isOptional: true),
        .init("rule", .text, isOptional: true), .init("event_bus", .text, isOptional: true),
      ], summary: summary
    ) { arguments in
      let choice: DeadLetterChoice =
        if let id = arguments.integer("dead_letter_id") {
          .id(Int64(id))
        } else if let rule = arguments.text("rule") {
          .rule(rule, bus: arguments.text("event_bus") ?? "default")
        } else {
          .all
        }
      do throws(EventBusError) {
        let (count, notices) = try await body(choice)
        if case .id(let id) = choice, count == 0, notices.count == 1 {
          throw EventBusError.notFound("there is no dead letter \(id)")
        }
        return ProcedureOutcome(
          columns: [SQLColumn(name: column, type: .bigint)], rows: [["\(count)"]],
          notices: notices)
      } catch {
        if case .notFound(let text) = error {
          throw arguments.error(
            "dead_letter_id", text, hint: "SELECT * FROM sys_weir_event_dead_letters lists them")
        }
        throw SQLError("58030", error.description)
      }
    }
  }
}
