import CNcurses
import Dashboard

/// Numbers for pairs of colours, given out as they are needed. Only on the thread of the screen.
struct ColorPairs {
  private struct Pair: Hashable {
    var foreground: Int32
    var background: Int32
  }

  let depth: ColorDepth
  /// Pair 0 is the terminal's own.
  private let pairMax: Int
  private var numbers: [Pair: Int32] = [:]
  /// A frame wanted more pairs than there are.
  private var isFull = false
  private var wasJustEmptied = false

  init(depth: ColorDepth, pairCount: Int) {
    self.depth = depth
    pairMax = min(pairCount, 32_767) - 1
  }

  /// True if the numbers start anew, so that all cells have to be written again. That happens after
  /// a frame for which they did not suffice, but not twice in a row: then it is that frame which
  /// has too many colours.
  mutating func beginFrame() -> Bool {
    defer { isFull = false }
    guard isFull, !wasJustEmptied else {
      wasJustEmptied = false
      return false
    }
    numbers.removeAll(keepingCapacity: true)
    wasJustEmptied = true
    return true
  }

  /// The number of the pair for a style; 0 if there is none left.
  mutating func number(_ style: Style) -> Int32 {
    if depth == .mono { return 0 }
    let pair = Pair(foreground: value(style.foreground), background: value(style.background))
    if pair.foreground < 0, pair.background < 0 { return 0 }
    if let number = numbers[pair] { return number }
    guard numbers.count < pairMax else {
      isFull = true
      return 0
    }
    let number = Int32(numbers.count + 1)
    guard init_extended_pair(number, pair.foreground, pair.background) != ERR else { return 0 }
    numbers[pair] = number
    return number
  }

  /// What ncurses calls the colour; -1 is the terminal's own.
  private func value(_ color: Color) -> Int32 {
    guard case .rgb(let red, let green, let blue) = color else { return -1 }
    if let index = Palette.index(color, depth: depth) { return Int32(index) }
    // Terminfo's direct colours take 0 to 7 for the ANSI colours.
    return max(8, Int32(red) << 16 | Int32(green) << 8 | Int32(blue))
  }
}
