/// What a character that draws lines or areas looks like, in the coordinates of its cell.
///
/// Fonts differ in how far these glyphs reach, so lines drawn by a font have gaps.
struct CellShapes: Equatable {
  struct Box: Equatable {
    var x: Double
    var y: Double
    var width: Double
    var height: Double
  }

  /// Of a cell. Twice as high as wide, so that braille dots stand in a square grid.
  static let width = 9.0
  static let height = 18.0
  /// Where light lines run: the middle of a pixel, so that they are sharp.
  static let centerX = 4.5
  static let centerY = 9.5

  /// Areas, whose edges meet those of the neighbours.
  var areas: [Box] = []
  /// Straight lines.
  var lines: [Box] = []
  /// Curves and diagonals: path data with `M` first, relative after it.
  var strokes: [(x: Double, y: Double, path: String)] = []
  /// Centres of braille dots.
  var dots: [(x: Double, y: Double)] = []
  /// How much of the foreground is mixed into the areas' colour.
  var shade = 1.0

  /// nil if the character is for the font to draw.
  init?(_ scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x2500...0x257F: drawLines(scalar.value)
    case 0x2580...0x259F: drawBlock(scalar.value)
    case 0x2800...0x28FF: drawBraille(scalar.value)
    default: return nil
    }
  }

  static func == (a: CellShapes, b: CellShapes) -> Bool {
    a.areas == b.areas && a.lines == b.lines && a.shade == b.shade
      && a.strokes.elementsEqual(b.strokes, by: ==) && a.dots.elementsEqual(b.dots, by: ==)
  }

  // MARK: Braille

  private mutating func drawBraille(_ value: UInt32) {
    // Bits 0 to 2 go down the left column, 3 to 5 down the right one; 6 and 7 are the last row.
    let places = [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3)]
    for (bit, place) in places.enumerated() where value & (1 << UInt32(bit)) != 0 {
      dots.append((2.25 + 4.5 * Double(place.0), 2.25 + 4.5 * Double(place.1)))
    }
  }

  // MARK: Blocks

  private mutating func drawBlock(_ value: UInt32) {
    let (width, height) = (Self.width, Self.height)
    switch value {
    case 0x2580: area(0, 0, width, height / 2)
    case 0x2581...0x2588:
      let part = height * Double(value - 0x2580) / 8
      area(0, height - part, width, part)
    case 0x2589...0x258F: area(0, 0, width * Double(0x2590 - value) / 8, height)
    case 0x2590: area(width / 2, 0, width / 2, height)
    case 0x2591...0x2593:
      area(0, 0, width, height)
      shade = Double(value - 0x2590) / 4
    case 0x2594: area(0, 0, width, height / 8)
    case 0x2595: area(width * 7 / 8, 0, width / 8, height)
    default: drawQuadrants(value)
    }
  }

  private mutating func drawQuadrants(_ value: UInt32) {
    // Upper left 1, upper right 2, lower left 4, lower right 8, from U+2596 on.
    let sets = [4, 8, 1, 13, 9, 7, 11, 2, 6, 14]
    let index = Int(value) - 0x2596
    guard sets.indices.contains(index) else { return }
    let (width, height) = (Self.width / 2, Self.height / 2)
    for (bit, place) in [(0.0, 0.0), (1, 0), (0, 1), (1, 1)].enumerated()
    where sets[index] & (1 << bit) != 0 {
      area(place.0 * width, place.1 * height, width, height)
    }
  }

  private mutating func area(_ x: Double, _ y: Double, _ width: Double, _ height: Double) {
    areas.append(Box(x: x, y: y, width: width, height: height))
  }

  // MARK: Lines

  private mutating func drawLines(_ value: UInt32) {
    switch value {
    case 0x2504...0x250B:
      drawDashes(value - 0x2504, count: value < 0x2508 ? 3 : 4)
    case 0x254C...0x254F:
      drawDashes(value - 0x254C, count: 2)
    case 0x256D...0x2570: drawArc(value)
    case 0x2571...0x2573: drawDiagonals(value)
    default:
      if let arms = BoxArms(value) { lines += arms.boxes }
    }
  }

  /// `kind`: bit 0 is heavy, bit 1 is vertical.
  private mutating func drawDashes(_ kind: UInt32, count: Int) {
    let half = kind & 1 == 0 ? 0.5 : 1.5
    let isVertical = kind & 2 != 0
    let period = (isVertical ? Self.height : Self.width) / Double(count)
    for step in 0..<count {
      let start = period * (Double(step) + 0.2)
      let length = period * 0.6
      lines.append(
        isVertical
          ? Box(x: Self.centerX - half, y: start, width: 2 * half, height: length)
          : Box(x: start, y: Self.centerY - half, width: length, height: 2 * half))
    }
  }

  private mutating func drawArc(_ value: UInt32) {
    let below = Self.height - Self.centerY - Self.centerX
    let above = Self.centerY - Self.centerX
    let (x, bottom) = (Self.centerX, Self.height)
    switch value {
    case 0x256D: strokes.append((x, bottom, "v\(-below)a4.5 4.5 0 0 1 4.5 -4.5"))
    case 0x256E: strokes.append((x, bottom, "v\(-below)a4.5 4.5 0 0 0 -4.5 -4.5"))
    case 0x256F: strokes.append((x, 0, "v\(above)a4.5 4.5 0 0 1 -4.5 4.5"))
    default: strokes.append((x, 0, "v\(above)a4.5 4.5 0 0 0 4.5 4.5"))
    }
  }

  private mutating func drawDiagonals(_ value: UInt32) {
    if value != 0x2572 { strokes.append((0, Self.height, "l9 -18")) }
    if value != 0x2571 { strokes.append((0, 0, "l9 18")) }
  }
}
