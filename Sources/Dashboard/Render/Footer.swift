extension Painter {
  /// What the keys do here, the most useful first; the way to the help always stays.
  mutating func paintFooter(_ rect: Rect) {
    canvas.fill(rect, theme.style(.barText, on: .barBackground))
    let contexts = model.contexts
    let help =
      Bindings.valid(in: contexts).filter { $0.action == .help }
      .first { $0.context == .commands } ?? Bindings.find(.function(1), in: contexts)
    let last = help.map { hint($0) } ?? []
    let lastWidth = Canvas.width(of: last)
    canvas.putRight(last, x: rect.x + 1, y: rect.y, width: rect.width - 2)
    var room = rect.width - 2 - lastWidth - 2
    if room > 30, let reason = model.disconnected, model.overlay == nil {
      let text = "engine lost: \(reason)"
      let width = min(room / 2, TextCells.width(of: text))
      canvas.put(
        text, x: rect.x + rect.width - 1 - lastWidth - 2 - width, y: rect.y, width: width,
        theme.style(.barMark, on: .barBackground))
      room -= width + 2
    }
    var x = rect.x + 1
    let hints = Bindings.valid(in: contexts).filter { $0.rank > 0 }.sorted { $0.rank > $1.rank }
    for binding in hints {
      let spans = hint(binding)
      let width = Canvas.width(of: spans)
      guard width <= room else { break }
      canvas.put(spans, x: x, y: rect.y, width: width)
      x += width + 2
      room -= width + 2
    }
  }

  private func hint(_ binding: Binding) -> [Span] {
    [
      Span(binding.label, theme.style(.barMark, on: .barBackground, .bold)),
      Span(" " + binding.title, theme.style(.barText, on: .barBackground)),
    ]
  }
}
