package import Core
package import Telemetry

/// What can happen to the dashboard.
package enum Event: Sendable {
  case key(Key)
  /// Text that was pasted as a whole.
  case paste(String)
  case mouse(Mouse)
  case resize(Size)
  case snapshot(Snapshot)
  /// The engine (or the way to it) failed; the last snapshot is stale.
  case disconnected(String)
  case query(id: Int, QueryEvent)
  /// The time of day. Sent before the other events of a turn, and a few times a second while
  /// `Model.isAnimated`, so that the model knows when something began.
  case tick(Timestamp)
}

package enum Key: Hashable, Sendable {
  /// A printable scalar.
  case character(Character)
  /// Control and a letter, `ctrl("j")`.
  case ctrl(Character)
  case alt(Character)
  case enter, escape, tab, backTab, backspace, delete, insert
  case up, down, left, right, home, end, pageUp, pageDown
  case ctrlLeft, ctrlRight, ctrlHome, ctrlEnd
  case shiftUp, shiftDown, shiftLeft, shiftRight
  case function(Int)
}

package struct Mouse: Hashable, Sendable {
  package enum Action: Hashable, Sendable { case press, release, wheelUp, wheelDown }
  package var action: Action
  package var x: Int
  package var y: Int

  package init(action: Action, x: Int, y: Int) {
    self.action = action
    self.x = x
    self.y = y
  }
}

/// How a query that the dashboard asked for goes on.
package enum QueryEvent: Sendable {
  case output(SQLOutput)
  case failed(SQLError, text: String)
  case finished(seconds: Double)
}

/// Queries of one lane run one after the other; lanes do not wait for each other.
package enum Lane: Sendable, CaseIterable {
  /// What the user runs, and the streams screen's questions.
  case editor
  /// What the views screen does to views: may take long.
  case actions
  /// What a screen asks for to show it; not among the statements that are shown.
  case inspection
}

/// What the dashboard wants done. The program that owns it does it and sends events back.
package enum Effect: Sendable, Equatable {
  case runQuery(id: Int, text: String, lane: Lane = .editor)
  /// Stops the query if it runs, and keeps it from running if it waits.
  case cancelQuery(id: Int)
  /// Keep this statement in the history that outlives the program.
  case remember(String)
  case quit
}
