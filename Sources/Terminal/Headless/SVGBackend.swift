package import Dashboard

/// A frame as a picture of a terminal window: one SVG file that needs nothing else.
///
/// Every cell is 9 x 18 units. Lines, blocks and braille are shapes; all other text is placed so
/// that it stands in its cells in any font. The same frame gives the same bytes.
package enum SVGBackend {
  package struct Appearance: Sendable {
    /// What the terminal's own colours are.
    package var foreground: Color
    package var background: Color
    /// With a title bar and a border.
    package var hasWindow: Bool

    package init(
      foreground: Color = .rgb(0xD4, 0xD8, 0xDF), background: Color = .rgb(0x11, 0x15, 0x1C),
      hasWindow: Bool = true
    ) {
      self.foreground = foreground
      self.background = background
      self.hasWindow = hasWindow
    }
  }

  package static func render(
    _ frame: Frame, title: String, appearance: Appearance = Appearance()
  ) -> String {
    var drawing = SVGDrawing(frame, appearance: appearance)
    drawing.draw()
    return drawing.document(title: title)
  }
}

/// One picture in the making.
struct SVGDrawing {
  private static let padding = 12.0
  private static let barHeight = 34.0
  private static let fonts =
    "ui-monospace, SFMono-Regular, Menlo, 'Cascadia Mono', 'DejaVu Sans Mono', monospace"

  private let frame: Frame
  private let hasWindow: Bool
  private let terminalForeground: RGB
  private let terminalBackground: RGB
  /// The background of most cells: the window has it too, and only other cells are painted.
  private let canvas: RGB
  private var backgrounds = BoxLayers()
  private var areas = BoxLayers()
  private var lines = BoxLayers()
  private var strokes = StrokeLayers()
  private var dots = StrokeLayers()
  private var texts: [String] = []

  init(_ frame: Frame, appearance: SVGBackend.Appearance) {
    self.frame = frame
    hasWindow = appearance.hasWindow
    terminalForeground = RGB(appearance.foreground, terminal: RGB(0xD4, 0xD8, 0xDF))
    let background = RGB(appearance.background, terminal: RGB(0x11, 0x15, 0x1C))
    terminalBackground = background
    var counts: [Color: Int] = [:]
    for cell in frame.cells { counts[cell.style.background, default: 0] += 1 }
    // Of several that are equally frequent, the first in the frame: dictionaries have no order.
    let most = counts.values.max() ?? 0
    let dominant = frame.cells.first { counts[$0.style.background] == most }?.style.background
    canvas = RGB(dominant ?? .terminal, terminal: background)
  }

  mutating func draw() {
    for y in 0..<frame.size.height {
      drawBackgrounds(y)
      drawRow(y)
    }
    if let cursor = frame.cursor {
      let (x, y) = position(cursor.x, cursor.y)
      let box = CellShapes.Box(x: x, y: y, width: 2, height: CellShapes.height)
      areas.add(box, color: terminalForeground)
    }
  }

  private func position(_ x: Int, _ y: Int) -> (Double, Double) {
    (Double(x) * CellShapes.width, Double(y) * CellShapes.height)
  }

  private func colors(_ style: Style) -> (foreground: RGB, background: RGB) {
    var foreground = RGB(style.foreground, terminal: terminalForeground)
    var background = RGB(style.background, terminal: terminalBackground)
    if style.attributes.contains(.reverse) { swap(&foreground, &background) }
    if style.attributes.contains(.dim) { foreground = foreground.mixed(0.6, with: background) }
    return (foreground, background)
  }

  private mutating func drawBackgrounds(_ row: Int) {
    for run in frame.styledRuns(row) {
      let (foreground, background) = colors(run.style)
      let (x, y) = position(run.x, row)
      let width = Double(run.width) * CellShapes.width
      if background != canvas {
        let box = CellShapes.Box(x: x, y: y, width: width, height: CellShapes.height)
        backgrounds.add(box, color: background)
      }
      if run.style.attributes.contains(.underline) {
        lines.add(CellShapes.Box(x: x, y: y + 16, width: width, height: 1), color: foreground)
      }
    }
  }

  // MARK: Characters

  /// Text that is collected until something ends it.
  private struct Pending {
    var x: Int
    var style: Style
    var text = ""
  }

  private mutating func drawRow(_ y: Int) {
    var pending: Pending?
    for (x, cell) in frame.row(y).enumerated() where cell.width != 0 {
      let scalars = cell.text.unicodeScalars
      let isPlain = scalars.count <= 1 && (scalars.first?.value ?? 0x20) < 0x250
      if isPlain, cell.width == 1 {
        if pending?.style != cell.style {
          flush(&pending, y)
          pending = Pending(x: x, style: cell.style)
        }
        pending?.text += cell.printable
        continue
      }
      flush(&pending, y)
      if scalars.count == 1, let scalar = scalars.first, let shapes = CellShapes(scalar) {
        draw(shapes, style: cell.style, x: x, y: y)
      } else {
        drawAlone(cell, x: x, y: y)
      }
    }
    flush(&pending, y)
  }

  /// Writes the collected text without the spaces around it.
  private mutating func flush(_ pending: inout Pending?, _ y: Int) {
    defer { pending = nil }
    guard let run = pending else { return }
    let leading = run.text.prefix { $0 == " " }.count
    var text = run.text.dropFirst(leading)
    while text.last == " " { text.removeLast() }
    guard !text.isEmpty else { return }
    let width = Double(text.unicodeScalars.count) * CellShapes.width
    write(String(text), style: run.style, x: run.x + leading, y: y, width: width, stretch: false)
  }

  /// A character whose glyph may come from another font: it gets its place, and is made to fit.
  private mutating func drawAlone(_ cell: Cell, x: Int, y: Int) {
    let width = Double(cell.width) * CellShapes.width
    write(cell.printable, style: cell.style, x: x, y: y, width: width, stretch: true)
  }

  private mutating func write(
    _ text: String, style: Style, x: Int, y: Int, width: Double, stretch: Bool
  ) {
    let (left, top) = position(x, y)
    let color = colors(style).foreground
    let weight = style.attributes.contains(.bold) ? " font-weight=\"700\"" : ""
    let adjust = stretch ? " lengthAdjust=\"spacingAndGlyphs\"" : ""
    texts.append(
      "<text x=\"\(number(left))\" y=\"\(number(top + 14))\" textLength=\"\(number(width))\""
        + "\(adjust) fill=\"\(color.hex)\"\(weight)>\(text.xmlEscaped)</text>")
  }

  private mutating func draw(_ shapes: CellShapes, style: Style, x: Int, y: Int) {
    let (left, top) = position(x, y)
    let (foreground, background) = colors(style)
    let areaColor = foreground.mixed(shapes.shade, with: background)
    func moved(_ box: CellShapes.Box) -> CellShapes.Box {
      CellShapes.Box(x: box.x + left, y: box.y + top, width: box.width, height: box.height)
    }
    for box in shapes.areas { areas.add(moved(box), color: areaColor) }
    for box in shapes.lines { lines.add(moved(box), color: foreground) }
    for stroke in shapes.strokes {
      strokes.add(x: left + stroke.x, y: top + stroke.y, path: stroke.path, color: foreground)
    }
    for dot in shapes.dots {
      // A line of almost no length with round ends is a dot.
      dots.add(x: left + dot.x, y: top + dot.y, path: "h.01", color: foreground)
    }
  }

  // MARK: The file

  func document(title: String) -> String {
    let inner = position(frame.size.width, frame.size.height)
    let (padding, bar) = hasWindow ? (Self.padding, Self.barHeight) : (0, 0)
    let (width, height) = (inner.0 + 2 * padding, inner.1 + 2 * padding + bar)
    let size = "width=\"\(number(width))\" height=\"\(number(height))\""
    var parts = [
      "<svg xmlns=\"http://www.w3.org/2000/svg\" \(size)"
        + " viewBox=\"0 0 \(number(width)) \(number(height))\" role=\"img\">",
      "<title>\(title.xmlEscaped)</title>",
    ]
    parts += hasWindow ? window(width: width, height: height, title: title) : [sheet]
    parts.append("<g transform=\"translate(\(number(padding)) \(number(bar + padding)))\">")
    parts += group("shape-rendering=\"crispEdges\"", backgrounds.elements() + areas.elements())
    parts += group("", lines.elements())
    parts += group("fill=\"none\"", strokes.elements())
    let dot = "fill=\"none\" stroke-width=\"3\" stroke-linecap=\"round\""
    parts += group(dot, dots.elements())
    let font = "font-family=\"\(Self.fonts)\" font-size=\"15\" xml:space=\"preserve\""
    parts += group("\(font) style=\"white-space:pre\"", texts)
    return (parts + ["</g>", "</svg>"]).joined(separator: "\n") + "\n"
  }

  private func group(_ attributes: String, _ elements: [String]) -> [String] {
    if elements.isEmpty { return [] }
    return [attributes.isEmpty ? "<g>" : "<g \(attributes)>"] + elements + ["</g>"]
  }

  private var sheet: String {
    "<rect width=\"100%\" height=\"100%\" fill=\"\(canvas.hex)\"/>"
  }

  /// Rounded, with a bar that has three buttons and the title.
  private func window(width: Double, height: Double, title: String) -> [String] {
    func box(_ width: Double, _ height: Double) -> String {
      "width=\"\(number(width))\" height=\"\(number(height))\""
    }
    let border = terminalForeground.mixed(0.25, with: canvas).hex
    let titleColor = terminalForeground.mixed(0.7, with: canvas).hex
    let bar = terminalForeground.mixed(0.07, with: canvas).hex
    let buttons = [("20", "#ff5f57"), ("40", "#febc2e"), ("60", "#28c840")].map {
      "<circle cx=\"\($0.0)\" cy=\"17\" r=\"6\" fill=\"\($0.1)\"/>"
    }
    return [
      "<clipPath id=\"w\"><rect \(box(width, height)) rx=\"9\"/></clipPath>",
      "<g clip-path=\"url(#w)\">", sheet,
      "<rect width=\"100%\" height=\"34\" fill=\"\(bar)\"/>", "</g>",
      "<rect x=\"0.5\" y=\"0.5\" \(box(width - 1, height - 1)) rx=\"8.5\" fill=\"none\""
        + " stroke=\"\(border)\"/>",
    ] + buttons + [
      "<text x=\"50%\" y=\"22\" text-anchor=\"middle\" font-family=\"system-ui, sans-serif\""
        + " font-size=\"13\" fill=\"\(titleColor)\">\(title.xmlEscaped)</text>"
    ]
  }
}
