package import Core

/// What `CALL weir.name(…)` runs. Every part of the engine may add its own to the warehouse's
/// table: `Warehouse.register(_:)`.
package struct Procedure: Sendable {
  package enum ParameterType: String, Sendable {
    case text = "varchar"
    case integer = "bigint"
    case number = "double precision"
  }

  package struct Parameter: Sendable {
    package var name: String
    package var type: ParameterType
    /// May be left out (with all behind it) or NULL.
    package var isOptional: Bool

    package init(_ name: String, _ type: ParameterType, isOptional: Bool = false) {
      self.name = name
      self.type = type
      self.isOptional = isOptional
    }
  }

  package let name: String
  package let parameters: [Parameter]
  /// What it does, in a line.
  package let summary: String
  package let body: @Sendable (ProcedureArguments) async throws -> ProcedureOutcome

  /// - Parameter body: runs off the cooperative pool's time only as long as it does not block.
  ///   Its `SQLError`s go to the client, with the place of the CALL where they name none.
  package init(
    _ name: String, _ parameters: [Parameter], summary: String,
    body: @escaping @Sendable (ProcedureArguments) async throws -> ProcedureOutcome
  ) {
    self.name = name
    self.parameters = parameters
    self.summary = summary
    self.body = body
  }

  /// `weir.split_shard(stream varchar, shard varchar [, hash_key varchar])`
  package var signature: String {
    var text = ""
    for (index, parameter) in parameters.enumerated() {
      if parameter.isOptional { text += index == 0 ? "[" : " [" }
      text += (index == 0 ? "" : ", ") + "\(parameter.name) \(parameter.type.rawValue)"
    }
    text += String(repeating: "]", count: parameters.count { $0.isOptional })
    return "weir.\(name)(\(text))"
  }
}

/// The arguments of one call, checked against the parameters.
package struct ProcedureArguments: Sendable {
  enum Value: Sendable, Equatable {
    case text(String)
    case integer(Int)
    case number(Double)
  }

  private let values: [String: Value]
  private let positions: [String: Int]
  /// Where what is said meanwhile goes.
  var listener: @Sendable (String) async throws -> Void = { _ in }

  init(values: [String: Value], positions: [String: Int]) {
    self.values = values
    self.positions = positions
  }

  /// Nil where the argument was NULL or left out, as of the others below.
  package func text(_ name: String) -> String? {
    if case .text(let text) = values[name] { text } else { nil }
  }

  package func integer(_ name: String) -> Int? {
    if case .integer(let value) = values[name] { value } else { nil }
  }

  package func number(_ name: String) -> Double? {
    if case .number(let value) = values[name] { value } else { nil }
  }

  /// Tells the client how the procedure gets on, while it runs.
  package func tell(_ message: String) async throws {
    try await listener(message)
  }

  /// An error about the argument, with its place in the text.
  package func error(_ name: String, _ message: String, hint: String? = nil) -> SQLError {
    SQLError("22023", message, hint: hint, position: positions[name])
  }
}

/// What a procedure gives back: rows, and what is to be said.
package struct ProcedureOutcome: Sendable {
  package var columns: [SQLColumn]
  /// In PostgreSQL's text form; nil is NULL.
  package var rows: [[String?]]
  package var notices: [String]

  package init(columns: [SQLColumn] = [], rows: [[String?]] = [], notices: [String] = []) {
    self.columns = columns
    self.rows = rows
    self.notices = notices
  }
}
