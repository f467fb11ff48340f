/// The parts of the screens, in the order in which Tab goes through them.
package enum PanelID: Int, CaseIterable, Sendable {
  case shards = 1
  case views, queries, messages, throughput, latency, editor, results
  case streams, streamShards, readers, changes
  case viewList, viewTree, viewDefinition, viewLag, viewRefreshes, viewErrors
  case tierList, tierCalendar, archiveRuns, tierPolicy, tierFiles

  /// The key that focuses it, from any screen; nil where there is none.
  var digit: Character? {
    switch rawValue {
    case ...9: Character("\(rawValue)")
    case 10: "0"
    default: nil
    }
  }
}

package enum Screen: Sendable, Equatable {
  case overview, streams, views, tiers, query
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
    case .streams: Self.stream("Streams", 56, 5, priority: 1, growth: 0)
    case .streamShards: Self.stream("Shards", 56, 9, priority: 0, growth: 3)
    case .readers: Self.stream("Readers", 56, 5, priority: 2, growth: 0)
    case .changes: Self.stream("Faults and changes", 48, 5, priority: 3, growth: 0)
    case .viewList: Self.view("Materialized views", 56, 8, priority: 0, growth: 0)
    case .viewRefreshes: Self.view("Refreshes", 54, 5, priority: 1, growth: 2)
    case .viewLag: Self.view("Lag", 40, 6, priority: 2, growth: 1)
    case .viewTree: Self.view("Dependencies", 36, 6, priority: 3, growth: 0)
    case .viewDefinition: Self.view("Definition", 36, 6, priority: 4, growth: 2)
    case .viewErrors: Self.view("Skipped records", 48, 5, priority: 5, growth: 1)
    case .tierList: Self.tier("Tiers", 56, 8, priority: 0, growth: 0)
    case .tierCalendar: Self.tier("Months", 40, 7, priority: 1, growth: 1)
    case .archiveRuns: Self.tier("Archive runs", 50, 6, priority: 2, growth: 2)
    case .tierPolicy: Self.tier("Policy", 40, 8, priority: 3, growth: 0)
    case .tierFiles: Self.tier("Partitions and files", 40, 5, priority: 4, growth: 1)
    }
  }

  private static func tier(
    _ title: String, _ width: Int, _ height: Int, priority: Int, growth: Int
  ) -> PanelSpec {
    PanelSpec(
      title: title, screen: .tiers, minimum: Size(width: width, height: height),
      priority: priority, growth: growth)
  }

  private static func view(
    _ title: String, _ width: Int, _ height: Int, priority: Int, growth: Int
  ) -> PanelSpec {
    PanelSpec(
      title: title, screen: .views, minimum: Size(width: width, height: height),
      priority: priority, growth: growth)
  }

  private static func stream(
    _ title: String, _ width: Int, _ height: Int, priority: Int, growth: Int
  ) -> PanelSpec {
    PanelSpec(
      title: title, screen: .streams, minimum: Size(width: width, height: height),
      priority: priority, growth: growth)
  }

  private static func overview(
    _ title: String, _ width: Int, _ height: Int, priority: Int, growth: Int
  ) -> PanelSpec {
    PanelSpec(
      title: title, screen: .overview, minimum: Size(width: width, height: height),
      priority: priority, growth: growth)
  }
}
