/// Why the screen cannot be opened. The descriptions are for the user and say what to do.
package enum TerminalError: Error, Equatable, CustomStringConvertible {
  /// `stream` is "standard input" or "standard output".
  case notATerminal(stream: String)
  case noTerminalType
  case unknownTerminal(String)
  /// The terminal cannot move its cursor.
  case tooDumb(String)
  /// This process has a screen already.
  case alreadyOpen
  /// The terminal takes no output.
  case noAnswer
  /// The operating system refused; `code` is the `errno` value.
  case system(code: Int32)

  package var description: String {
    switch self {
    case .notATerminal(let stream):
      "\(stream) is not a terminal; weir demo --headless runs without one"
    case .noTerminalType:
      "the environment variable TERM is not set; set it to the kind of your terminal "
        + "(xterm-256color fits most); weir demo --headless runs without one"
    case .unknownTerminal(let name):
      "the terminal '\(name)' is not in the terminfo database; try TERM=xterm-256color "
        + "or install ncurses-term; weir demo --headless runs without one"
    case .tooDumb(let name):
      "the terminal '\(name)' cannot move its cursor; "
        + "set TERM to what it really is; weir demo --headless runs without one"
    case .alreadyOpen: "the screen is open already"
    case .noAnswer: "the terminal takes no output; is it stopped (Ctrl-S)?"
    case .system(let code): "the terminal cannot be used: error \(code)"
    }
  }
}
