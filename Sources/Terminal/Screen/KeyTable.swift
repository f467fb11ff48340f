import CNcurses
import Dashboard

/// What ncurses' numbers for keys mean.
enum KeyTable {
  enum Meaning: Hashable {
    case key(Key)
    case pasteStart
    case pasteEnd
    /// A report of the mouse follows: `button;x;y` and a letter, or three bytes.
    case mouse
    case oldMouse
  }

  /// Sequences that ncurses is taught. Its own, from terminfo, are those of the keypad's
  /// application mode; terminals and multiplexers also send the forms below.
  static let sequences: [(bytes: String, meaning: Meaning)] =
    [
      ("\u{1B}[200~", .pasteStart),
      ("\u{1B}[201~", .pasteEnd),
      ("\u{1B}[<", .mouse),
      ("\u{1B}[M", .oldMouse),
    ] + keys.map { ("\u{1B}" + $0.0, .key($0.1)) }

  private static let keys: [(String, Key)] =
    [
      ("[A", .up), ("[B", .down), ("[C", .right), ("[D", .left),
      ("OA", .up), ("OB", .down), ("OC", .right), ("OD", .left),
      ("[H", .home), ("[F", .end), ("OH", .home), ("OF", .end),
      ("[1~", .home), ("[4~", .end), ("[7~", .home), ("[8~", .end),
      ("[2~", .insert), ("[3~", .delete), ("[5~", .pageUp), ("[6~", .pageDown),
      ("[Z", .backTab), ("OM", .enter),
      ("[1;2A", .shiftUp), ("[1;2B", .shiftDown), ("[1;2C", .shiftRight), ("[1;2D", .shiftLeft),
      ("[1;5C", .ctrlRight), ("[1;5D", .ctrlLeft), ("[1;5H", .ctrlHome), ("[1;5F", .ctrlEnd),
      ("[5C", .ctrlRight), ("[5D", .ctrlLeft), ("Oc", .ctrlRight), ("Od", .ctrlLeft),
      ("[a", .shiftUp), ("[b", .shiftDown), ("[c", .shiftRight), ("[d", .shiftLeft),
    ]
    + ["OP", "OQ", "OR", "OS"].enumerated().map { ($0.element, .function($0.offset + 1)) }
    // xterm in normal mode, the Linux console.
    + ["[[A", "[[B", "[[C", "[[D", "[[E"].enumerated().map {
      ($0.element, .function($0.offset + 1))
    }
    + [11, 12, 13, 14, 15, 17, 18, 19, 20, 21, 23, 24].enumerated().map {
      ("[\($0.element)~", .function($0.offset + 1))
    }

  /// Names of keys in terminfo beyond those that have a number in curses.h.
  static let capabilities: [(name: String, key: Key)] = [
    ("kUP", .shiftUp), ("kDN", .shiftDown), ("kLFT5", .ctrlLeft), ("kRIT5", .ctrlRight),
    ("kHOM5", .ctrlHome), ("kEND5", .ctrlEnd),
  ]

  /// Beyond all numbers that ncurses gives; it keeps them in 16 bits.
  static let firstCode: Int32 = 0x4000

  /// The meanings by code, from `firstCode` on: first of `sequences`, then of `capabilities`.
  private static let meanings: [Meaning] =
    sequences.map(\.meaning) + capabilities.map { .key($0.key) }

  static func meaning(_ code: Int32) -> Meaning? {
    if code >= firstCode {
      let index = Int(code - firstCode)
      return meanings.indices.contains(index) ? meanings[index] : nil
    }
    if code > KEY_F0, code <= KEY_F0 + 63 { return .key(.function(Int(code - KEY_F0))) }
    return standard[code].map { .key($0) }
  }

  private static let standard: [Int32: Key] = [
    KEY_UP: .up, KEY_DOWN: .down, KEY_LEFT: .left, KEY_RIGHT: .right,
    KEY_HOME: .home, KEY_END: .end, KEY_PPAGE: .pageUp, KEY_NPAGE: .pageDown,
    KEY_IC: .insert, KEY_DC: .delete, KEY_BACKSPACE: .backspace, KEY_ENTER: .enter,
    KEY_BTAB: .backTab, KEY_SR: .shiftUp, KEY_SF: .shiftDown,
    KEY_SLEFT: .shiftLeft, KEY_SRIGHT: .shiftRight,
    KEY_A1: .home, KEY_A3: .pageUp, KEY_C1: .end, KEY_C3: .pageDown,
  ]

  /// Tells ncurses of all sequences. Only on the thread of the screen, after it was opened.
  static func define() {
    var code = firstCode
    for sequence in sequences {
      define_key(sequence.bytes, code)
      code += 1
    }
    for capability in capabilities {
      var buffer = [CChar](repeating: 0, count: 64)
      if weir_capability(capability.name, &buffer, Int32(buffer.count)) {
        define_key(buffer, code)
      }
      code += 1
    }
  }
}
