internal import RedshiftSQL

extension ExternalReferences {
  /// `spectrum.sales.qty` → `sales.qty`: a place has the table's name only.
  func withoutSchema(_ value: Expression) -> Expression? {
    switch value.kind {
    case .column(let parts) where parts.count > 2 && isTable(parts):
      Expression(.column(Array(parts.dropFirst())), position: value.position)
    case .star(let qualifier, let exclude) where qualifier.count > 1 && isTable(qualifier):
      Expression(
        .star(qualifier: Array(qualifier.dropFirst()), exclude: exclude), position: value.position)
    default: nil
    }
  }

  private func isTable(_ parts: [Identifier]) -> Bool {
    names.databases[parts[0].name] != nil
  }
}
