import Core
import Dashboard
import Synchronization
import Telemetry
import Terminal

/// Keeps the dashboard's model without a terminal, and renders a frame for every snapshot. What the
/// screen asks for is answered before the frame is drawn.
final class HeadlessDirector: Sendable {
  private struct State {
    var model: Model
    var frames: [TimedFrame] = []
    var startedAt: Timestamp?
    var newest: Snapshot?
  }

  private let size: Size
  private let theme: Theme
  private let session: any SQLSession
  private let state: Mutex<State>

  init(
    size: Size, theme: Theme, themes: [String], screen: FrameScreen = .overview,
    session: any SQLSession
  ) {
    self.size = size
    self.theme = theme
    self.session = session
    var model = Model(themes: themes)
    _ = model.update(.resize(size))
    switch screen {
    case .overview: break
    case .streams: _ = model.update(.key(.function(3)))
    case .views: _ = model.update(.key(.function(4)))
    case .tiers: _ = model.update(.key(.function(7)))
    }
    state = Mutex(State(model: model))
  }

  var frames: [TimedFrame] { state.withLock { $0.frames } }
  var newest: Snapshot? { state.withLock { $0.newest } }

  func take(_ snapshot: Snapshot) async {
    var effects = state.withLock { state in
      state.startedAt = state.startedAt ?? snapshot.takenAt
      state.newest = snapshot
      _ = state.model.update(.tick(snapshot.takenAt))
      return state.model.update(.snapshot(snapshot))
    }
    // Unless the screen shows views or tiers, that asks for nothing.
    effects += state.withLock { state in
      state.model.chooseMostRelatedView()
      return state.model.update(.resize(size))
    }
    while !effects.isEmpty {
      var next: [Effect] = []
      for case .runQuery(let id, let text, _) in effects {
        for event in await answer(id, text) {
          next += state.withLock { $0.model.update(event) }
        }
      }
      effects = next
    }
    state.withLock { state in
      let frame = render(
        state.model, size: size, theme: theme, glyphs: state.model.glyphs, now: snapshot.takenAt)
      state.frames.append(
        TimedFrame(
          time: snapshot.takenAt.seconds(since: state.startedAt ?? snapshot.takenAt), frame: frame))
    }
  }

  private func answer(_ id: Int, _ text: String) async -> [Event] {
    let events = Mutex<[Event]>([])
    let start = ContinuousClock.now
    do {
      try await session.execute(text) { output in
        events.withLock { $0.append(.query(id: id, .output(output))) }
      }
      let seconds = (ContinuousClock.now - start) / .seconds(1)
      return events.withLock { $0 } + [.query(id: id, .finished(seconds: seconds))]
    } catch {
      let failure = (error as? SQLError) ?? SQLError("XX000", "\(error)")
      return [.query(id: id, .failed(failure, text: text))]
    }
  }
}

/// What a closure found out.
final class Outcome: Sendable {
  private let state = Mutex(true)
  var value: Bool { state.withLock { $0 } }
  func set(_ value: Bool) { state.withLock { $0 = value } }
}
