/// A box drawing character as four arms from the middle of its cell.
struct BoxArms {
  enum Weight: Character {
    case none = "0"
    case light = "1"
    case heavy = "2"
    case double = "3"

    /// Half the thickness of a single line.
    var half: Double { self == .heavy ? 1.5 : 0.5 }
  }

  var up: Weight
  var right: Weight
  var down: Weight
  var left: Weight

  /// Up, right, down, left of U+2500 to U+257F; dots where the character is no set of arms.
  private static let table = Array(
    """
    0101020210102020................................0110021001200220\
    0011001200210022110012002100220010011002200120021110121021101120\
    2120221012202220101110122011102120212012102220220111011202110212\
    0121012202210222110111021201120221012102220122021111111212111212\
    2111112121212112221111221221221212222122222122222222............\
    0303303003100130033000130031003313003100330010033001300313103130\
    3330101330313033031301310333130331013303131331313333............\
    ................000110000100001000022000020000200201102001022010
    """)

  init?(_ value: UInt32) {
    guard (0x2500...0x257F).contains(value) else { return nil }
    let start = Int(value - 0x2500) * 4
    guard Self.table.count >= start + 4 else { return nil }
    let weights = Self.table[start..<start + 4].compactMap(Weight.init)
    guard weights.count == 4 else { return nil }
    (up, right, down, left) = (weights[0], weights[1], weights[2], weights[3])
  }

  /// All arms as boxes in the coordinates of the cell.
  var boxes: [CellShapes.Box] {
    let horizontal =
      spans(left, opposite: right, before: up, after: down).map { (-1.0, $0) }
      + spans(right, opposite: left, before: up, after: down).map { (1.0, $0) }
    let vertical =
      spans(up, opposite: down, before: left, after: right).map { (-1.0, $0) }
      + spans(down, opposite: up, before: left, after: right).map { (1.0, $0) }
    return horizontal.map { direction, span in
      let ends = Self.ends(direction, span, center: CellShapes.centerX, length: CellShapes.width)
      return CellShapes.Box(
        x: ends.start, y: CellShapes.centerY + span.offset - span.half,
        width: ends.length, height: 2 * span.half)
    }
      + vertical.map { direction, span in
        let ends = Self.ends(
          direction, span, center: CellShapes.centerY, length: CellShapes.height)
        return CellShapes.Box(
          x: CellShapes.centerX + span.offset - span.half, y: ends.start,
          width: 2 * span.half, height: ends.length)
      }
  }

  /// A line of an arm.
  private struct Span {
    /// From the middle, across the arm.
    var offset: Double
    var half: Double
    /// Where it begins, along the arm; negative is beyond the middle.
    var start: Double
  }

  private static func ends(
    _ direction: Double, _ span: Span, center: Double, length: Double
  ) -> (start: Double, length: Double) {
    let inner = center + direction * span.start
    return direction < 0 ? (0, inner) : (inner, length - inner)
  }

  /// The lines of one arm; `before` and `after` are the arms across it, on the side of smaller and
  /// of larger coordinates.
  private func spans(
    _ arm: Weight, opposite: Weight, before: Weight, after: Weight
  ) -> [Span] {
    switch arm {
    case .none: return []
    case .light, .heavy:
      let start = singleStart(arm, opposite: opposite, before: before, after: after)
      return [Span(offset: 0, half: arm.half, start: start)]
    case .double:
      return [
        Span(offset: -1, half: 0.5, start: doubleStart(side: before, other: after)),
        Span(offset: 1, half: 0.5, start: doubleStart(side: after, other: before)),
      ]
    }
  }

  private func singleStart(
    _ arm: Weight, opposite: Weight, before: Weight, after: Weight
  ) -> Double {
    switch (before, after) {
    // It ends at the nearer of two lines, or crosses both.
    case (.double, .double): return opposite == .none ? 0.5 : -0.5
    // It closes the ends of two lines.
    case (.double, _), (_, .double): return -1.5
    default: return -max(before.half, after.half)
    }
  }

  /// Of the line on the side of `side`.
  private func doubleStart(side: Weight, other: Weight) -> Double {
    switch (side, other) {
    case (.double, _): 0.5  // the inner corner
    case (.none, .double): -1.5  // the outer corner
    default: -0.5
    }
  }
}
