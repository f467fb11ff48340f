/// `CALL schema.procedure(arguments)`, each argument a literal.
package struct Call: Sendable, Equatable {
  package enum Value: Sendable, Equatable {
    case null
    case boolean(Bool)
    case string(String)
    /// As written, with its sign.
    case number(String)
  }

  package struct Argument: Sendable, Equatable {
    package var value: Value
    /// In Unicode scalars from the start of the text, from 1.
    package var position: Int

    package init(value: Value, position: Int) {
      self.value = value
      self.position = position
    }
  }

  package var procedure: ObjectName
  package var arguments: [Argument]

  package init(procedure: ObjectName, arguments: [Argument]) {
    self.procedure = procedure
    self.arguments = arguments
  }
}
