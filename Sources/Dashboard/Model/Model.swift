import Core
package import Telemetry

/// Everything that the screen depends on. Changed by `update` alone; drawn by `render`.
package struct Model: Sendable {
  /// Over an engine in another process, which goes on when this one quits.
  package let isRemote: Bool
  /// What `render` is to be called with: the caller holds the themes, in this order.
  package internal(set) var themeName: String
  package internal(set) var glyphs: Glyphs
  /// As of the last `.resize`.
  package internal(set) var size = Size(width: 80, height: 24)
  package internal(set) var snapshot: Snapshot?

  let themeNames: [String]
  var screen = Screen.overview
  var focus = PanelID.shards
  /// Where each screen's focus was when the other took over.
  var lastFocus: [Screen: PanelID] = [
    .query: .editor, .overview: .shards, .streams: .streamShards, .views: .viewList,
    .tiers: .tierList,
  ]
  var isZoomed = false
  var overlay: Overlay?
  /// The first row shown, by panel.
  var offsets: [PanelID: Int] = [:]

  /// When the numbers were made to stand still; the newest of those that came since.
  var isFrozen = false
  var pending: Snapshot?
  /// Why the engine cannot be reached.
  var disconnected: String?
  var trends: [String: LagTrend] = [:]
  /// The newest time that an event brought.
  var now: Timestamp?

  var editor = Editor()
  var history: History
  var run: QueryRun?
  /// The first column of the result that is shown.
  var firstColumn = 0
  var nextQuery = 1

  /// What is chosen on the streams screen, by name: it stays chosen when rows move.
  var chosenStreamName: String?
  var chosenShardID: String?
  /// The last change that was asked for there, and what came of it.
  var actionRun: ActionRun?
  var peek: Peek?

  /// What is chosen on the views screen, what is known of it, and what was done to a view last.
  var chosenViewID: String?
  var viewDetail: ViewDetail?
  var inspection: Inspection?
  var viewRun: ViewRun?
  /// Why a key did nothing, until the next one.
  var viewHint: String?

  /// What is chosen on the tiers screen, what is known of it, and what was done to it last.
  var chosenTierID: String?
  var chosenMonth: MonthNumber?
  var tierDetail = TierDetail()
  var tierInspection: TierInspection?
  var tierRun: TierRun?
  var tierHint: String?

  enum Overlay: Equatable, Sendable {
    case help(first: Int)
    /// `selected` counts from the newest.
    case history(selected: Int)
    case confirm(Change)
    case scale(ScaleDialog)
    case fault(FaultForm)
    case policy(PolicyForm)
    case peek
  }

  /// - Parameters:
  ///   - history: statements that were run before, the newest last.
  ///   - themes: the names that `t` goes through, the first shown first.
  package init(
    isRemote: Bool = false, history: [String] = [], themes: [String] = [Theme.fallback.name],
    glyphs: Glyphs = .braille
  ) {
    self.isRemote = isRemote
    self.history = History(history)
    themeNames = themes.isEmpty ? [Theme.fallback.name] : themes
    themeName = themes.first ?? Theme.fallback.name
    self.glyphs = glyphs
  }

  func offset(_ panel: PanelID) -> Int { offsets[panel] ?? 0 }

  /// Something on the screen moves by itself: `.tick` and a frame are due a few times a second.
  package var isAnimated: Bool {
    run?.isRunning == true || actionRun?.run.isRunning == true
      || (screen == .views && viewRun?.run.isRunning == true)
      || (screen == .tiers && tierRun?.run.isRunning == true)
      || (overlay == .peek && peek?.run.isRunning == true)
  }
}

/// Statements that were run, and the way back to what was being typed.
struct History: Sendable {
  /// The newest last.
  private(set) var entries: [String]
  /// Counted from the newest; nil while the draft is shown.
  private var place: Int?
  private var draft = ""
  private static let limit = 1000

  init(_ entries: [String]) {
    self.entries = Array(entries.suffix(Self.limit))
  }

  /// - Returns: false if it is the same as the last one.
  mutating func add(_ text: String) -> Bool {
    place = nil
    guard entries.last != text else { return false }
    entries.append(text)
    if entries.count > Self.limit { entries.removeFirst() }
    return true
  }

  mutating func older(than text: String) -> String? {
    var next = place.map { $0 + 1 } ?? 0
    // What stands in the editor already is no step back.
    while let entry = entry(fromNewest: next), entry == text { next += 1 }
    guard next < entries.count else { return nil }
    if place == nil { draft = text }
    place = next
    return entries[entries.count - 1 - next]
  }

  mutating func newer() -> String? {
    guard let current = place else { return nil }
    place = current == 0 ? nil : current - 1
    return current == 0 ? draft : entries[entries.count - current]
  }

  func entry(fromNewest index: Int) -> String? {
    index >= 0 && index < entries.count ? entries[entries.count - 1 - index] : nil
  }
}
