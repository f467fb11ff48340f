import CNcurses
package import Dashboard
import Foundation
import Synchronization

/// The terminal as a place for frames and a source of events. The only user of ncurses; all its
/// calls are made by one thread of its own. One can be open at a time.
///
///     let screen = try NcursesScreen.open()
///     defer { screen.close() }
///     screen.present(frame(of: screen.size))
///     for await event in screen.events { … }
///
/// `events` ends when the program has to end: see `ending`.
package final class NcursesScreen: Sendable {
  /// Why there are no more events.
  package enum Ending: Hashable, Sendable {
    /// `close()` was called.
    case closed
    /// SIGTERM, SIGHUP or SIGINT came.
    case signal(Int32)
    /// The terminal is gone.
    case hangUp
  }

  package struct Options: Sendable {
    /// Whether the mouse is ours from the start. While it is, the terminal's own way to select
    /// text needs Shift.
    package var mouse: Bool
    package var environment: [String: String]

    package init(
      mouse: Bool = true,
      environment: [String: String] = ProcessInfo.processInfo.environment
    ) {
      self.mouse = mouse
      self.environment = environment
    }
  }

  /// Keys, pastes, the mouse, new sizes. For one reader. Of a reader that lags by more than a
  /// thousand events the oldest are dropped; `size` is right even then.
  package let events: AsyncStream<Event>
  /// How many colours this terminal shows; `mono` if NO_COLOR is set.
  package let colorDepth: ColorDepth
  /// False if characters beyond ASCII come out as question marks.
  package let supportsUnicode: Bool
  /// The terminfo entry in use.
  package let terminalName: String

  private let mailbox: ScreenMailbox

  package var size: Size { mailbox.size }
  package var ending: Ending? { mailbox.end }

  private init(
    events: AsyncStream<Event>, mailbox: ScreenMailbox, facts: CursesTerminal.Facts
  ) {
    self.events = events
    self.mailbox = mailbox
    colorDepth = facts.depth
    supportsUnicode = facts.supportsUnicode
    terminalName = facts.name
  }

  deinit {
    close()
  }

  /// Takes over the terminal at standard input and output. While the screen is open, standard error
  /// is held back if it goes to a terminal; closing shows what it had to say.
  ///
  /// Blocks for some milliseconds.
  package static func open(_ options: Options = Options()) throws(TerminalError) -> NcursesScreen {
    guard isatty(STDIN_FILENO) == 1 else { throw .notATerminal(stream: "standard input") }
    guard isatty(STDOUT_FILENO) == 1 else { throw .notATerminal(stream: "standard output") }
    let choice = try TerminalChoice(environment: options.environment)

    let mailbox = ScreenMailbox()
    let (events, continuation) = AsyncStream.makeStream(
      of: Event.self, bufferingPolicy: .bufferingNewest(1024))
    let start = ScreenStart()
    let thread = Thread {
      let mouse = options.mouse
      CursesTerminal.run(
        choice, mouse: mouse, mailbox: mailbox, events: continuation, start: start)
      mailbox.isDone.signal()
    }
    thread.name = "weir-screen"
    thread.stackSize = 1 << 20
    thread.start()
    let facts = try start.wait()
    return NcursesScreen(events: events, mailbox: mailbox, facts: facts)
  }

  /// Shows a frame as soon as the terminal takes it. Never blocks; of several frames that come
  /// faster than that, the last one is shown. What does not fit is cut off.
  package func present(_ frame: Frame) {
    mailbox.wish { $0.frame = frame }
  }

  /// Writes the whole screen again, for when something else wrote to the terminal.
  package func redraw() {
    mailbox.wish { $0.redraw = true }
  }

  package func setMouse(_ isOn: Bool) {
    mailbox.wish { $0.mouse = isOn }
  }

  /// Gives the terminal back as it was. Further calls do nothing. Blocks until it is done, at most
  /// two seconds.
  package func close() {
    mailbox.wish { $0.close = true }
    if mailbox.isDone.wait(timeout: .now() + 2) == .timedOut {
      // The thread is stuck in a write. What can be restored without it is.
      mailbox.end = .closed
      weir_guard_end(false)
    }
    // For those who call again.
    mailbox.isDone.signal()
  }
}

/// Hands the outcome of opening from the screen's thread to the one that asked for it.
final class ScreenStart: Sendable {
  private let outcome = Mutex<Result<CursesTerminal.Facts, TerminalError>?>(nil)
  private let isKnown = DispatchSemaphore(value: 0)

  func finish(_ result: Result<CursesTerminal.Facts, TerminalError>) {
    outcome.withLock { $0 = result }
    isKnown.signal()
  }

  func wait() throws(TerminalError) -> CursesTerminal.Facts {
    _ = isKnown.wait(timeout: .now() + 5)
    guard let result = outcome.withLock({ $0 }) else {
      weir_guard_end(false)
      throw .noAnswer
    }
    return try result.get()
  }
}
