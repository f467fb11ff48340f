/// What a key can do.
enum Action: Equatable, Sendable {
  case quit, help
  case go(Screen)
  case focusNext, focusPrevious, focusDigit
  case zoom, unzoom, freeze
  case nextTheme, nextGlyphs
  case scroll(Move)
  case run, cancelQuery, toResults, toEditor
  case edit(Edit)
  case historyOlder, historyNewer, historyList, historyUse
  case toShards, peek, split, merge, scale, setFault, clearFaults, confirm
  case form(FormMove)
  case view(ViewCommand)
  case tier(TierCommand)
  case close
}

enum Move: Equatable, Sendable {
  case up, down, left, right, pageUp, pageDown, start, end
}

/// In a dialog: to another field, to another value of it.
enum FormMove: Equatable, Sendable {
  case fieldUp, fieldDown, valueBefore, valueAfter, erase
}

enum Edit: Equatable, Sendable {
  case newline, indent, backspace, delete, killLine, undo
  case left, right, up, down, lineStart, lineEnd, wordLeft, wordRight, textStart, textEnd
  case pageUp, pageDown
}

/// When a key is valid. Several hold at once; no two that do share a key.
enum Context: String, CaseIterable, Sendable {
  /// Everywhere but where the screen is too small.
  case always = "Everywhere"
  /// No text is being typed.
  case commands = "Outside the editor"
  case live, frozen
  case overview = "Overview"
  case streams = "Streams screen"
  case views = "Views screen"
  case tiers = "Tiers screen"
  case query = "Query screen"
  case editor = "Editor"
  case editorIdle
  case results = "Result"
  case zoomed, running
  /// The focused panel has no rows to choose among, or it has.
  case plainPanel, rowPanel
  case streamRows, shardRows, viewRows, tierRows
  /// The months of a table.
  case calendar
  /// A view is being refreshed, on the views screen.
  case viewBusy
  /// The archive does what was asked for, on the tiers screen.
  case tierBusy
  case help = "Help"
  case history = "History"
  case confirm = "Confirmation"
  case dialog = "Dialog"
  case peek = "Records of a shard"
  case tooSmall
}

/// One row of the table that `update`, the footer and the help all read.
struct Binding: Sendable {
  var keys: [Key]
  /// The keys as the footer and the help write them.
  var label: String
  /// One or two words for the footer.
  var title: String
  /// A line for the help.
  var help: String
  var context: Context
  var action: Action
  /// The higher, the longer it stays in a narrow footer; 0 is in the help only.
  var rank: Int

  init(
    _ context: Context, _ keys: [Key], _ label: String, _ title: String, _ help: String,
    _ action: Action, rank: Int = 0
  ) {
    self.keys = keys
    self.label = label
    self.title = title
    self.help = help
    self.context = context
    self.action = action
    self.rank = rank
  }
}
