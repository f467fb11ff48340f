internal import Core
internal import RedshiftSQL
internal import Synchronization

/// The procedures that can be called, by name. All are in the schema `weir`.
final class ProcedureTable: Sendable {
  private let procedures = Mutex<[String: Procedure]>([:])

  func register(_ procedure: Procedure) {
    procedures.withLock { $0[procedure.name] = procedure }
  }

  var all: [Procedure] {
    procedures.withLock { $0.values.sorted { $0.name < $1.name } }
  }

  /// The procedure that is meant, with its arguments.
  ///
  /// - Throws: `SQLError` 42883 for one that does not exist or has other parameters, 22023 for a
  ///   value of another type; each with its place.
  func resolve(_ call: Call) throws(SQLError) -> (Procedure, ProcedureArguments) {
    let name = call.procedure.name
    let found = procedures.withLock { $0[name] }
    guard let procedure = found, call.procedure.schema ?? "weir" == "weir" else {
      let names = all.map { "weir." + $0.name }.joined(separator: ", ")
      throw SQLError(
        "42883",
        "procedure \(call.procedure.parts.map(\.name).joined(separator: "."))() does not exist",
        hint: "there are \(names)", position: call.procedure.position)
    }
    let required = procedure.parameters.count { !$0.isOptional }
    guard (required...procedure.parameters.count).contains(call.arguments.count) else {
      throw SQLError(
        "42883", "procedure weir.\(name) does not take \(call.arguments.count) arguments",
        hint: "it is \(procedure.signature)", position: call.procedure.position)
    }
    var values: [String: ProcedureArguments.Value] = [:]
    var positions: [String: Int] = [:]
    for (parameter, argument) in zip(procedure.parameters, call.arguments) {
      positions[parameter.name] = argument.position
      values[parameter.name] = try Self.value(of: argument, for: parameter)
    }
    return (procedure, ProcedureArguments(values: values, positions: positions))
  }

  private static func value(
    of argument: Call.Argument, for parameter: Procedure.Parameter
  ) throws(SQLError) -> ProcedureArguments.Value? {
    let written: String
    switch argument.value {
    case .null:
      guard parameter.isOptional else {
        throw SQLError(
          "22004", "\(parameter.name) must not be NULL", position: argument.position)
      }
      return nil
    case .string(let text): written = text
    case .number(let text): written = text
    case .boolean(let value): written = value ? "true" : "false"
    }
    switch parameter.type {
    case .text: return .text(written)
    case .integer: if let value = Int(written) { return .integer(value) }
    case .number: if let value = Double(written), value.isFinite { return .number(value) }
    }
    throw SQLError(
      "22023", "\(parameter.name) is a \(parameter.type.rawValue), not \"\(written)\"",
      position: argument.position)
  }
}

extension Warehouse {
  /// Lets users `CALL` the procedure; one of the same name is replaced.
  package func register(_ procedure: Procedure) {
    procedures.register(procedure)
  }
}

extension WarehouseSession {
  /// - Returns: rows that the procedure returned.
  func call(
    _ call: Call, asSelect isSelect: Bool = false, _ receive: @escaping Receive
  ) async throws -> Int {
    let (procedure, resolved) = try warehouse.procedures.resolve(call)
    var arguments = resolved
    arguments.listener = { try await receive(.notice(SQLNotice(severity: "INFO", message: $0))) }
    let outcome: ProcedureOutcome
    let work = Task { [arguments] in try await procedure.body(arguments) }
    do {
      outcome = try await cancelling(with: { work.cancel() }, { try await work.value })
    } catch var error as SQLError {
      error.position = error.position ?? call.procedure.position
      throw error
    }
    for notice in outcome.notices {
      try await receive(.notice(SQLNotice(severity: "NOTICE", message: notice)))
    }
    if !outcome.columns.isEmpty {
      var batch = RowBatch(columnCount: outcome.columns.count)
      for value in outcome.rows.joined() {
        if let value { batch.append(value) } else { batch.appendNull() }
      }
      try await receive(.columns(outcome.columns))
      try await receive(.rows(batch))
    }
    try await receive(.complete(tag: isSelect ? "SELECT \(outcome.rows.count)" : "CALL"))
    return outcome.rows.count
  }

  /// `SELECT weir.name(literal, …)`, alone, is a CALL that a client can make where it wants a
  /// row.
  func procedureCall(in query: Query) -> Call? {
    guard case .select(let select) = query.body, select.from.isEmpty, select.items.count == 1,
      query.commonTables.isEmpty, case .call(let call)? = select.items.first?.expression.kind,
      call.name.schema == "weir", call.name.parts.count == 2
    else { return nil }
    var arguments: [Call.Argument] = []
    for argument in call.arguments {
      guard let value = Self.literalValue(argument) else { return nil }
      arguments.append(Call.Argument(value: value, position: argument.position))
    }
    return Call(procedure: call.name, arguments: arguments)
  }

  private static func literalValue(_ value: Expression) -> Call.Value? {
    switch value.kind {
    case .null: .null
    case .boolean(let flag): .boolean(flag)
    case .number(let text): .number(text)
    case .string(let text): .string(text)
    case .unary("-", let inner):
      if case .number(let text) = inner.kind { .number("-" + text) } else { nil }
    case .cast(let inner, _, isTry: false): literalValue(inner)
    default: nil
    }
  }
}
