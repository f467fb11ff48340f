package import Core

/// A numeric format string of TO_CHAR and TO_NUMBER.
///
/// Source: the page "Numeric format strings" of Redshift's documentation, and its examples on the
/// pages TO_CHAR and TO_NUMBER; where they leave something open, PostgreSQL's rules.
package struct NumberTemplate: Sendable {
  enum Element: Equatable, Sendable {
    case digit(isZero: Bool)
    case point
    case group
    case currency
    case sign
    case minus
    case plus
    case plusOrMinus
    case text(Character)
  }

  private(set) var elements: [Element] = []
  private var hasBrackets = false
  private var fills = true
  private var roman: DateTemplate.Style?
  private var ordinal: DateTemplate.Style?
  private var hasExponent = false
  private(set) var integerDigits = 0
  private(set) var fractionDigits = 0

  package init(_ template: String) {
    var rest = Array(template)[...]
    var isFraction = false
    func next(_ word: String) -> Bool {
      rest.count >= word.count
        && String(rest.prefix(word.count)).uppercased() == word
    }
    while let first = rest.first {
      var length = 1
      if first == "\"" {
        let text = rest.dropFirst().prefix { $0 != "\"" }
        elements += text.map { .text($0) }
        length = text.count + 2
      } else if next("FM") {
        fills = false
        length = 2
      } else if next("PR") {
        hasBrackets = true
        length = 2
      } else if next("RN") {
        roman = first == "r" ? .lower : .upper
        length = 2
      } else if next("TH") {
        ordinal = first == "t" ? .lower : .upper
        length = 2
      } else if next("EEEE") {
        hasExponent = true
        length = 4
      } else if next("MI") {
        elements.append(.minus)
        length = 2
      } else if next("PL") {
        elements.append(.plus)
        length = 2
      } else if next("SG") {
        elements.append(.plusOrMinus)
        length = 2
      } else {
        switch first {
        case "9", "0":
          elements.append(.digit(isZero: first == "0"))
          if isFraction { fractionDigits += 1 } else { integerDigits += 1 }
        case ".", "D", "d":
          elements.append(.point)
          isFraction = true
        case ",", "G", "g": elements.append(.group)
        case "$", "L", "l": elements.append(.currency)
        case "S", "s": elements.append(.sign)
        default: elements.append(.text(first))
        }
      }
      rest = rest.dropFirst(length)
    }
  }

  // MARK: Writing

  /// - Parameter number: a decimal number as SQL writes it.
  package func text(of number: String) -> String {
    let value = DecimalText(number)
    if let roman { return Self.roman(value.rounded(to: 0), roman, fills: fills) }
    if hasExponent { return exponent(of: number) }
    let rounded = value.rounded(to: fractionDigits)
    let isTooLong = rounded.integer.count > integerDigits && rounded.integer != "0"
    let integer = Array(
      String(repeating: "0", count: max(0, integerDigits - rounded.integer.count))
        + rounded.integer.suffix(integerDigits))
    let forced = firstForcedDigit
    // A number below 1 shows no zero before its point, unless the template says so.
    let significant =
      rounded.integer == "0"
      ? (fractionDigits > 0 ? integerDigits : max(0, integerDigits - 1))
      : max(0, integerDigits - rounded.integer.count)
    let writer = Writer(
      integer: integer, fraction: Array(rounded.fraction), isNegative: rounded.isNegative,
      isTooLong: isTooLong, firstShown: min(forced ?? .max, significant))
    return layOut(writer, value: rounded)
  }

  private var firstForcedDigit: Int? {
    var index = 0
    for element in elements {
      switch element {
      case .digit(isZero: true): return index
      case .digit: index += 1
      case .point: return nil
      default: break
      }
    }
    return nil
  }

  private var forcedFractionDigits: Int {
    var (count, forced) = (0, 0)
    var isInFraction = false
    for element in elements {
      switch element {
      case .point: isInFraction = true
      case .digit(let isZero) where isInFraction:
        count += 1
        if isZero { forced = count }
      default: break
      }
    }
    return forced
  }

  private struct Writer {
    let integer: [Character]
    let fraction: [Character]
    let isNegative: Bool
    let isTooLong: Bool
    let firstShown: Int
  }

  private func layOut(_ writer: Writer, value: DecimalText) -> String {
    let hasSign = elements.contains { [.sign, .minus, .plus, .plusOrMinus].contains($0) }
    let leadsWithSign = elements.firstIndex(of: .sign).map { index in
      elements[..<index].allSatisfy { if case .digit = $0 { false } else { true } }
    }
    var anchor: String?
    if leadsWithSign == true {
      anchor = writer.isNegative ? "-" : "+"
    } else if !hasSign {
      anchor = hasBrackets ? (writer.isNegative ? "<" : " ") : (writer.isNegative ? "-" : " ")
      if !fills, anchor == " " { anchor = "" }
    }
    var out = ""
    var index = 0
    var fractionIndex = 0
    var isInFraction = false
    func placeAnchor() {
      if let mark = anchor { out += mark }
      anchor = nil
    }
    for element in elements {
      switch element {
      case .digit:
        if isInFraction {
          out.append(writer.isTooLong ? "#" : writer.fraction[fractionIndex])
          fractionIndex += 1
        } else {
          if index >= writer.firstShown {
            placeAnchor()
            out.append(writer.isTooLong ? "#" : writer.integer[index])
          } else if fills {
            out.append(" ")
          }
          index += 1
        }
      case .group:
        if index > writer.firstShown { out.append(",") } else if fills { out.append(" ") }
      case .point:
        placeAnchor()
        isInFraction = true
        out.append(".")
      case .currency: out.append("$")
      case .sign: if leadsWithSign == false { out.append(writer.isNegative ? "-" : "+") }
      case .minus: if writer.isNegative { out.append("-") } else if fills { out.append(" ") }
      case .plus: if !writer.isNegative { out.append("+") } else if fills { out.append(" ") }
      case .plusOrMinus: out.append(writer.isNegative ? "-" : "+")
      case .text(let character): out.append(character)
      }
    }
    placeAnchor()
    if !fills, isInFraction {
      // Zeros for which the template has a 9, behind its last 0.
      var spare = fractionDigits - forcedFractionDigits
      while spare > 0, out.hasSuffix("0") {
        out.removeLast()
        spare -= 1
      }
    }
    if let ordinal, !writer.isNegative, fractionDigits == 0 {
      out += DateTemplate.ordinal(Int(value.integer) ?? 0, ordinal)
    }
    if hasBrackets { out += writer.isNegative ? ">" : fills ? " " : "" }
    return out
  }

  private func exponent(of number: String) -> String {
    guard let value = Double(number) else { return number }
    guard value != 0 else { return " 0e+00" }
    var exponent = 0
    var mantissa = value.magnitude
    while mantissa >= 10 {
      mantissa /= 10
      exponent += 1
    }
    while mantissa < 1 {
      mantissa *= 10
      exponent -= 1
    }
    let digits = DecimalText("\(mantissa)").rounded(to: fractionDigits)
    let sign = value < 0 ? "-" : " "
    let power = String(exponent.magnitude)
    return sign + digits.integer + (fractionDigits > 0 ? "." + digits.fraction : "") + "e"
      + (exponent < 0 ? "-" : "+") + (power.count < 2 ? "0" : "") + power
  }

  private static func roman(
    _ value: DecimalText, _ style: DateTemplate.Style, fills: Bool
  ) -> String {
    guard var rest = Int(value.integer), (1..<4_000).contains(rest), !value.isNegative else {
      return "###############"
    }
    let numerals = [
      (1_000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"),
      (40, "XL"), (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"),
    ]
    var text = ""
    for (number, numeral) in numerals {
      while rest >= number {
        text += numeral
        rest -= number
      }
    }
    let padding = fills ? String(repeating: " ", count: max(0, 15 - text.count)) : ""
    return padding + (style == .lower ? text.lowercased() : text)
  }

  // MARK: Reading

  /// TO_NUMBER: the number that the text says, as SQL writes it.
  ///
  /// - Throws: 22P02 for a text without digits.
  package func read(_ text: String) throws(SQLError) -> String {
    let isNegative = text.contains("-") || (hasBrackets && text.contains("<"))
    let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let integer = (parts.first ?? "").filter { $0.isASCII && $0.isNumber }
    let fraction = parts.count > 1 ? parts[1].filter { $0.isASCII && $0.isNumber } : ""
    guard !(integer + fraction).isEmpty else {
      throw SQLError("22P02", "invalid input syntax for type numeric: \"\(text)\"")
    }
    let digits = (integer.isEmpty ? "0" : integer) + (fraction.isEmpty ? "" : "." + fraction)
    return (isNegative ? "-" : "") + digits
  }
}

/// A decimal number, digit by digit.
struct DecimalText {
  var isNegative: Bool
  /// Without leading zeros; `0` if there is nothing else.
  var integer: String
  var fraction: String

  init(_ text: String) {
    var body = text[...]
    isNegative = body.hasPrefix("-")
    if body.hasPrefix("-") || body.hasPrefix("+") { body = body.dropFirst() }
    let parts = body.split(whereSeparator: { $0 == "e" || $0 == "E" })
    let mantissa = (parts.first ?? "0").split(separator: ".", omittingEmptySubsequences: false)
    var digits = Array(mantissa.first ?? "")
    var point = digits.count
    if mantissa.count > 1 { digits += Array(mantissa[1]) }
    point += parts.count > 1 ? min(max(Int(parts[1]) ?? 0, -400), 400) : 0
    while point < 0 {
      digits.insert("0", at: 0)
      point += 1
    }
    while digits.count < point { digits.append("0") }
    integer = String(digits[..<point].drop { $0 == "0" })
    if integer.isEmpty { integer = "0" }
    fraction = String(digits[point...])
  }

  /// Halves go away from zero.
  func rounded(to places: Int) -> DecimalText {
    var result = self
    guard fraction.count > places else {
      result.fraction += String(repeating: "0", count: places - fraction.count)
      return result
    }
    let roundsUp = Array(fraction)[places] >= "5"
    result.fraction = String(fraction.prefix(places))
    if roundsUp { result.increment() }
    if result.integer == "0", result.fraction.allSatisfy({ $0 == "0" }) {
      result.isNegative = false
    }
    return result
  }

  private mutating func increment() {
    var digits = Array(integer + fraction)
    var index = digits.count - 1
    while index >= 0, digits[index] == "9" {
      digits[index] = "0"
      index -= 1
    }
    if index >= 0, let digit = digits[index].wholeNumberValue {
      digits[index] = Character(String(digit + 1))
    } else {
      digits.insert("1", at: 0)
    }
    let point = digits.count - fraction.count
    integer = String(digits[..<point])
    fraction = String(digits[point...])
  }
}
