/// Area graphs of samples, the newest at the right.
extension Canvas {
  /// Draws `samples` from 0 to `peak` over the whole of `rect`. A sample above 0 always shows;
  /// where there is none yet, nothing stands.
  ///
  /// - Parameter hot: the value that has the last colour of the gradient; `peak` if nil.
  mutating func area(
    _ samples: [Double], peak: Double, in rect: Rect, gradient: ThemeGradient,
    hot: Double? = nil
  ) {
    guard rect.width > 0, rect.height > 0 else { return }
    let perCell = glyphs.samplesPerCell
    let shown = samples.suffix(rect.width * perCell)
    let levels = glyphs.levelsPerCell * rect.height
    var heights = Array(repeating: 0, count: rect.width * perCell - shown.count)
    heights += shown.map { Self.level($0, peak: peak, levels: levels) }
    let scale = hot.map { $0 > 0 ? peak / $0 : 1 } ?? 1
    for row in 0..<rect.height {
      let base = (rect.height - 1 - row) * glyphs.levelsPerCell
      for column in 0..<rect.width {
        let left = heights[column * perCell] - base
        let right = perCell == 2 ? heights[column * perCell + 1] - base : left
        guard left > 0 || right > 0 else { continue }
        let top = min(max(left, right), glyphs.levelsPerCell) + base
        let color = theme.color(gradient, at: Double(top) / Double(max(1, levels)) * scale)
        put(
          glyph: glyphs.area(left: left, right: right), x: rect.x + column, y: rect.y + row,
          Style(foreground: color, background: theme[.mainBackground]))
      }
    }
  }

  private static func level(_ sample: Double, peak: Double, levels: Int) -> Int {
    guard sample.isFinite, sample > 0, peak > 0 else { return 0 }
    return max(1, min(levels, Units.integer(sample / peak * Double(levels))))
  }

  /// A bar filled to `fraction`; unknown is an empty bar.
  mutating func meter(_ fraction: Double?, x: Int, y: Int, width: Int, gradient: ThemeGradient) {
    guard width > 0 else { return }
    let part = fraction.map { $0.isFinite ? max(0, min($0, 1)) : 0 } ?? 0
    let full = part > 0 ? max(1, Units.integer(part * Double(width))) : 0
    for column in 0..<width {
      let isFull = column < full
      let place = Double(column + 1) / Double(width)
      let color = isFull ? theme.color(gradient, at: place) : theme[.meterBackground]
      put(
        glyph: isFull ? glyphs.meterFull : glyphs.meterEmpty, x: x + column, y: y,
        Style(foreground: color, background: theme[.mainBackground]))
    }
  }

  /// A graph with its scale at the left and the seconds below.
  ///
  /// - Parameter label: words a value on the scale, with its unit.
  mutating func chart(
    _ samples: [Double], in rect: Rect, gradient: ThemeGradient, hot: Double? = nil,
    label: (Double) -> String
  ) {
    guard rect.height >= 3 else { return }
    let peak = Self.niceCeiling(samples.filter(\.isFinite).max() ?? 0)
    let marks = [(0, peak), ((rect.height - 1) / 2, peak / 2), (rect.height - 2, 0)]
    let scale = marks.map { label($0.1) }.reduce(0) { max($0, TextCells.width(of: $1)) }
    guard rect.width > scale + 8 else { return }
    let plot = Rect(
      x: rect.x + scale + 2, y: rect.y, width: rect.width - scale - 2, height: rect.height - 1)
    let dim = theme.style(.dim)
    for row in 0..<plot.height {
      put(glyph: glyphs.separator, x: plot.x - 1, y: plot.y + row, theme.style(.box))
    }
    for (index, mark) in marks.enumerated() where index != 1 || rect.height >= 6 {
      putRight([Span(label(mark.1), dim)], x: rect.x, y: rect.y + mark.0, width: scale)
    }
    area(samples, peak: peak, in: plot, gradient: gradient, hot: hot)
    timeAxis(under: plot, dim)
  }

  private mutating func timeAxis(under plot: Rect, _ style: Style) {
    let seconds = plot.width * glyphs.samplesPerCell
    let y = plot.y + plot.height
    put("-\(seconds) s", x: plot.x, y: y, width: plot.width, style)
    if plot.width >= 30 {
      let middle = "-\(seconds / 2) s"
      put(middle, x: plot.x + plot.width / 2 - middle.count / 2, y: y, width: 8, style)
    }
    putRight([Span("now", style)], x: plot.x, y: y, width: plot.width)
  }

  /// The next of 1, 2, 2.5 or 5 times a power of ten.
  static func niceCeiling(_ value: Double) -> Double {
    guard value.isFinite, value > 0 else { return 1 }
    var power = 1e-6
    while power < 1e15 {
      for step in [1, 2, 2.5, 5] where step * power >= value { return step * power }
      power *= 10
    }
    return value
  }
}
