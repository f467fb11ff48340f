internal import Core

/// `CALL weir.set_fault(…)` and `CALL weir.clear_faults(…)` over the engine's table of faults.
enum FaultProcedures {
  static func all(_ faults: FaultTable) -> [Procedure] {
    [set(faults), clear(faults)]
  }

  private static func set(_ faults: FaultTable) -> Procedure {
    Procedure(
      "set_fault",
      [
        .init("kind", .text), .init("value", .text, isOptional: true),
        .init("operation", .text, isOptional: true), .init("stream", .text, isOptional: true),
        .init("shard", .text, isOptional: true), .init("probability", .number, isOptional: true),
        .init("strikes_max", .integer, isOptional: true),
        .init("seed", .integer, isOptional: true),
      ],
      summary: "Sets a fault: latency, error, throttle or partial"
    ) { arguments in
      let rule = try rule(arguments)
      let id: Int
      do throws(FaultError) {
        id = try faults.set(rule)
      } catch {
        throw SQLError("22023", error.description)
      }
      return ProcedureOutcome(
        columns: [SQLColumn(name: "fault_id", type: .bigint)], rows: [["\(id)"]],
        notices: ["fault \(id) is set: \(rule.summary)"])
    }
  }

  private static func rule(_ arguments: ProcedureArguments) throws -> FaultRule {
    let effect: FaultRule.Effect
    do throws(FaultError) {
      effect = try FaultRule.Effect(
        kind: arguments.text("kind") ?? "", value: arguments.text("value"))
    } catch {
      throw arguments.error(
        error.isAboutKind ? "kind" : "value", error.description)
    }
    if let operation = arguments.text("operation"), !operation.isEmpty {
      do throws(FaultError) {
        try FaultRule.validate(operation: operation)
      } catch {
        throw arguments.error("operation", error.description)
      }
    }
    return FaultRule(
      operation: arguments.text("operation"), stream: arguments.text("stream"),
      shard: arguments.text("shard"), probability: arguments.number("probability") ?? 1,
      effect: effect, limit: arguments.integer("strikes_max"),
      seed: arguments.integer("seed").map { UInt64(bitPattern: Int64($0)) })
  }

  private static func clear(_ faults: FaultTable) -> Procedure {
    Procedure(
      "clear_faults", [.init("fault_id", .integer, isOptional: true)],
      summary: "Clears one fault, or all"
    ) { arguments in
      var cleared = 0
      if let id = arguments.integer("fault_id") {
        guard faults.clear(id) else {
          throw arguments.error(
            "fault_id", "there is no fault \(id)", hint: "SELECT * FROM sys_weir_faults lists them")
        }
        cleared = 1
      } else {
        cleared = faults.clearAll()
      }
      return ProcedureOutcome(
        columns: [SQLColumn(name: "cleared", type: .bigint)], rows: [["\(cleared)"]],
        notices: [cleared == 1 ? "1 fault is cleared" : "\(cleared) faults are cleared"])
    }
  }
}
