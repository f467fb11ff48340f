import Dashboard

/// Builds terminal output that changes as few attributes as it can.
struct SGRWriter {
  private(set) var output = ""
  let depth: ColorDepth
  /// What the terminal is set to.
  private(set) var style = Style()

  init(depth: ColorDepth) {
    self.depth = depth
  }

  mutating func raw(_ text: String) {
    output += text
  }

  mutating func put(_ cell: Cell) {
    set(cell.style)
    output += cell.printable
  }

  /// Changes to `wanted`, by the shorter of two ways: from what is set, or from a reset.
  mutating func set(_ wanted: Style) {
    let wanted = reduced(wanted)
    guard wanted != style else { return }
    let fromReset = ["0"] + additions(from: Style(), to: wanted)
    let stepwise = removals(from: style, to: wanted) + additions(from: style, to: wanted)
    let short = stepwise.joined(separator: ";")
    let long = wanted == Style() ? "" : fromReset.joined(separator: ";")
    output += "\u{1B}[" + (short.utf8.count <= long.utf8.count ? short : long) + "m"
    style = wanted
  }

  /// The style without what this depth cannot show, so that it does not count as a change.
  private func reduced(_ style: Style) -> Style {
    guard depth == .mono else { return style }
    return Style(attributes: style.attributes)
  }

  /// Bold and dim are switched off together, so the one that stays is set again.
  private func removals(from old: Style, to new: Style) -> [String] {
    let gone = old.attributes.subtracting(new.attributes)
    var codes: [String] = []
    if gone.contains(.bold) || gone.contains(.dim) {
      codes.append("22")
      if !gone.contains(.bold), old.attributes.contains(.bold) { codes.append("1") }
      if !gone.contains(.dim), old.attributes.contains(.dim) { codes.append("2") }
    }
    if gone.contains(.underline) { codes.append("24") }
    if gone.contains(.reverse) { codes.append("27") }
    return codes
  }

  private func additions(from old: Style, to new: Style) -> [String] {
    let added = new.attributes.subtracting(old.attributes)
    var codes: [String] = []
    if added.contains(.bold) { codes.append("1") }
    if added.contains(.dim) { codes.append("2") }
    if added.contains(.underline) { codes.append("4") }
    if added.contains(.reverse) { codes.append("7") }
    if old.foreground != new.foreground { codes.append(code(new.foreground, base: 30)) }
    if old.background != new.background { codes.append(code(new.background, base: 40)) }
    return codes
  }

  /// `base`: 30 for the foreground, 40 for the background.
  private func code(_ color: Color, base: Int) -> String {
    guard case .rgb(let red, let green, let blue) = color else { return "\(base + 9)" }
    guard let index = Palette.index(color, depth: depth) else {
      return "\(base + 8);2;\(red);\(green);\(blue)"
    }
    switch depth {
    case .palette256: return "\(base + 8);5;\(index)"
    default: return index < 8 ? "\(base + index)" : "\(base + 60 + index - 8)"
    }
  }
}
