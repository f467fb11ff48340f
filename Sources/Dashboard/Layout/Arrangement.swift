/// How panels stand to each other: a tree of columns and rows. A row whose panels do not fit
/// beside each other puts them below each other.
indirect enum Arrangement {
  case panel(PanelID)
  case column([Arrangement], weight: Int)
  case row([Arrangement], weight: Int)

  /// Without the panels that are not in `kept`; nil if nothing is left.
  func keeping(_ kept: Set<PanelID>) -> Arrangement? {
    switch self {
    case .panel(let id): return kept.contains(id) ? self : nil
    case .column(let parts, let weight):
      let left = parts.compactMap { $0.keeping(kept) }
      return left.isEmpty ? nil : .column(left, weight: weight)
    case .row(let parts, let weight):
      let left = parts.compactMap { $0.keeping(kept) }
      return left.isEmpty ? nil : .row(left, weight: weight)
    }
  }

  var panels: [PanelID] {
    switch self {
    case .panel(let id): [id]
    case .column(let parts, _), .row(let parts, _): parts.flatMap(\.panels)
    }
  }

  private var weight: Int {
    switch self {
    case .panel: 1
    case .column(_, let weight), .row(_, let weight): weight
    }
  }

  /// The share of lines that nobody needs.
  private var growth: Int {
    switch self {
    case .panel(let id): id.spec.growth
    case .column(let parts, _), .row(let parts, _): parts.map(\.growth).max() ?? 0
    }
  }

  var minimumWidth: Int {
    switch self {
    case .panel(let id): id.spec.minimum.width
    case .column(let parts, _), .row(let parts, _): parts.map(\.minimumWidth).max() ?? 0
    }
  }

  /// The lines needed in `width` columns, where each panel needs at least `lines` of it.
  func height(in width: Int, lines: (PanelID) -> Int) -> Int {
    switch self {
    case .panel(let id): lines(id)
    case .column(let parts, _): parts.reduce(0) { $0 + $1.height(in: width, lines: lines) }
    case .row(let parts, _):
      if let widths = Self.widths(of: parts, in: width) {
        zip(parts, widths).map { $0.height(in: $1, lines: lines) }.max() ?? 0
      } else {
        parts.reduce(0) { $0 + $1.height(in: width, lines: lines) }
      }
    }
  }

  /// Gives each panel its place in `rect`: its smallest size, then up to what its content
  /// wants, then the rest by growth.
  func place(in rect: Rect, wanted: (PanelID) -> Int) -> [PanelID: Rect] {
    switch self {
    case .panel(let id): return [id: rect]
    case .column(let parts, _): return Self.stack(parts, in: rect, wanted: wanted)
    case .row(let parts, _):
      guard let widths = Self.widths(of: parts, in: rect.width) else {
        return Self.stack(parts, in: rect, wanted: wanted)
      }
      var places: [PanelID: Rect] = [:]
      var x = rect.x
      for (part, width) in zip(parts, widths) {
        let room = Rect(x: x, y: rect.y, width: width, height: rect.height)
        places.merge(part.place(in: room, wanted: wanted)) { first, _ in first }
        x += width
      }
      return places
    }
  }

  /// Widths by weight, none below its smallest; nil where they do not fit.
  private static func widths(of parts: [Arrangement], in width: Int) -> [Int]? {
    let needs = parts.map(\.minimumWidth)
    guard needs.reduce(0, +) <= width else { return nil }
    let total = max(1, parts.map(\.weight).reduce(0, +))
    var widths = zip(parts, needs).map { max($1, width * $0.weight / total) }
    var excess = widths.reduce(0, +) - width
    while excess > 0,
      let index = widths.indices.filter({ widths[$0] > needs[$0] })
        .max(by: { widths[$0] < widths[$1] })
    {
      widths[index] -= 1
      excess -= 1
    }
    if excess < 0, let last = widths.indices.last { widths[last] -= excess }
    return widths
  }

  private static func stack(
    _ parts: [Arrangement], in rect: Rect, wanted: (PanelID) -> Int
  ) -> [PanelID: Rect] {
    var heights = parts.map { $0.height(in: rect.width) { $0.spec.minimum.height } }
    let wishes = parts.map { part in
      part.height(in: rect.width) { max($0.spec.minimum.height, wanted($0)) }
    }
    var spare = rect.height - heights.reduce(0, +)
    while spare > 0,
      let index = heights.indices.filter({ heights[$0] < wishes[$0] })
        .min(by: { heights[$0] < heights[$1] })
    {
      heights[index] += 1
      spare -= 1
    }
    let total = max(1, parts.map(\.growth).reduce(0, +))
    let rest = max(0, spare)
    for (index, part) in parts.enumerated() {
      let share = rest * part.growth / total
      heights[index] += share
      spare -= share
    }
    if let index = heights.indices.first, spare > 0 { heights[index] += spare }
    var places: [PanelID: Rect] = [:]
    var y = rect.y
    for (part, height) in zip(parts, heights) {
      let room = Rect(x: rect.x, y: y, width: rect.width, height: height)
      places.merge(part.place(in: room, wanted: wanted)) { first, _ in first }
      y += height
    }
    return places
  }
}
