internal import Core
internal import Foundation

/// JSON under construction. Texts are added as they are: ours need no escapes.
struct JSONBytes {
  var bytes: [UInt8] = []

  init(capacity: Int) {
    bytes.reserveCapacity(capacity)
  }

  mutating func add(_ text: String) {
    bytes.append(contentsOf: text.utf8)
  }

  /// A number of 0 or more, with at least so many digits.
  mutating func add(_ number: Int, digits: Int = 1) {
    let start = bytes.count
    var rest = max(0, number)
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0 || bytes.count - start < digits
    bytes[start...].reverse()
  }

  /// Hundredths as a decimal number.
  mutating func add(cents: Int) {
    add(cents / 100)
    bytes.append(UInt8(ascii: "."))
    add(cents % 100, digits: 2)
  }
}

/// Writes instants as `2026-11-24T14:16:58.123Z`. Many orders share a second: its text is kept.
struct JSONClock {
  private var second: Int64?
  private var text = ""

  mutating func add(_ time: Timestamp, to json: inout JSONBytes) {
    var (second, rest) = time.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    if rest < 0 {
      second -= 1
      rest += 1_000_000
    }
    if second != self.second {
      self.second = second
      let date = Date(timeIntervalSince1970: TimeInterval(second))
      text = String(date.formatted(.iso8601).dropLast())
    }
    json.add(text)
    json.add(".")
    json.add(Int(rest / 1_000), digits: 3)
    json.add("Z")
  }
}
