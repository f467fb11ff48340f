/// Why the engine could not start or do what it was told: one sentence for a person, which says
/// what to do.
package struct EngineError: Error, CustomStringConvertible, Equatable {
  package var description: String

  package init(_ description: String) {
    self.description = description
  }
}
