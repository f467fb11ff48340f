import Dashboard

/// What ncurses hands over: a character, the number of a key, or nothing.
enum RawInput: Equatable {
  case character(UInt32)
  case code(Int32)
  case none
}

/// Where input comes from.
protocol InputSource {
  /// The next piece; `.none` if none comes within the time.
  mutating func next(waitMilliseconds: Int32) -> RawInput
}

/// Turns ncurses' characters and key numbers into events.
struct InputDecoder {
  enum Decoded {
    case event(Event)
    /// Something came that means nothing to us.
    case ignored
    case idle
  }

  /// The rest of a sequence or a paste follows at once; more than this and it was cut.
  private static let restMilliseconds: Int32 = 500
  private static let reportLengthMax = 32
  /// Scalars of a paste; what is beyond them is dropped.
  private static let pasteLengthMax = 1 << 20

  /// Takes one event from `source`. Waits only for the rest of what has begun.
  func next(from source: inout some InputSource) -> Decoded {
    switch source.next(waitMilliseconds: 0) {
    case .none: .idle
    case .character(0x1B): escape(from: &source)
    case .character(let value): Self.key(value).map { .event(.key($0)) } ?? .ignored
    case .code(let code): decode(code, from: &source)
    }
  }

  private func decode(_ code: Int32, from source: inout some InputSource) -> Decoded {
    switch KeyTable.meaning(code) {
    case .key(let key): .event(.key(key))
    case .pasteStart: .event(.paste(paste(from: &source)))
    case .mouse: mouse(from: &source).map { .event(.mouse($0)) } ?? .ignored
    case .oldMouse: oldMouse(from: &source).map { .event(.mouse($0)) } ?? .ignored
    case .pasteEnd, nil: .ignored
    }
  }

  // MARK: Keys

  private static func key(_ value: UInt32) -> Key? {
    switch value {
    case 0: .ctrl(" ")
    case 8, 0x7F: .backspace
    case 9: .tab
    case 13: .enter
    case 1...26: Unicode.Scalar(value + 0x60).map { .ctrl(Character($0)) }
    case 0x1C...0x1F: Unicode.Scalar(value + 0x40).map { .ctrl(Character($0)) }
    case 0x20..<0x7F, 0xA0...: Unicode.Scalar(value).map { .character(Character($0)) }
    default: nil
    }
  }

  /// ncurses has waited for the rest already: what comes at once belongs to it.
  private func escape(from source: inout some InputSource) -> Decoded {
    switch source.next(waitMilliseconds: 0) {
    case .none: return .event(.key(.escape))
    case .character(0x5B): return unknownSequence(from: &source)
    case .character(let value):
      switch Self.key(value) {
      case .character(let character): return .event(.key(.alt(character)))
      // Escape twice, or with Return or Tab: the second one counts.
      case .some(let key): return .event(.key(key))
      case nil: return value == 0x1B ? .event(.key(.escape)) : .ignored
      }
    case .code(let code): return decode(code, from: &source)
    }
  }

  /// Swallows `ESC [ … final`, so that its characters are not taken for typed ones. `ESC [` alone
  /// is Alt and the bracket.
  private func unknownSequence(from source: inout some InputSource) -> Decoded {
    for count in 0..<Self.reportLengthMax {
      switch source.next(waitMilliseconds: 0) {
      case .none: return count == 0 ? .event(.key(.alt("["))) : .ignored
      case .character(let value) where (0x20..<0x40).contains(value): continue
      default: return .ignored
      }
    }
    return .ignored
  }

  // MARK: Paste

  private func paste(from source: inout some InputSource) -> String {
    var scalars = String.UnicodeScalarView()
    var count = 0
    var isAfterReturn = false
    while true {
      var value: UInt32
      switch source.next(waitMilliseconds: Self.restMilliseconds) {
      case .none: return String(scalars)
      case .code(let code):
        if KeyTable.meaning(code) == .pasteEnd { return String(scalars) }
        continue
      case .character(let character): value = character
      }
      // Terminals send the Return key for a line's end, and some both characters of CR LF.
      let isReturn = value == 13
      if value == 10, isAfterReturn { value = 0 }
      isAfterReturn = isReturn
      if isReturn { value = 10 }
      guard value == 9 || value == 10 || (value >= 0x20 && !(0x7F..<0xA0).contains(value)),
        count < Self.pasteLengthMax, let scalar = Unicode.Scalar(value)
      else { continue }
      scalars.append(scalar)
      count += 1
    }
  }

  // MARK: Mouse

  /// SGR, after `ESC [ <`: `button;x;yM` for a press and `m` for a release, counted from 1.
  private func mouse(from source: inout some InputSource) -> Mouse? {
    var numbers = [0]
    for _ in 0..<Self.reportLengthMax {
      guard case .character(let value) = source.next(waitMilliseconds: Self.restMilliseconds)
      else { return nil }
      switch value {
      case 0x30...0x39:
        let number = (numbers.last ?? 0) * 10 + Int(value - 0x30)
        guard number < 100_000 else { return nil }
        numbers[numbers.count - 1] = number
      case 0x3B: numbers.append(0)
      case 0x4D, 0x6D:
        guard numbers.count == 3 else { return nil }
        return Self.mouse(
          numbers[0], x: numbers[1] - 1, y: numbers[2] - 1, isRelease: value == 0x6D)
      default: return nil
      }
    }
    return nil
  }

  /// X10, after `ESC [ M`: three bytes, each with 32 added.
  private func oldMouse(from source: inout some InputSource) -> Mouse? {
    var numbers: [Int] = []
    for _ in 0..<3 {
      guard case .character(let value) = source.next(waitMilliseconds: Self.restMilliseconds),
        (32..<256).contains(value)
      else { return nil }
      numbers.append(Int(value) - 32)
    }
    return Self.mouse(
      numbers[0], x: numbers[1] - 1, y: numbers[2] - 1, isRelease: numbers[0] & 3 == 3)
  }

  /// `button`: the low two bits tell the button, 4, 8, 16 the modifiers, 32 a motion, 64 the wheel.
  private static func mouse(_ button: Int, x: Int, y: Int, isRelease: Bool) -> Mouse? {
    guard x >= 0, y >= 0, button & 32 == 0, button < 128 else { return nil }
    if button & 64 != 0 {
      switch button & 3 {
      case 0: return Mouse(action: .wheelUp, x: x, y: y)
      case 1: return Mouse(action: .wheelDown, x: x, y: y)
      default: return nil
      }
    }
    if isRelease { return Mouse(action: .release, x: x, y: y) }
    // The other buttons are the terminal's: paste, menu.
    return button & 3 == 0 ? Mouse(action: .press, x: x, y: y) : nil
  }
}
