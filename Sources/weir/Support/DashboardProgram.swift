import Core
import Dashboard
import Foundation
import Telemetry
import Terminal

/// Runs the dashboard on a terminal: events in, frames out, effects done.
struct DashboardProgram: Sendable {
  let session: any SQLSession
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
    let queries = QueryPump(session: session) { continuation.yield(.event($0)) }
    _ = model.update(.resize(screen.size))
    show(model, on: screen, library)
    for await input in inputs {
      guard case .event(let event) = input else { break }
      let wasAnimated = model.isAnimated
      let effects = model.update(event)
      for effect in effects {
        switch effect {
        case .quit:
          queries.stop()
          return
        case .runQuery(let id, let text): queries.run(id, text)
        case .cancelQuery: session.cancel()
        case .remember(let text): if keepsHistory { history.append(text) }
        }
      }
      if case .tick = event, !wasAnimated, effects.isEmpty { continue }
      show(model, on: screen, library)
    }
    queries.stop()
  }

  private func show(_ model: Model, on screen: NcursesScreen, _ library: ThemeLibrary) {
    screen.present(
      render(
        model, size: screen.size, theme: library.theme(named: model.themeName),
        glyphs: model.glyphs, now: SystemClock().now()))
  }
}

/// Runs the dashboard's statements, one after the other, and tells what comes of them.
private final class QueryPump: Sendable {
  private let session: any SQLSession
  private let requests: AsyncStream<(id: Int, text: String)>.Continuation
  private let worker: Task<Void, Never>

  init(session: any SQLSession, tell: @escaping @Sendable (Event) -> Void) {
    self.session = session
    let (stream, continuation) = AsyncStream.makeStream(of: (id: Int, text: String).self)
    requests = continuation
    worker = Task {
      for await (id, text) in stream {
        let start = ContinuousClock.now
        do {
          try await session.execute(text) { tell(.query(id: id, .output($0))) }
          tell(.query(id: id, .finished(seconds: (ContinuousClock.now - start) / .seconds(1))))
        } catch {
          let failure = (error as? SQLError) ?? SQLError("XX000", "\(error)")
          tell(.query(id: id, .failed(failure, text: text)))
        }
      }
    }
  }

  func run(_ id: Int, _ text: String) { requests.yield((id, text)) }

  func stop() {
    session.cancel()
    requests.finish()
    worker.cancel()
  }
}
