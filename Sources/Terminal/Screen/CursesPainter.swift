import CNcurses
import Dashboard

/// Writes frames into ncurses. Only on the thread of the screen.
final class CursesPainter {
  let facts: CursesTerminal.Facts
  private var pairs: ColorPairs
  /// What the screen shows; nil if that is unknown.
  private var shown: Frame?
  private var mustClear = false

  /// What it is to show.
  var frame: Frame? {
    didSet { isDirty = true }
  }
  private var isDirty = false

  init(_ facts: CursesTerminal.Facts) {
    self.facts = facts
    pairs = ColorPairs(depth: facts.depth, pairCount: Int(weir_color_pairs()))
  }

  var screenSize: Size {
    Size(width: Int(getmaxx(weir_stdscr())), height: Int(getmaxy(weir_stdscr())))
  }

  var hasChanges: Bool { isDirty && frame != nil }

  /// The next painting writes everything.
  func forget() {
    shown = nil
    mustClear = true
    isDirty = true
  }

  func paint() {
    guard let frame = frame?.fitted(to: screenSize) else { return }
    isDirty = false
    if pairs.beginFrame() { shown = nil }
    if shown?.size != frame.size {
      shown = nil
      werase(weir_stdscr())
    }
    if mustClear { clearok(weir_stdscr(), true) }
    mustClear = false
    for change in FrameDiff.changes(from: shown, to: frame) { put(change) }
    place(frame.cursor)
    wnoutrefresh(weir_stdscr())
    doupdate()
    shown = frame
  }

  private func place(_ cursor: (x: Int, y: Int)?) {
    curs_set(cursor == nil ? 0 : 1)
    // Also when it is not seen: screen readers and input methods look where it is.
    wmove(weir_stdscr(), Int32(clamping: cursor?.y ?? 0), Int32(clamping: cursor?.x ?? 0))
  }

  private func put(_ change: CellChange) {
    let (y, x) = (Int32(clamping: change.y), Int32(clamping: change.x))
    let (text, width) = curseText(change.cell)
    let pair = pairs.number(change.cell.style)
    let attributes = attributes(change.cell.style)
    // The bottom right cell gives an error although it is drawn, and nothing can be done of others.
    _ = weir_put(y, x, text, attributes, pair)
    // The frame counts two columns where the C library counts one.
    if width < change.cell.width { _ = weir_put(y, x + 1, [0x20, 0], attributes, pair) }
  }

  /// The characters for one cell, zero at the end, and how many columns ncurses will give them.
  private func curseText(_ cell: Cell) -> (text: [wchar_t], width: Int) {
    let scalars = cell.printable.unicodeScalars
    guard let first = scalars.first else { return ([0x20, 0], 1) }
    let base = wchar_t(bitPattern: first.value)
    if !facts.supportsUnicode, !first.isASCII { return ([0x3F, 0], 1) }
    let width = Int(weir_width(base))
    // Unknown to the C library, or wider than its place.
    guard width >= 1, width <= cell.width else { return ([0x3F, 0], 1) }
    var text = [base]
    for mark in scalars.dropFirst().prefix(Int(CCHARW_MAX) - 1) {
      let mark = wchar_t(bitPattern: mark.value)
      // A second character with a width of its own would be cut by ncurses in any case.
      if facts.supportsUnicode, weir_width(mark) == 0 { text.append(mark) }
    }
    return (text + [0], width)
  }

  private func attributes(_ style: Style) -> attr_t {
    var result: attr_t = 0
    if style.attributes.contains(.bold) { result |= WEIR_BOLD }
    if style.attributes.contains(.dim) { result |= WEIR_DIM }
    if style.attributes.contains(.underline) { result |= WEIR_UNDERLINE }
    if style.attributes.contains(.reverse) { result |= WEIR_REVERSE }
    return result
  }
}
