/// The parts of the screens. The number is the digit that focuses it.
package enum PanelID: Int, CaseIterable, Sendable {
  case shards = 1
  case views, queries, messages, throughput, latency, editor, results
}

package enum Screen: Sendable, Equatable {
  case overview, query
}

/// What the layout needs to know of a panel.
struct PanelSpec {
  var title: String
  var screen: Screen
  /// With its border.
  var minimum: Size
  /// The highest number leaves first where there is no room; 0 stays.
  var priority: Int
  /// The share of the room that no panel needs.
  var growth: Int
}

extension PanelID {
  var spec: PanelSpec {
    switch self {
    case .shards: Self.overview("Shards", 56, 7, priority: 0, growth: 2)
    case .views: Self.overview("Views", 56, 5, priority: 1, growth: 1)
    case .queries: Self.overview("Recent queries", 50, 5, priority: 2, growth: 0)
    case .messages: Self.overview("Messages", 50, 6, priority: 3, growth: 0)
    case .throughput: Self.overview("Throughput", 48, 11, priority: 4, growth: 2)
    case .latency: Self.overview("Arrival to visible", 48, 11, priority: 5, growth: 2)
    case .editor:
      PanelSpec(
        title: "SQL", screen: .query, minimum: Size(width: 40, height: 5), priority: 0,
        growth: 2)
    case .results:
      PanelSpec(
        title: "Result", screen: .query, minimum: Size(width: 40, height: 6), priority: 1,
        growth: 3)
    }
  }

  private static func overview(
    _ title: String, _ width: Int, _ height: Int, priority: Int, growth: Int
  ) -> PanelSpec {
    PanelSpec(
      title: title, screen: .overview, minimum: Size(width: width, height: height),
      priority: priority, growth: growth)
  }
}
