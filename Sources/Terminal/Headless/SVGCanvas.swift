import Dashboard

/// 24 bits, resolved: no longer "the terminal's own".
struct RGB: Hashable {
  var red: UInt8
  var green: UInt8
  var blue: UInt8

  init(_ red: UInt8, _ green: UInt8, _ blue: UInt8) {
    (self.red, self.green, self.blue) = (red, green, blue)
  }

  init(_ color: Color, terminal: RGB) {
    self = terminal
    if case .rgb(let red, let green, let blue) = color { self.init(red, green, blue) }
  }

  var hex: String { Color.rgb(red, green, blue).hex ?? "#000000" }

  /// `part` (0 to 1) of this colour, the rest of `other`.
  func mixed(_ part: Double, with other: RGB) -> RGB {
    func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
      UInt8(clamping: Int((Double(a) * part + Double(b) * (1 - part)).rounded()))
    }
    return RGB(mix(red, other.red), mix(green, other.green), mix(blue, other.blue))
  }
}

/// Boxes of one colour after another, in the order in which each colour was first used. A box that
/// continues the last one of its colour becomes one with it.
struct BoxLayers {
  private var layers: [(color: RGB, boxes: [CellShapes.Box])] = []
  private var indexes: [RGB: Int] = [:]

  mutating func add(_ box: CellShapes.Box, color: RGB) {
    guard let layer = indexes[color] else {
      indexes[color] = layers.count
      layers.append((color, [box]))
      return
    }
    let end = layers[layer].boxes.count - 1
    let last = layers[layer].boxes[end]
    let lastRight = last.x + last.width
    if last.y == box.y, last.height == box.height, box.x >= last.x, box.x <= lastRight {
      layers[layer].boxes[end].width = max(lastRight, box.x + box.width) - last.x
    } else {
      layers[layer].boxes.append(box)
    }
  }

  /// A path element for each colour.
  func elements() -> [String] {
    layers.map { color, boxes in
      let data = boxes.map { box in
        "M\(number(box.x)) \(number(box.y))h\(number(box.width))v\(number(box.height))"
          + "h\(number(-box.width))z"
      }
      return "<path fill=\"\(color.hex)\" d=\"\(data.joined())\"/>"
    }
  }
}

/// Stroked paths by colour, in the order of first use.
struct StrokeLayers {
  private var data: [RGB: String] = [:]
  private var order: [RGB] = []

  mutating func add(x: Double, y: Double, path: String, color: RGB) {
    if data[color] == nil { order.append(color) }
    data[color, default: ""] += "M\(number(x)) \(number(y))\(path)"
  }

  func elements() -> [String] {
    order.map { "<path stroke=\"\($0.hex)\" d=\"\(data[$0] ?? "")\"/>" }
  }
}

/// At most two decimals, none for whole numbers, the same in every locale.
func number(_ value: Double) -> String {
  guard value.isFinite, abs(value) < 1e12 else { return "0" }
  let hundredths = Int((value * 100).rounded())
  let sign = hundredths < 0 ? "-" : ""
  let (whole, rest) = (abs(hundredths) / 100, abs(hundredths) % 100)
  if rest == 0 { return "\(sign)\(whole)" }
  if rest % 10 == 0 { return "\(sign)\(whole).\(rest / 10)" }
  return "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
}

extension String {
  var xmlEscaped: String {
    var result = ""
    for scalar in unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case _ where scalar.value < 0x20: result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
