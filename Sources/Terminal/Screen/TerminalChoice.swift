/// What the environment says of the terminal.
struct TerminalChoice: Equatable {
  /// Terminfo entries to try, best first.
  var names: [String]
  /// NO_COLOR is set to something.
  var isMono: Bool

  init(environment: [String: String]) throws(TerminalError) {
    let term = environment["TERM"] ?? ""
    if term.isEmpty { throw .noTerminalType }
    if term == "dumb" || term == "unknown" { throw .tooDumb(term) }
    isMono = !(environment["NO_COLOR"] ?? "").isEmpty
    let colors = environment["COLORTERM"]?.lowercased()
    let isDirect = !isMono && (colors == "truecolor" || colors == "24bit")
    names = (isDirect ? Self.directNames(term) : []) + [term]
    // Terminals that are newer than the database (kitty, foot, ghostty) understand xterm.
    for name in ["xterm-256color", "xterm"] where !names.contains(name) { names.append(name) }
  }

  /// Entries whose colours are 24-bit values. Linux's console and the first terminals have none.
  private static func directNames(_ term: String) -> [String] {
    if term.hasSuffix("-direct") { return [] }
    let family = term.split(separator: "-").first.map(String.init) ?? term
    switch family {
    case "linux", "vt100", "vt220", "ansi", "cygwin", "rxvt": return []
    // A program in tmux talks to tmux, whatever name tmux took.
    case "tmux", "screen": return ["tmux-direct"]
    case "xterm": return ["xterm-direct"]
    default: return ["\(family)-direct", "xterm-direct"]
    }
  }
}
