import Core
import Dashboard
import Synchronization
import Telemetry
import Terminal

/// Keeps the dashboard's model without a terminal, and renders a frame for every snapshot.
final class HeadlessDirector: Sendable {
  private struct State {
    var model: Model
    var frames: [TimedFrame] = []
    var startedAt: Timestamp?
    var newest: Snapshot?
  }

  private let size: Size
  private let theme: Theme
  private let state: Mutex<State>

  init(size: Size, theme: Theme, themes: [String], screen: FrameScreen = .overview) {
    self.size = size
    self.theme = theme
    var model = Model(themes: themes)
    _ = model.update(.resize(size))
    if screen == .streams { _ = model.update(.key(.function(3))) }
    state = Mutex(State(model: model))
  }

  var frames: [TimedFrame] { state.withLock { $0.frames } }
  var newest: Snapshot? { state.withLock { $0.newest } }

  func take(_ snapshot: Snapshot) {
    state.withLock { state in
      let start = state.startedAt ?? snapshot.takenAt
      state.startedAt = start
      state.newest = snapshot
      _ = state.model.update(.tick(snapshot.takenAt))
      _ = state.model.update(.snapshot(snapshot))
      let frame = render(
        state.model, size: size, theme: theme, glyphs: state.model.glyphs, now: snapshot.takenAt)
      state.frames.append(
        TimedFrame(time: snapshot.takenAt.seconds(since: start), frame: frame))
    }
  }
}

/// What a closure found out.
final class Outcome: Sendable {
  private let state = Mutex(true)
  var value: Bool { state.withLock { $0 } }
  func set(_ value: Bool) { state.withLock { $0 = value } }
}
