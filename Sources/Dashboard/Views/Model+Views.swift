import Core
import Telemetry

/// What a key of the views screen asks for.
enum ViewCommand: Equatable, Sendable {
  case refresh, cascade, auto, replay, purge, cancel, definition
}

// What is chosen on the views screen, and what is done to it.
extension Model {
  /// The first view until another is chosen.
  var chosenView: ViewStatus? {
    let views = snapshot?.views ?? []
    return views.first { $0.id == chosenViewID } ?? views.first
  }

  var chosenViewRow: Int { snapshot?.views.firstIndex { $0.id == chosenView?.id } ?? 0 }

  mutating func chooseView(_ move: Move, by lines: Int) {
    let views = snapshot?.views ?? []
    guard !views.isEmpty else { return }
    var row = chosenViewRow
    for _ in 0..<max(1, lines) {
      row = Self.moved(row, move, page: page(.viewList), last: views.count - 1)
    }
    chooseView(row: row)
  }

  private mutating func chooseView(row: Int) {
    let views = snapshot?.views ?? []
    guard views.indices.contains(row), views[row].id != chosenView?.id else { return }
    chosenViewID = views[row].id
    for panel in [PanelID.viewTree, .viewDefinition, .viewRefreshes, .viewErrors] {
      offsets[panel] = 0
    }
  }

  /// - Parameter line: of the panel, its border being the first.
  mutating func chooseView(at line: Int) {
    if line >= 2 { chooseView(row: line - 2 + firstViewRow) }
  }

  /// The first row of the list, so that the chosen one is in sight.
  var firstViewRow: Int {
    let visible = page(.viewList)
    return max(0, min(chosenViewRow - visible / 2, rowCount(.viewList) - visible))
  }

  /// Chooses the view that most others belong to: of a picture of the screen, the one that tells
  /// most.
  package mutating func chooseMostRelatedView() {
    let views = snapshot?.views ?? []
    let counts = views.map { ViewTree.lines(of: $0, among: views).count }
    guard let most = counts.max(), let row = counts.firstIndex(of: most) else { return }
    chooseView(row: row)
  }

  // MARK: Asking for detail

  /// Asks for what the screen shows of the chosen view and does not know, one thing at a time: a
  /// key that is held down does not leave a queue behind.
  mutating func inspect() -> [Effect] {
    guard screen == .views, Layout.fits(size), inspection == nil, disconnected == nil,
      let view = chosenView, let now = pending?.takenAt ?? snapshot?.takenAt
    else { return [] }
    if viewDetail?.view != ViewName(view) || viewDetail?.objectID != view.objectID {
      viewDetail = ViewDetail(view)
    }
    let layout = layout(size)
    let due = ViewDetail.Part.allCases.first {
      layout.rect(of: $0.panel) != nil && viewDetail?.isDue($0, view, at: now) == true
    }
    guard let part = due else { return [] }
    viewDetail?.noteAsked(part, view, at: now)
    let run = QueryRun(id: nextQuery, text: part.sql(ViewName(view)), startedAt: self.now)
    nextQuery += 1
    inspection = Inspection(part: part, view: ViewName(view), run: run)
    return [.runQuery(id: run.id, text: run.text, lane: .inspection)]
  }

  /// An answer that is in goes to the view that it was asked for, if that is still shown.
  mutating func settleInspection() {
    guard let inspection, !inspection.run.isRunning else { return }
    self.inspection = nil
    guard viewDetail?.view == inspection.view else { return }
    viewDetail?.take(inspection.part, inspection.run)
    clampOffsets()
  }

  // MARK: Doing

  mutating func perform(_ command: ViewCommand) -> [Effect] {
    viewHint = nil
    if command == .cancel { return cancelViewRun() }
    guard let view = chosenView else { return [] }
    if command == .definition {
      setFocus(.viewDefinition)
      if layout(size).rect(of: .viewDefinition) == nil { isZoomed = true }
      return []
    }
    if let running = viewRun, running.run.isRunning {
      viewHint = "not now: \(running.action.doing)"
      return []
    }
    let name = ViewName(view)
    switch command {
    case .refresh: return start(.refresh(name))
    case .cascade:
      let others = ViewTree.related(to: view, among: snapshot?.views ?? []).map(\.shortID)
      overlay = .confirm(.view(.cascade(name, others: others)))
    case .auto: overlay = .confirm(.view(.setAuto(name, !view.autoRefresh)))
    case .replay, .purge: askAboutErrors(command, of: view)
    case .cancel, .definition: break
    }
    return []
  }

  private mutating func askAboutErrors(_ command: ViewCommand, of view: ViewStatus) {
    let name = ViewName(view)
    let count = view.deadLetters
    guard view.readsStream else {
      viewHint = "\(name.text) reads no stream, and so skips no records"
      return
    }
    guard count != 0 else {
      viewHint = "\(name.text) keeps no skipped records"
      return
    }
    overlay = .confirm(
      .view(command == .replay ? .replay(name, count: count) : .purge(name, count: count)))
  }

  mutating func start(_ action: ViewAction) -> [Effect] {
    let run = QueryRun(id: nextQuery, text: action.sql, startedAt: now)
    nextQuery += 1
    let view = snapshot?.views.first { ViewName($0) == action.view }
    viewRun = ViewRun(action: action, run: run, behindAtStart: view?.recordsBehind)
    return [.runQuery(id: run.id, text: run.text, lane: .actions)]
  }

  private mutating func cancelViewRun() -> [Effect] {
    guard let id = viewRun?.run.id, viewRun?.run.state == .running else { return [] }
    viewRun?.run.state = .cancelling
    return [.cancelQuery(id: id)]
  }

  var viewQuery: QueryRun? {
    get { viewRun?.run }
    set {
      guard let newValue else { return }
      viewRun?.run = newValue
      // What it changed is asked for at once.
      if !newValue.isRunning { viewDetail?.expire() }
    }
  }

  var inspectionQuery: QueryRun? {
    get { inspection?.run }
    set { if let newValue { inspection?.run = newValue } }
  }
}
