import Core
import Dashboard
import Engine
import Foundation
import Synchronization
import Telemetry
import Terminal
import Warehouse

/// Runs the dashboard on a terminal: events in, frames out, effects done.
struct DashboardProgram: Sendable {
  let sessions: DashboardSessions
  /// `.snapshot` and `.disconnected` events.
  let snapshots: AsyncStream<Event>
  let isRemote: Bool
  /// Statements offered in the history, the oldest first, beside those that were kept.
  var suggestions: [String] = []
  /// Whether what is run is kept for the next time.
  var keepsHistory = true

  /// What may happen, merged.
  private enum Input: Sendable {
    case event(Event)
    case screenEnded
  }

  /// Returns when the user quits or a signal asks to.
  ///
  /// - Throws: `TerminalError` if there is no terminal to show it on.
  func run() async throws {
    let library = ThemeLibrary.load()
    let screen = try NcursesScreen.open()
    defer { screen.close() }
    let (inputs, continuation) = AsyncStream.makeStream(of: Input.self)
    let history = QueryHistory()
    var model = Model(
      isRemote: isRemote, history: suggestions.reversed() + (keepsHistory ? history.load() : []),
      themes: library.names, glyphs: screen.supportsUnicode ? .braille : .ascii)
    let pumps = [
      Task {
        for await event in screen.events { continuation.yield(.event(event)) }
        continuation.yield(.screenEnded)
      },
      Task { for await event in snapshots { continuation.yield(.event(event)) } },
      Task {
        while !Task.isCancelled {
          try? await Task.sleep(for: .milliseconds(125))
          continuation.yield(.event(.tick(SystemClock().now())))
        }
      },
    ]
    defer { for pump in pumps { pump.cancel() } }
    let pumpsByLane = Dictionary(
      uniqueKeysWithValues: Lane.allCases.map { lane in
        (lane, QueryPump(session: sessions[lane]) { continuation.yield(.event($0)) })
      })
    let queries = pumpsByLane.values
    _ = model.update(.resize(screen.size))
    show(model, on: screen, library)
    for await input in inputs {
      guard case .event(let event) = input else { break }
      let wasAnimated = model.isAnimated
      let effects = model.update(event)
      for effect in effects {
        switch effect {
        case .quit:
          for pump in queries { pump.stop() }
          return
        case .runQuery(let id, let text, let lane): pumpsByLane[lane]?.run(id, text)
        case .cancelQuery(let id): for pump in queries { pump.cancel(id) }
        case .remember(let text): if keepsHistory { history.append(text) }
        }
      }
      if case .tick = event, !wasAnimated, effects.isEmpty { continue }
      show(model, on: screen, library)
    }
    for pump in queries { pump.stop() }
  }

  private func show(_ model: Model, on screen: NcursesScreen, _ library: ThemeLibrary) {
    screen.present(
      render(
        model, size: screen.size, theme: library.theme(named: model.themeName),
        glyphs: model.glyphs, now: SystemClock().now()))
  }
}

/// The sessions in which a dashboard's statements run: one for each lane, so that a long statement
/// of one does not hold up the others.
struct DashboardSessions: Sendable {
  var editor: any SQLSession
  var actions: any SQLSession
  /// Calls itself so that its statements are not among those that are shown.
  var inspection: any SQLSession

  subscript(lane: Lane) -> any SQLSession {
    switch lane {
    case .editor: editor
    case .actions: actions
    case .inspection: inspection
    }
  }

  /// Of the engine in this process.
  static func local(_ engine: Engine) async throws -> DashboardSessions {
    func session() throws -> any SQLSession {
      try engine.warehouse.makeSession(user: EngineAddress.user)
    }
    let sessions = DashboardSessions(
      editor: try session(), actions: try session(), inspection: try session())
    try await sessions.inspection.execute(
      "SET application_name TO '\(EngineAddress.watcher)'"
    ) { _ in }
    return sessions
  }

  func close() async {
    for lane in Lane.allCases { await self[lane].close() }
  }
}

/// Runs the statements of a lane, one after the other, and tells what comes of them.
private final class QueryPump: Sendable {
  /// Whose turn it is; shared with the worker.
  private final class Turns: Sendable {
    private let state = Mutex(State())

    func withLock<Value>(_ body: (inout State) -> sending Value) -> sending Value {
      state.withLock { body(&$0) }
    }
  }

  private struct State {
    var running: Int?
    var waiting: Set<Int> = []
    /// Of those that wait.
    var cancelled: Set<Int> = []
  }

  private let session: any SQLSession
  private let requests: AsyncStream<(id: Int, text: String)>.Continuation
  private let worker: Task<Void, Never>
  private let state: Turns

  init(session: any SQLSession, tell: @escaping @Sendable (Event) -> Void) {
    self.session = session
    let (stream, continuation) = AsyncStream.makeStream(of: (id: Int, text: String).self)
    requests = continuation
    let state = Turns()
    self.state = state
    worker = Task {
      for await (id, text) in stream {
        let start = ContinuousClock.now
        do {
          let isCancelled = state.withLock { state in
            state.running = id
            state.waiting.remove(id)
            return state.cancelled.remove(id) != nil
          }
          if isCancelled { throw SQLError("57014", "the query was cancelled before it began") }
          try await session.execute(text) { tell(.query(id: id, .output($0))) }
          tell(.query(id: id, .finished(seconds: (ContinuousClock.now - start) / .seconds(1))))
        } catch {
          let failure = (error as? SQLError) ?? SQLError("XX000", "\(error)")
          tell(.query(id: id, .failed(failure, text: text)))
        }
        state.withLock { $0.running = nil }
      }
    }
  }

  func run(_ id: Int, _ text: String) {
    state.withLock { _ = $0.waiting.insert(id) }
    requests.yield((id, text))
  }

  /// Stops the statement that runs, or keeps one that waits from running; others are no concern
  /// of this lane.
  func cancel(_ id: Int) {
    let isRunning = state.withLock { state in
      if state.waiting.contains(id) { state.cancelled.insert(id) }
      return state.running == id
    }
    if isRunning { session.cancel() }
  }

  func stop() {
    session.cancel()
    requests.finish()
    worker.cancel()
  }
}
