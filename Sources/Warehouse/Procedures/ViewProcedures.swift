internal import Core
internal import DuckDB

/// What is done with the records that a view could not take.
enum ViewProcedures {
  /// The procedures do not keep the warehouse alive.
  static func all(of warehouse: Warehouse) -> [Procedure] {
    [replay(warehouse), purge(warehouse), mend(warehouse), waitFor(warehouse)]
  }

  private static let view = Procedure.Parameter("view", .text)

  private static func replay(_ warehouse: Warehouse) -> Procedure {
    Procedure(
      "replay_errors", [view],
      summary: "Makes rows of a view's skipped records, as the view and the data are now"
    ) { [weak warehouse] arguments in
      let (view, warehouse) = try await find(arguments, warehouse)
      guard let refresher = await warehouse.refresher(of: view) else { throw closed }
      let outcome = try await refresher.replayDeadLetters(session: 0)
      return counts([("replayed", outcome.settled), ("left", outcome.left)])
    }
  }

  private static func purge(_ warehouse: Warehouse) -> Procedure {
    Procedure(
      "purge_errors", [view], summary: "Throws a view's skipped records away"
    ) { [weak warehouse] arguments in
      let (view, warehouse) = try await find(arguments, warehouse)
      let count = try await warehouse.queue.run { [connection = warehouse.housekeeping] in
        try connection.execute("DELETE FROM weir.dead_letter WHERE view_id = \(view.id)")
      }
      return counts([("purged", count)])
    }
  }

  private static func mend(_ warehouse: Warehouse) -> Procedure {
    Procedure(
      "mend_error", [view, .init("sequence_number", .text), .init("data", .text)],
      summary: "Gives a skipped record other data, for replay_errors to try"
    ) { [weak warehouse] arguments in
      let (view, warehouse) = try await find(arguments, warehouse)
      let sequence = arguments.text("sequence_number") ?? ""
      let data = arguments.text("data") ?? ""
      let count = try await warehouse.queue.run { [connection = warehouse.housekeeping] in
        try connection.execute(
          """
          UPDATE weir.dead_letter SET data = encode(\(literal(data))) WHERE view_id = \(view.id)
            AND sequence_number = \(literal(sequence))
          """)
      }
      guard count > 0 else {
        throw arguments.error(
          "sequence_number", "view \"\(view.name)\" skipped no record \"\(sequence)\"",
          hint: "SELECT sequence_number FROM sys_weir_dead_letters")
      }
      return counts([("mended", count)])
    }
  }

  private static func counts(_ values: [(String, Int)]) -> ProcedureOutcome {
    ProcedureOutcome(
      columns: values.map { SQLColumn(name: $0.0, type: .bigint) },
      rows: [values.map { "\($0.1)" }])
  }

  private static let closed = SQLError("57P01", "the warehouse is closing")

  /// `view` or `schema.view`.
  static func find(
    _ arguments: ProcedureArguments, _ warehouse: Warehouse?
  ) async throws -> (MaterializedView, Warehouse) {
    guard let warehouse else { throw closed }
    let text = arguments.text("view") ?? ""
    let parts = text.split(separator: ".", maxSplits: 1).map(String.init)
    let (schema, name) = parts.count == 2 ? (parts[0], parts[1]) : ("public", text)
    let view = try await warehouse.queue.run { [connection = warehouse.housekeeping] in
      try Catalog(connection: connection).view(schema: schema, name: name)
    }
    guard let view else {
      throw arguments.error("view", "there is no materialized view \"\(text)\"")
    }
    return (view, warehouse)
  }
}
