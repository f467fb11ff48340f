import Core

extension Painter {
  mutating func paintResults(_ rect: Rect) {
    guard let run = model.run else {
      let inside = box(.results, rect)
      state(
        [
          Span("No result yet.", theme.style(.text)),
          Span("F5, Ctrl-J or Alt-Enter runs the text above.", theme.style(.dim)),
        ], in: inside)
      return
    }
    let inside = box(.results, rect, note: resultNote(run))
    guard inside.height > 0 else { return }
    let status = Rect(
      x: inside.x, y: inside.y + inside.height - 1, width: inside.width, height: 1)
    let room = Rect(
      x: inside.x, y: inside.y, width: inside.width, height: inside.height - 1)
    paintStatus(run, status)
    switch run.state {
    case .failed(let error): paintError(error, run, in: room)
    case .running, .cancelling, .finished: paintOutcome(run, in: room)
    }
  }

  private mutating func paintOutcome(_ run: QueryRun, in rect: Rect) {
    if let result = run.result, !result.columns.isEmpty {
      paintGrid(result, in: rect, isRunning: run.isRunning)
    } else if run.isRunning {
      state([Span("Running\(glyphs.ellipsis)  Esc stops it.", theme.style(.dim))], in: rect)
    } else {
      let lines =
        run.isEmpty && run.tags.isEmpty
        ? ["The text holds no statement."] : run.tags.suffix(rect.height)
      state(lines.map { Span($0, theme.style(.text)) }, in: rect)
    }
  }

  // MARK: Words about the result

  /// How many rows there are, and how many of them are here.
  private func resultNote(_ run: QueryRun) -> [Span] {
    guard let result = run.result else { return [] }
    let limit = ResultSet.rowsMax
    if result.rowsReceived > result.rowsKept {
      let why = result.rowsKept == limit ? "limit \(Units.count(limit))" : "limit 64 MB"
      return [
        Span(
          "first \(Units.count(result.rowsKept)) of \(Units.count(result.rowsReceived)) rows"
            + " (\(why))", theme.style(.warning))
      ]
    }
    return [Span(plural(result.rowsReceived, "row"), theme.style(.dim))]
  }

  private mutating func paintStatus(_ run: QueryRun, _ rect: Rect) {
    var left: [Span]
    let elapsed = Units.duration(runSeconds(run))
    switch run.state {
    case .running:
      left = [Span("\(spinner) running ", theme.style(.accent)), Span(elapsed, theme.style(.text))]
    case .cancelling:
      left = [
        Span("\(spinner) cancelling ", theme.style(.warning)), Span(elapsed, theme.style(.text)),
      ]
    case .finished:
      left = [
        Span(tagWords(run), theme.style(.good)), Span("  in \(elapsed)", theme.style(.dim)),
      ]
    case .failed(let error):
      let word = error.sqlState == "57014" ? "canceled" : "failed"
      left = [
        Span(word, theme.style(word == "failed" ? .bad : .warning)),
        Span("  after \(elapsed)", theme.style(.dim)),
      ]
      if !run.tags.isEmpty {
        left.append(Span("  done before it: \(tagWords(run))", theme.style(.text)))
      }
    }
    if let notice = run.notices.last {
      left.append(Span("  \(notice.severity): \(notice.message)", theme.style(.warning)))
    }
    canvas.put(left, x: rect.x, y: rect.y, width: rect.width)
  }

  /// The tags of all statements, the last ones if there are many.
  private func tagWords(_ run: QueryRun) -> String {
    let shown = run.tags.suffix(6).joined(separator: " · ")
    let hidden = run.tags.count - 6
    return hidden > 0 ? "\(Units.count(hidden)) more · \(shown)" : shown
  }

  private func runSeconds(_ run: QueryRun) -> Double? {
    run.seconds ?? run.startedAt.map { max(0, now.seconds(since: $0)) }
  }

  var spinner: String {
    let signs = glyphs.spinner
    let step = Int((now.microseconds / 125_000) % Int64(signs.count))
    return signs[max(0, step)]
  }

  // MARK: Errors

  private mutating func paintError(_ error: SQLError, _ run: QueryRun, in rect: Rect) {
    var head = [Span("ERROR \(error.sqlState)", theme.style(.bad, .bold))]
    let place = error.place(in: run.text)
    if let place {
      head.append(
        Span("  line \(place.line), column \(place.column)", theme.style(.dim)))
    }
    var lines = [head]
    lines += TextCells.wrap(error.message, width: rect.width).map {
      [Span($0, theme.style(.text, .bold))]
    }
    if let place { lines += caretLines(place, width: rect.width) }
    if let detail = error.detail { lines += words("detail", detail, width: rect.width) }
    if let hint = error.hint { lines += words("hint", hint, width: rect.width) }
    for (index, line) in lines.prefix(rect.height).enumerated() {
      canvas.put(line, x: rect.x, y: rect.y + index, width: rect.width)
    }
  }

  /// A label, and the text beside it in as many lines as it takes.
  private func words(_ label: String, _ text: String, width: Int) -> [[Span]] {
    let indent = TextCells.width(of: label) + 2
    return TextCells.wrap(text, width: width - indent).enumerated().map { index, line in
      let start = index == 0 ? label + "  " : String(repeating: " ", count: indent)
      return [Span(start, theme.style(.dim)), Span(line, theme.style(.text))]
    }
  }

  /// The line of the text with a caret under the place, moved left where it is long.
  private func caretLines(
    _ place: (line: Int, column: Int, source: String), width: Int
  ) -> [[Span]] {
    let label = "\(place.line) \(glyphs.separator) "
    let scalars = Array(place.source.unicodeScalars.prefix(100_000))
    let end = min(max(0, place.column - 1), scalars.count)
    let room = max(8, width - TextCells.width(of: label) - 8)
    var start = 0
    while start < end, Self.width(of: scalars[start..<end]) > room {
      start += max(1, (end - start) / 4)
    }
    let before = Self.width(of: scalars[start..<end])
    let blank = String(repeating: " ", count: TextCells.width(of: label) + before)
    var source = String.UnicodeScalarView()
    source.append(contentsOf: scalars[start...])
    return [
      [],
      [Span(label, theme.style(.dim)), Span(String(source), theme.style(.text))],
      [Span(blank + "^", theme.style(.bad, .bold))],
    ]
  }

  private static func width(of scalars: ArraySlice<Unicode.Scalar>) -> Int {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return TextCells.width(of: String(view))
  }
}
