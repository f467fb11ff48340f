import Core

/// Dialogs of the streams screen, and the confirmation that the views screen has too: a box in the
/// middle, over what was there.
extension Painter {
  mutating func paintConfirmation(_ action: Change) {
    let lines = wrapped(action.words) + [[], sqlLine(action.sql)]
    let inside = dialog(title: action.title, lines: lines.count)
    put(lines, in: inside)
  }

  mutating func paintScale(_ dialog: ScaleDialog) {
    let (fewest, most) = (dialog.reachable.lowerBound, dialog.reachable.upperBound)
    let bounds = "\(Units.count(fewest)) to \(Units.count(most))"
    var lines = [
      [
        Span("Open shards  ", theme.style(.dim)),
        Span(Units.count(dialog.current), theme.style(.text)),
        Span("  \(glyphs.steady)  ", theme.style(.dim)),
        Span(
          " \(dialog.text) ",
          dialog.isProposed
            ? theme.style(.selectedText, on: .selectedBackground, .bold)
            : theme.style(.text, [.bold, .underline])),
        Span("  type a number, or Left and Right", theme.style(.dim)),
      ],
      [Span("One change goes from half to double of them: \(bounds).", theme.style(.dim))], [],
    ]
    if let action = dialog.action {
      lines += wrapped(action.words) + [[], sqlLine(action.sql)]
    } else {
      let words =
        dialog.target == dialog.current
        ? "The stream has \(dialog.current) open shards already."
        : "From \(Units.count(dialog.current)) it goes to \(bounds) open shards, not to "
          + (dialog.text.isEmpty ? "nothing." : "\(dialog.text).")
      lines.append([Span(words, theme.style(.warning))])
    }
    put(lines, in: self.dialog(title: "Scale \(dialog.stream)", lines: lines.count))
  }

  mutating func paintFaultForm(_ form: FaultForm) {
    var lines = FaultForm.Field.allCases.map { field in
      let isFocused = field == form.field
      let title = field.title + String(repeating: " ", count: 11 - field.title.count)
      return [
        Span(isFocused ? glyphs.chosen + " " : "  ", theme.style(.key)),
        Span(title, theme.style(.dim)),
        Span(
          " \(form.text(of: field)) ",
          isFocused
            ? theme.style(.selectedText, on: .selectedBackground, .bold) : theme.style(.text)),
      ]
    }
    lines.append([])
    switch form.rule {
    case .success(let rule):
      let action = StreamAction.setFault(rule)
      lines += wrapped(action.words) + [[], sqlLine(action.sql)]
    case .failure(let error):
      lines += wrapped([error.description]).map { $0.map { Span($0.text, theme.style(.warning)) } }
    }
    put(lines, in: dialog(title: "Set a fault", lines: lines.count))
  }

  mutating func paintPolicyForm(_ form: PolicyForm) {
    var lines = PolicyForm.Field.allCases.map { field in
      let isFocused = field == form.field
      let title = field.title + String(repeating: " ", count: 13 - field.title.count)
      return [
        Span(isFocused ? glyphs.chosen + " " : "  ", theme.style(.key)),
        Span(title, theme.style(.dim)),
        Span(
          " \(form.text(of: field)) ",
          isFocused
            ? theme.style(.selectedText, on: .selectedBackground, .bold) : theme.style(.text)),
      ]
    }
    lines.append([])
    if let action = form.action {
      lines += wrapped(action.words) + [[], sqlLine(action.sql)]
    } else {
      lines.append([Span(form.problem ?? "", theme.style(.warning))])
    }
    put(lines, in: dialog(title: "Policy \(form.policy.name)", lines: lines.count))
  }

  private var dialogWidth: Int { min(canvas.bounds.width - 4, 84) }

  private func sqlLine(_ sql: String) -> [Span] {
    [Span(sql, theme.style(.sqlKeyword))]
  }

  private mutating func dialog(title: String, lines: Int) -> Rect {
    let bounds = canvas.bounds
    let height = min(bounds.height - 2, lines + 4)
    let rect = Rect(
      x: (bounds.width - dialogWidth) / 2, y: 1 + max(0, (bounds.height - 2 - height) / 2),
      width: dialogWidth, height: height)
    canvas.fill(rect, theme.style(.text))
    let inside = canvas.box(
      rect, title: [Span(title, theme.style(.title, .bold))], note: [], focused: true)
    return Rect(
      x: inside.x + 1, y: inside.y + 1, width: inside.width - 2, height: inside.height - 2)
  }

  private mutating func put(_ lines: [[Span]], in rect: Rect) {
    for (index, line) in lines.prefix(max(0, rect.height)).enumerated() {
      canvas.put(line, x: rect.x, y: rect.y + index, width: rect.width)
    }
  }

  /// Sentences cut into lines between words.
  private func wrapped(_ sentences: [String]) -> [[Span]] {
    let width = dialogWidth - 6
    var lines: [[Span]] = []
    for sentence in sentences {
      var line = ""
      for word in sentence.split(separator: " ") {
        if !line.isEmpty, TextCells.width(of: line) + 1 + TextCells.width(of: String(word)) > width
        {
          lines.append([Span(line, theme.style(.text))])
          line = ""
        }
        line += (line.isEmpty ? "" : " ") + word
      }
      lines.append([Span(line, theme.style(.text))])
    }
    return lines
  }
}
