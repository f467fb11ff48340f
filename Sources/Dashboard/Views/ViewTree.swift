import Telemetry

/// What a view is made of and what is made of it, line by line.
enum ViewTree {
  struct Line: Equatable {
    enum Kind: Equatable {
      case heading
      case chosen
      case stream, table
      case view
    }

    var kind: Kind
    /// For each level above, whether its line goes on below; the last one is the line's own.
    var branches: [Bool]
    var schema: String
    var name: String
  }

  /// Chains longer than this are cut: nobody reads them, and a broken catalog may have a circle.
  private static let depthMax = 12
  private static let linesMax = 400

  static func lines(of view: ViewStatus, among views: [ViewStatus]) -> [Line] {
    var lines = [Line(kind: .chosen, branches: [], schema: view.schema, name: view.name)]
    lines.append(Line(kind: .heading, branches: [], schema: "", name: "is made of"))
    add(view.bases, to: &lines, branches: []) { base in
      guard base.kind == .view else { return [] }
      return views.first { $0.schema == base.schema && $0.name == base.name }?.bases ?? []
    }
    let readers = readers(of: view, among: views)
    let words = readers.isEmpty ? "is read by no other view" : "is read by"
    lines.append(Line(kind: .heading, branches: [], schema: "", name: words))
    add(readers.map(\.base), to: &lines, branches: []) { base in
      views.first { $0.schema == base.schema && $0.name == base.name }
        .map { self.readers(of: $0, among: views).map(\.base) } ?? []
    }
    return lines
  }

  private static func add(
    _ nodes: [ViewStatus.Base], to lines: inout [Line], branches: [Bool],
    below: (ViewStatus.Base) -> [ViewStatus.Base]
  ) {
    guard branches.count < depthMax else { return }
    for (index, node) in nodes.enumerated() where lines.count < linesMax {
      let own = branches + [index < nodes.count - 1]
      let kind: Line.Kind =
        switch node.kind {
        case .stream: .stream
        case .table: .table
        case .view: .view
        }
      lines.append(Line(kind: kind, branches: own, schema: node.schema, name: node.name))
      add(below(node), to: &lines, branches: own, below: below)
    }
  }

  private static func readers(of view: ViewStatus, among views: [ViewStatus]) -> [ViewStatus] {
    views.filter { reader in
      reader.bases.contains {
        $0.kind == .view && $0.schema == view.schema && $0.name == view.name
      }
    }
  }

  /// The other views that a cascade from `view` refreshes: all that is made of it, and all that
  /// any of those is made of.
  static func related(to view: ViewStatus, among views: [ViewStatus]) -> [ViewStatus] {
    var found: Set<String> = [view.id]
    var down = [view]
    while let next = down.popLast() {
      for reader in readers(of: next, among: views) where found.insert(reader.id).inserted {
        down.append(reader)
      }
    }
    var up = views.filter { found.contains($0.id) }
    while let next = up.popLast() {
      for base in next.bases where base.kind == .view {
        let known = views.first { $0.schema == base.schema && $0.name == base.name }
        if let known, found.insert(known.id).inserted { up.append(known) }
      }
    }
    return views.filter { found.contains($0.id) && $0.id != view.id }
  }
}

extension ViewStatus {
  fileprivate var base: Base { Base(schema: schema, name: name, kind: .view) }

  /// Without the schema that everything is in.
  var shortID: String { ViewName(self).text }
}
