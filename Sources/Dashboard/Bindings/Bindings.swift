enum Bindings {
  static let all: [Binding] =
    always + commands + lists + streams + views + tiers + query + editor + results + overlays
    + dialogs

  private static let always = [
    Binding(.always, [.ctrl("c")], "Ctrl-C", "quit", "quit, from anywhere", .quit),
    Binding(.always, [.function(1)], "F1", "help", "this help; also while typing", .help),
    Binding(
      .overview, [.function(2)], "F2", "query", "to the query screen", .go(.query), rank: 80),
    Binding(
      .overview, [.function(3)], "F3", "streams", "to the streams screen", .go(.streams), rank: 78),
    Binding(
      .overview, [.function(4)], "F4", "views", "to the views screen", .go(.views), rank: 77),
    Binding(
      .streams, [.function(4)], "F4", "views", "to the views screen", .go(.views), rank: 78),
    Binding(
      .query, [.function(4)], "F4", "views", "to the views screen", .go(.views), rank: 41),
    Binding(
      .views, [.function(2)], "F2", "query", "to the query screen", .go(.query), rank: 78),
    Binding(
      .views, [.function(3)], "F3", "streams", "to the streams screen", .go(.streams), rank: 77),
    Binding(
      .views, [.function(4)], "F4", "overview", "to the overview", .go(.overview), rank: 80),
    Binding(
      .streams, [.function(2)], "F2", "query", "to the query screen", .go(.query), rank: 79),
    Binding(
      .streams, [.function(3)], "F3", "overview", "to the overview", .go(.overview), rank: 80),
    Binding(
      .query, [.function(2)], "F2", "overview", "to the overview", .go(.overview), rank: 80),
    Binding(
      .query, [.function(3)], "F3", "streams", "to the streams screen", .go(.streams), rank: 42),
  ]

  private static let commands = [
    Binding(.commands, [.character("?")], "?", "help", "this help", .help),
    Binding(.commands, [.character("q")], "q", "quit", "quit", .quit, rank: 70),
    Binding(
      .commands, [.tab], "Tab", "panel", "to the next panel", .focusNext, rank: 60),
    Binding(.commands, [.backTab], "Shift-Tab", "back", "to the panel before", .focusPrevious),
    Binding(
      .commands, (0...9).map { .character(Character("\($0)")) }, "0-9", "go to",
      "to the panel with that number, on any screen", .focusDigit, rank: 30),
    Binding(
      .plainPanel, [.character("z"), .enter], "z Enter", "zoom",
      "the focused panel alone on the screen", .zoom, rank: 50),
    Binding(
      .rowPanel, [.character("z")], "z", "zoom", "the focused panel alone on the screen", .zoom,
      rank: 50),
    Binding(.zoomed, [.escape], "Esc", "unzoom", "back from one panel to all", .unzoom, rank: 75),
    Binding(
      .live, [.character("f")], "f", "freeze", "stand still, to read numbers", .freeze, rank: 40),
    Binding(
      .frozen, [.character("f")], "f", "go on", "take new numbers again", .freeze, rank: 90),
    Binding(
      .commands, [.character("t")], "t", "theme", "the next theme", .nextTheme, rank: 20),
    Binding(
      .commands, [.character("g")], "g", "glyphs", "braille, blocks or ASCII", .nextGlyphs,
      rank: 10),
  ]

  private static let lists = [
    Binding(
      .commands, [.up, .character("k")], "Up k", "up", "scroll the focused panel up",
      .scroll(.up)),
    Binding(
      .commands, [.down, .character("j")], "Down j", "down", "scroll it down", .scroll(.down)),
    Binding(.commands, [.pageUp], "PgUp", "page up", "scroll a page up", .scroll(.pageUp)),
    Binding(.commands, [.pageDown], "PgDn", "page down", "scroll a page down", .scroll(.pageDown)),
    Binding(.commands, [.home], "Home", "first", "to the first row", .scroll(.start)),
    Binding(.commands, [.end], "End", "last", "to the last row", .scroll(.end)),
  ]

  private static let query = [
    Binding(
      .query, [.ctrl("j"), .function(5), .alt("\r"), .alt("\n")], "F5 Ctrl-J", "run",
      "run the whole text (Ctrl-Enter in many terminals; Alt-Enter)", .run, rank: 100),
    Binding(
      .running, [.escape], "Esc", "cancel", "stop the running query", .cancelQuery, rank: 110),
    Binding(
      .query, [.ctrl("p"), .alt("p"), .shiftUp], "Ctrl-P", "older", "the statement before",
      .historyOlder, rank: 45),
    Binding(
      .query, [.ctrl("n"), .alt("n"), .shiftDown], "Ctrl-N", "newer", "the statement after",
      .historyNewer),
    Binding(
      .query, [.ctrl("r")], "Ctrl-R", "history", "the list of statements that were run",
      .historyList, rank: 44),
  ]

  private static let editor = [
    Binding(
      .editor, [.function(6)], "F6", "zoom", "the editor alone on the screen, and back", .zoom,
      rank: 35),
    Binding(
      .editorIdle, [.escape], "Esc", "to result", "leave the editor", .toResults, rank: 95),
    Binding(.editor, [.backTab], "Shift-Tab", "result", "leave the editor", .toResults),
    Binding(
      .editor, [.enter], "Enter", "line", "a new line, indented as the last",
      .edit(.newline)),
    Binding(.editor, [.tab], "Tab", "indent", "two spaces", .edit(.indent)),
    Binding(
      .editor, [.backspace, .ctrl("h")], "Backspace", "erase", "erase before the cursor",
      .edit(.backspace)),
    Binding(
      .editor, [.delete, .ctrl("d")], "Del", "erase", "erase under the cursor",
      .edit(.delete)),
    Binding(
      .editor, [.ctrl("k")], "Ctrl-K", "kill line",
      "erase to the end of the line, or the line's end", .edit(.killLine), rank: 30),
    Binding(
      .editor, [.ctrl("z")], "Ctrl-Z", "undo", "undo the last change", .edit(.undo),
      rank: 40),
    Binding(.editor, [.left, .ctrl("b")], "Left", "left", "a character left", .edit(.left)),
    Binding(.editor, [.right, .ctrl("f")], "Right", "right", "a character right", .edit(.right)),
    Binding(.editor, [.up], "Up", "up", "a line up", .edit(.up)),
    Binding(.editor, [.down], "Down", "down", "a line down", .edit(.down)),
    Binding(
      .editor, [.home, .ctrl("a")], "Home", "line start", "to the start of the line",
      .edit(.lineStart)),
    Binding(
      .editor, [.end, .ctrl("e")], "End", "line end", "to the end of the line",
      .edit(.lineEnd)),
    Binding(
      .editor, [.ctrlLeft, .shiftLeft, .alt("b")], "Ctrl-Left", "word left",
      "a word left", .edit(.wordLeft)),
    Binding(
      .editor, [.ctrlRight, .shiftRight, .alt("f")], "Ctrl-Right", "word right",
      "a word right", .edit(.wordRight)),
    Binding(
      .editor, [.ctrlHome], "Ctrl-Home", "start", "to the start of the text",
      .edit(.textStart)),
    Binding(.editor, [.ctrlEnd], "Ctrl-End", "end", "to the end of the text", .edit(.textEnd)),
    Binding(.editor, [.pageUp], "PgUp", "page up", "a page up", .edit(.pageUp)),
    Binding(.editor, [.pageDown], "PgDn", "page down", "a page down", .edit(.pageDown)),
  ]

  private static let results = [
    Binding(
      .results, [.character("e"), .character("i")], "e", "edit", "back to the editor", .toEditor,
      rank: 95),
    Binding(
      .results, [.left, .character("h")], "Left h", "left", "a column left", .scroll(.left)),
    Binding(
      .results, [.right, .character("l")], "Right l", "right", "a column right",
      .scroll(.right)),
  ]

  private static let overlays = [
    Binding(
      .help, [.escape, .character("q"), .character("?"), .enter], "Esc", "close",
      "close the help", .close, rank: 100),
    Binding(.help, [.up, .character("k")], "Up k", "up", "scroll up", .scroll(.up), rank: 50),
    Binding(
      .help, [.down, .character("j")], "Down j", "down", "scroll down", .scroll(.down), rank: 51),
    Binding(.help, [.pageUp], "PgUp", "page up", "scroll a page up", .scroll(.pageUp)),
    Binding(
      .help, [.pageDown, .character(" ")], "PgDn", "page down", "scroll a page down",
      .scroll(.pageDown)),
    Binding(.history, [.escape, .ctrl("r")], "Esc", "close", "close the list", .close, rank: 90),
    Binding(
      .history, [.enter], "Enter", "take", "put the statement in the editor", .historyUse,
      rank: 100),
    Binding(
      .history, [.up, .ctrl("p"), .character("k")], "Up k", "older", "an older one",
      .scroll(.up), rank: 50),
    Binding(
      .history, [.down, .ctrl("n"), .character("j")], "Down j", "newer", "a newer one",
      .scroll(.down), rank: 51),
    Binding(.history, [.pageUp], "PgUp", "page up", "a page up", .scroll(.pageUp)),
    Binding(.history, [.pageDown], "PgDn", "page down", "a page down", .scroll(.pageDown)),
    Binding(.tooSmall, [.character("q"), .ctrl("c")], "q", "quit", "quit", .quit, rank: 100),
  ]

  static func valid(in contexts: Set<Context>) -> [Binding] {
    all.filter { contexts.contains($0.context) }
  }

  static func find(_ key: Key, in contexts: Set<Context>) -> Binding? {
    all.first { contexts.contains($0.context) && $0.keys.contains(key) }
  }
}

extension Model.Overlay {
  var context: Context {
    switch self {
    case .help: .help
    case .history: .history
    case .confirm: .confirm
    case .scale, .fault, .policy: .dialog
    case .peek: .peek
    }
  }
}

extension Model {
  /// What holds now.
  var contexts: Set<Context> {
    guard Layout.fits(size) else { return [.tooSmall] }
    if let overlay { return [.always, overlay.context] }
    var contexts: Set<Context> = [.always]
    switch screen {
    case .query: contexts.formUnion(queryContexts)
    case .overview: contexts.insert(.overview)
    case .streams: contexts.insert(.streams)
    case .views: contexts.insert(.views)
    case .tiers: contexts.insert(.tiers)
    }
    if screen == .views && viewRun?.run.isRunning == true {
      contexts.insert(.viewBusy)
    } else if screen == .tiers && tierRun?.run.isRunning == true {
      contexts.insert(.tierBusy)
    } else if screen != .query && isZoomed {
      contexts.insert(.zoomed)
    }
    guard focus != .editor else { return contexts }
    contexts.formUnion([.commands, isFrozen ? .frozen : .live])
    switch focus {
    case .streams: contexts.formUnion([.rowPanel, .streamRows])
    case .streamShards: contexts.formUnion([.rowPanel, .shardRows])
    case .viewList: contexts.formUnion([.rowPanel, .viewRows])
    case .tierList: contexts.formUnion([.rowPanel, .tierRows])
    case .tierCalendar: contexts.formUnion([.rowPanel, .calendar])
    default: contexts.insert(.plainPanel)
    }
    return contexts
  }

  private var queryContexts: Set<Context> {
    var contexts: Set<Context> = [.query, focus == .editor ? .editor : .results]
    if run?.isRunning == true {
      contexts.insert(.running)
    } else if isZoomed {
      contexts.insert(.zoomed)
    } else if focus == .editor {
      contexts.insert(.editorIdle)
    }
    return contexts
  }
}
