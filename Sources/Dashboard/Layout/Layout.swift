/// Where everything stands on a screen of some size.
struct Layout {
  static let smallest = Size(width: 60, height: 16)
  /// From this size on graphs stand beside the tables.
  private static let wide = Size(width: 150, height: 34)

  var header: Rect
  var footer: Rect
  /// The visible panels, from the top left.
  var panels: [(id: PanelID, rect: Rect)]

  static func fits(_ size: Size) -> Bool {
    size.width >= smallest.width && size.height >= smallest.height
  }

  func rect(of id: PanelID) -> Rect? {
    panels.first { $0.id == id }?.rect
  }

  /// - Parameters:
  ///   - zoomed: this panel alone.
  ///   - wanted: the lines, with the border, that would show all of a panel's content.
  init(screen: Screen, size: Size, zoomed: PanelID?, wanted: (PanelID) -> Int) {
    header = Rect(x: 0, y: 0, width: size.width, height: min(1, size.height))
    footer = Rect(x: 0, y: size.height - 1, width: size.width, height: 1)
    let body = Rect(x: 0, y: 1, width: size.width, height: size.height - 2)
    if let zoomed {
      panels = [(zoomed, body)]
      return
    }
    let arrangement = Self.fitting(Self.arrangement(screen, size), in: body)
    let places = arrangement?.place(in: body, wanted: wanted) ?? [:]
    panels = (arrangement?.panels ?? []).compactMap { id in places[id].map { (id, $0) } }
  }

  private static func arrangement(_ screen: Screen, _ size: Size) -> Arrangement {
    let below = Arrangement.row([.panel(.queries), .panel(.messages)], weight: 1)
    switch screen {
    case .query: return .column([.panel(.editor), .panel(.results)], weight: 1)
    case .streams:
      let below = Arrangement.row([.panel(.readers), .panel(.changes)], weight: 1)
      return .column([.panel(.streams), .panel(.streamShards), below], weight: 1)
    case .views where size.width >= 110:
      let left = Arrangement.column([.panel(.viewTree), .panel(.viewDefinition)], weight: 2)
      let right = Arrangement.column(
        [.panel(.viewLag), .panel(.viewRefreshes), .panel(.viewErrors)], weight: 3)
      return .column([.panel(.viewList), .row([left, right], weight: 1)], weight: 1)
    case .views:
      let middle = Arrangement.row([.panel(.viewTree), .panel(.viewLag)], weight: 1)
      return .column(
        [
          .panel(.viewList), middle, .panel(.viewRefreshes), .panel(.viewErrors),
          .panel(.viewDefinition),
        ], weight: 1)
    case .tiers where size.width >= 110:
      let left = Arrangement.column([.panel(.tierCalendar), .panel(.tierFiles)], weight: 1)
      let right = Arrangement.column([.panel(.archiveRuns), .panel(.tierPolicy)], weight: 1)
      return .column([.panel(.tierList), .row([left, right], weight: 1)], weight: 1)
    case .tiers:
      return .column(
        [.tierList, .tierCalendar, .archiveRuns, .tierPolicy, .tierFiles].map { .panel($0) },
        weight: 1)
    case .overview where size.width >= wide.width && size.height >= wide.height:
      let tables = Arrangement.column([.panel(.shards), .panel(.views)], weight: 2)
      let graphs = Arrangement.column([.panel(.throughput), .panel(.latency)], weight: 1)
      return .column([.row([tables, graphs], weight: 1), below], weight: 1)
    case .overview:
      let graphs = Arrangement.row([.panel(.throughput), .panel(.latency)], weight: 1)
      return .column([graphs, .panel(.shards), .panel(.views), below], weight: 1)
    }
  }

  /// Leaves out the panels of the lowest rank until the rest has its smallest size.
  private static func fitting(_ whole: Arrangement, in body: Rect) -> Arrangement? {
    var kept = whole.panels.sorted { $0.spec.priority < $1.spec.priority }
    while let left = whole.keeping(Set(kept)), kept.count > 1,
      left.height(in: body.width, lines: { $0.spec.minimum.height }) > body.height
        || left.minimumWidth > body.width
    {
      kept.removeLast()
    }
    return whole.keeping(Set(kept))
  }
}
