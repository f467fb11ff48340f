package import Dashboard

/// How many colours an output has.
package enum ColorDepth: String, CaseIterable, Sendable {
  /// Only bold, dim, underline and reverse.
  case mono
  case ansi8
  case ansi16
  /// The cube of 6 x 6 x 6 and the ramp of greys that follow the 16.
  case palette256
  /// 24 bits.
  case direct
}

/// 24-bit colours in a palette of fewer.
package enum Palette {
  private static let cubeLevels = [0, 95, 135, 175, 215, 255]

  /// The nearest of colours 16 to 255. The first 16 are left out: users change them.
  package static func index256(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Int {
    let wanted = (Int(red), Int(green), Int(blue))
    let steps = (nearestLevel(wanted.0), nearestLevel(wanted.1), nearestLevel(wanted.2))
    let cube = (cubeLevels[steps.0], cubeLevels[steps.1], cubeLevels[steps.2])
    let cubeIndex = 16 + 36 * steps.0 + 6 * steps.1 + steps.2

    let average = (wanted.0 + wanted.1 + wanted.2) / 3
    let greyStep = min(23, max(0, (average - 3) / 10))
    let grey = 8 + 10 * greyStep
    let isGreyNearer = distance(wanted, (grey, grey, grey)) < distance(wanted, cube)
    return isGreyNearer ? 232 + greyStep : cubeIndex
  }

  /// The one of the 16 ANSI colours that keeps the hue; greys go by their lightness.
  package static func index16(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Int {
    let highest = max(red, green, blue)
    let lowest = min(red, green, blue)
    let spread = highest - lowest
    guard spread >= 48 || Int(spread) * 3 > Int(highest) else {
      return greyIndex(Int(red) + Int(green) + Int(blue))
    }
    let middle = (Int(highest) + Int(lowest)) / 2
    let hue =
      (Int(red) > middle ? 1 : 0) + (Int(green) > middle ? 2 : 0) + (Int(blue) > middle ? 4 : 0)
    if highest < 40 { return 0 }
    return highest >= 192 ? hue + 8 : hue
  }

  /// As `index16`, without the bright half.
  package static func index8(_ red: UInt8, _ green: UInt8, _ blue: UInt8) -> Int {
    let index = index16(red, green, blue)
    // Bright black is a dark grey, which is nearer to white on a black screen: it stays readable.
    return index == 8 ? 7 : index & 7
  }

  /// The index of `color` in a palette; nil for the terminal's own colour and for depths that have
  /// no palette.
  package static func index(_ color: Color, depth: ColorDepth) -> Int? {
    guard case .rgb(let red, let green, let blue) = color else { return nil }
    return switch depth {
    case .palette256: index256(red, green, blue)
    case .ansi16: index16(red, green, blue)
    case .ansi8: index8(red, green, blue)
    case .mono, .direct: nil
    }
  }

  private static func greyIndex(_ sum: Int) -> Int {
    switch sum / 3 {
    case ..<48: 0
    case ..<144: 8
    case ..<216: 7
    default: 15
    }
  }

  private static func nearestLevel(_ value: Int) -> Int {
    value < 48 ? 0 : value < 115 ? 1 : (value - 35) / 40
  }

  /// Weighted as the eye does, coarsely.
  private static func distance(_ a: (Int, Int, Int), _ b: (Int, Int, Int)) -> Int {
    let (red, green, blue) = (a.0 - b.0, a.1 - b.1, a.2 - b.2)
    return 2 * red * red + 4 * green * green + 3 * blue * blue
  }
}
