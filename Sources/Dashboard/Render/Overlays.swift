extension Painter {
  /// Every key that is valid where the help was called from, and then the others.
  mutating func paintHelp(first: Int) {
    let lines = model.helpLines()
    let bounds = canvas.bounds
    let width = min(bounds.width - 2, 86)
    let height = min(bounds.height - 2, lines.count + 2)
    let rect = Rect(
      x: (bounds.width - width) / 2, y: 1 + (bounds.height - 2 - height) / 2, width: width,
      height: height)
    canvas.fill(rect, theme.style(.text))
    let visible = rect.height - 2
    let start = max(0, min(first, lines.count - visible))
    let note = range(first: start, visible: visible, of: lines.count)
    let inside = canvas.box(
      rect, title: [Span("Keys", theme.style(.title, .bold))],
      note: note.isEmpty ? [] : [Span(note, theme.style(.dim))], focused: true)
    for (index, line) in lines.dropFirst(start).prefix(visible).enumerated() {
      let y = inside.y + index
      switch line {
      case .heading(let text):
        canvas.put(text, x: inside.x, y: y, width: inside.width, theme.style(.accent, .bold))
      case .binding(let keys, let text):
        canvas.put(keys, x: inside.x + 2, y: y, width: 20, theme.style(.key))
        canvas.put(text, x: inside.x + 23, y: y, width: inside.width - 23, theme.style(.text))
      case .blank: break
      }
    }
  }

  mutating func paintHistory(selected: Int) {
    let bounds = canvas.bounds
    let count = model.history.entries.count
    let width = min(bounds.width - 4, 110)
    let height = min(bounds.height - 4, max(5, count + 2))
    let rect = Rect(
      x: (bounds.width - width) / 2, y: (bounds.height - height) / 2, width: width,
      height: height)
    canvas.fill(rect, theme.style(.text))
    let inside = canvas.box(
      rect, title: [Span("History", theme.style(.title, .bold))],
      note: [Span("\(Units.count(count)) statements, the newest first", theme.style(.dim))],
      focused: true)
    guard count > 0 else {
      state(
        [Span("Nothing was run yet. F5 runs what is in the editor.", theme.style(.dim))],
        in: inside)
      return
    }
    let first = max(0, min(selected - inside.height / 2, count - inside.height))
    for line in 0..<inside.height {
      guard let text = model.history.entry(fromNewest: first + line) else { break }
      let isSelected = first + line == selected
      let style =
        isSelected ? theme.style(.selectedText, on: .selectedBackground) : theme.style(.text)
      let row = Rect(x: inside.x, y: inside.y + line, width: inside.width, height: 1)
      canvas.fill(row, style)
      canvas.put(Self.oneLine(text), x: row.x, y: row.y, width: row.width, style)
    }
  }

  /// A statement with its line breaks and runs of blanks as single blanks; of long ones the start.
  static func oneLine(_ text: String) -> String {
    String(text.prefix(2000)).split(whereSeparator: \.isWhitespace).joined(separator: " ")
  }
}

/// A line of the help.
enum HelpLine: Equatable {
  case heading(String)
  case binding(keys: String, text: String)
  case blank
}

extension Model {
  func helpLines() -> [HelpLine] {
    var behind = self
    behind.overlay = nil
    let here = behind.contexts
    var lines: [HelpLine] = [.heading("Here")]
    lines += Bindings.valid(in: here).map { .binding(keys: $0.label, text: $0.help) }
    for context in [Context.commands, .streams, .views, .tiers, .editor, .results, .query]
    where !here.contains(context) {
      lines += [.blank, .heading(context.rawValue)]
      lines += Bindings.valid(in: [context]).map { .binding(keys: $0.label, text: $0.help) }
    }
    return lines
  }
}
