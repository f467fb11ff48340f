internal import Core
internal import DuckDB
internal import StreamLog

/// Has one `ViewRefresher` for every view in the catalog, and a task for each that refreshes
/// by itself.
actor RefreshSupervisor {
  private struct Entry {
    var refresher: ViewRefresher
    var task: Task<Void, Never>?
  }

  private let makeRefresher: @Sendable (MaterializedView) throws -> ViewRefresher
  private var entries: [Int64: Entry] = [:]
  private var isClosed = false

  init(makeRefresher: @escaping @Sendable (MaterializedView) throws -> ViewRefresher) {
    self.makeRefresher = makeRefresher
  }

  /// Starts and stops what the catalog's new state asks for.
  func reconcile(with views: [MaterializedView], reporter: any Reporter) async {
    guard !isClosed else { return }
    let wanted = Dictionary(views.map { ($0.id, $0) }) { first, _ in first }
    for (id, entry) in entries where wanted[id] == nil {
      entries[id] = nil
      entry.refresher.stop()
      entry.task?.cancel()
    }
    for view in views {
      do {
        try follow(view)
      } catch {
        reporter.report(
          .message(level: .error, source: "view \(view.name)", text: "cannot refresh: \(error)"))
      }
    }
  }

  private func follow(_ view: MaterializedView) throws {
    // A table that changed its shape changes what its views are.
    if let known = entries[view.id], known.refresher.view.state != view.state {
      entries[view.id] = nil
      known.refresher.stop()
      known.task?.cancel()
    }
    var entry = try entries[view.id] ?? Entry(refresher: makeRefresher(view), task: nil)
    if view.autoRefresh, entry.task == nil {
      let refresher = entry.refresher
      entry.task = Task { await refresher.runAutomatically() }
    } else if !view.autoRefresh {
      entry.task?.cancel()
      entry.task = nil
    }
    entries[view.id] = entry
  }

  /// Has views that wait to be refreshed look for losses; the others do so by themselves.
  func noteLosses() async {
    for entry in entries.values where entry.task == nil { await entry.refresher.noteLosses() }
  }

  func refresher(of id: Int64) -> ViewRefresher? { entries[id]?.refresher }

  /// Ends every refresh; what was running is rolled back.
  func close() async {
    isClosed = true
    let ending = entries.values
    entries = [:]
    for entry in ending {
      entry.task?.cancel()
      entry.refresher.stop()
    }
    for entry in ending { await entry.task?.value }
  }
}
