import CNcurses
import Dashboard
import Foundation

/// ncurses, as long as a screen is open. Lives on the screen's thread and never leaves it.
final class CursesTerminal {
  struct Facts: Sendable {
    var name: String
    var depth: ColorDepth
    var supportsUnicode: Bool
  }

  private let mailbox: ScreenMailbox
  private let events: AsyncStream<Event>.Continuation
  private let painter: CursesPainter
  private let decoder = InputDecoder()
  private let screen: OpaquePointer
  private var mouse: Bool
  private var isGone = false

  /// The whole life of the screen: opens it, tells `start`, draws and reads until it is closed.
  static func run(
    _ choice: TerminalChoice, mouse: Bool, mailbox: ScreenMailbox,
    events: AsyncStream<Event>.Continuation, start: ScreenStart
  ) {
    defer { events.finish() }
    do throws(TerminalError) {
      let terminal = try CursesTerminal(choice, mouse: mouse, mailbox: mailbox, events: events)
      start.finish(.success(terminal.painter.facts))
      terminal.loop()
    } catch {
      start.finish(.failure(error))
    }
  }

  private init(
    _ choice: TerminalChoice, mouse: Bool, mailbox: ScreenMailbox,
    events: AsyncStream<Event>.Continuation
  ) throws(TerminalError) {
    self.mailbox = mailbox
    self.events = events
    self.mouse = mouse
    let supportsUnicode = weir_set_locale()
    switch weir_guard_begin() {
    case 0: break
    case EBUSY: throw .alreadyOpen
    case let code: throw .system(code: code)
    }
    weir_guard_thread()
    // The size is the window's, whatever LINES and COLUMNS say.
    use_tioctl(true)
    let opened = choice.names.lazy.compactMap { name in
      weir_newterm(name).map { (name: name, screen: $0) }
    }.first
    guard let opened else {
      weir_guard_end(true)
      throw .unknownTerminal(choice.names.last { !$0.hasPrefix("xterm") } ?? "xterm")
    }
    screen = opened.screen
    guard weir_capability("cup", nil, 0) else {
      endwin()
      delscreen(opened.screen)
      weir_guard_end(true)
      throw .tooDumb(opened.name)
    }
    let depth = Self.prepareColors(isMono: choice.isMono)
    painter = CursesPainter(
      Facts(name: opened.name, depth: depth, supportsUnicode: supportsUnicode))
    prepareInput()
    enterModes()
    mailbox.size = painter.screenSize
  }

  private static func prepareColors(isMono: Bool) -> ColorDepth {
    guard !isMono, has_colors(), start_color() != ERR else { return .mono }
    use_default_colors()
    return switch weir_colors() {
    case ..<8: .mono
    case ..<16: .ansi8
    case ..<256: .ansi16
    case ..<(1 << 24): .palette256
    default: .direct
    }
  }

  private func prepareInput() {
    cbreak()
    noecho()
    // Return is CR and Ctrl-J is LF: two keys.
    nonl()
    keypad(weir_stdscr(), true)
    meta(weir_stdscr(), true)
    nodelay(weir_stdscr(), true)
    set_escdelay(25)
    // Drawing is not to stop half-way because a key is waiting.
    typeahead(-1)
    KeyTable.define()
    var modes = termios()
    guard tcgetattr(STDIN_FILENO, &modes) == 0 else { return }
    // Ctrl-C, Ctrl-S, Ctrl-Q and Ctrl-V are keys. Ctrl-Z and Ctrl-\ stay what they are.
    modes.c_iflag &= ~tcflag_t(IXON | IXOFF)
    modes.c_lflag &= ~tcflag_t(IEXTEN)
    weir_disable_interrupt(&modes)
    tcsetattr(STDIN_FILENO, TCSANOW, &modes)
    // So that ncurses sets them again after a stop.
    def_prog_mode()
  }

  // MARK: Modes that ncurses does not know of

  private func enterModes() {
    send("\u{1B}[?2004h" + (mouse ? "\u{1B}[?1000h\u{1B}[?1006h" : ""))
  }

  private func leaveModes() {
    send("\u{1B}[?1006l\u{1B}[?1000l\u{1B}[?2004l")
  }

  private func send(_ text: String) {
    if !weir_write(text, text.utf8.count) { isGone = true }
  }

  // MARK: The loop

  private func loop() {
    while !isGone {
      handle(signals: weir_guard_signals())
      let wishes = mailbox.take()
      if wishes.close {
        mailbox.end = .closed
        break
      }
      fulfil(wishes)
      waitForInput()
      readInput()
      weir_guard_trim()
    }
    if isGone { mailbox.end = .hangUp }
    close()
  }

  private func fulfil(_ wishes: ScreenMailbox.Wishes) {
    if let isOn = wishes.mouse, isOn != mouse {
      mouse = isOn
      send(isOn ? "\u{1B}[?1000h\u{1B}[?1006h" : "\u{1B}[?1006l\u{1B}[?1000l")
    }
    if wishes.redraw { painter.forget() }
    if let frame = wishes.frame { painter.frame = frame }
    guard painter.hasChanges else { return }
    // Terminals that know this show the change at once, others ignore it.
    send("\u{1B}[?2026h")
    painter.paint()
    send("\u{1B}[?2026l")
  }

  private func handle(signals: Int32) {
    if signals & Int32(WEIR_SIGNAL_TERMINATE) != 0, mailbox.end == nil {
      mailbox.end = .signal(weir_guard_termination())
      // The reader sees the end and closes the screen when it is ready.
      events.finish()
    }
    if signals & Int32(WEIR_SIGNAL_SUSPEND) != 0 {
      leaveModes()
      endwin()
      weir_guard_stop()
    }
    if signals & Int32(WEIR_SIGNAL_CONTINUED | WEIR_SIGNAL_SUSPEND) != 0 {
      reset_prog_mode()
      enterModes()
      painter.forget()
    }
    if signals & ~Int32(WEIR_SIGNAL_TERMINATE) != 0 { resize() }
  }

  private func resize() {
    var window = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &window) == 0, window.ws_row > 0,
      window.ws_col > 0
    else { return }
    let size = Size(width: Int(window.ws_col), height: Int(window.ws_row))
    guard size != painter.screenSize else { return }
    resizeterm(Int32(window.ws_row), Int32(window.ws_col))
    painter.forget()
    mailbox.size = painter.screenSize
    events.yield(.resize(painter.screenSize))
  }

  private func waitForInput() {
    var descriptors = [
      pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0),
      pollfd(fd: weir_guard_wake_descriptor(), events: Int16(POLLIN), revents: 0),
    ]
    poll(&descriptors, 2, 1_000)
    weir_guard_drain()
    let failure = Int16(POLLHUP | POLLERR | POLLNVAL)
    if descriptors[0].revents & failure != 0 { isGone = true }
  }

  private func readInput() {
    var source = CursesInput()
    // So many at most before the screen gets its turn.
    for _ in 0..<256 {
      switch decoder.next(from: &source) {
      case .event(let event): events.yield(event)
      case .ignored: continue
      case .idle: return
      }
    }
    weir_guard_wake()
  }

  private func close() {
    if !isGone { leaveModes() }
    endwin()
    weir_guard_end(true)
    delscreen(screen)
  }
}

/// ncurses' input. Only on the thread of the screen.
private struct CursesInput: InputSource {
  mutating func next(waitMilliseconds: Int32) -> RawInput {
    var value: wint_t = 0
    wtimeout(weir_stdscr(), waitMilliseconds)
    switch get_wch(&value) {
    case OK: return .character(UInt32(value))
    case KEY_CODE_YES: return .code(Int32(bitPattern: UInt32(value)))
    default: return .none
    }
  }
}
