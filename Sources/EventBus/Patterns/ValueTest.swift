/// What a pattern asks of one value of a field.
package indirect enum ValueTest: Hashable, Sendable {
  /// A string, byte for byte.
  case string(String)
  /// A number, by its value however it is written.
  case number(Double)
  case literal(Literal)
  case prefix(String, Case)
  case suffix(String, Case)
  /// A whole string, whatever the case of its letters.
  case equalsIgnoringCase(String)
  case wildcard(Wildcard)
  case numeric(NumericRange)
  case address(AddressRange)
  /// The field is there with a value: a string, a number, true, false or null.
  case present
  /// The field is not there, or has no value: it is an object, or an empty array.
  case absent
  /// There is a value, for which none of the tests holds.
  case anythingBut([ValueTest])

  package enum Literal: UInt8, Hashable, Sendable {
    case null, `true`, `false`
  }

  package enum Case: Hashable, Sendable {
    case sensitive, insensitive
  }
}

/// A string in which `*` stands for any characters, also none.
package struct Wildcard: Hashable, Sendable {
  /// What stands between the stars: one more than there are stars. The first begins the value
  /// and the last ends it; they may be empty.
  package let chunks: [[UInt8]]

  package enum Fault: Error, Equatable {
    /// `**`, at the place of the second star, from 1.
    case consecutiveStars(Int)
    /// A backslash before something else than `*` and `\`.
    case invalidEscape(Int)
    /// Too many stars before the same character: EventBridge refuses these, though they would
    /// cost nothing here.
    case tooComplex
  }

  /// So many stars may stand before one character.
  private static let repeatsMax = 4

  package init(_ text: String) throws(Fault) {
    var chunks: [[UInt8]] = [[]]
    var isEscaped = false
    var followsStar = false
    for (place, byte) in text.utf8.enumerated() {
      if isEscaped {
        guard byte == UInt8(ascii: "*") || byte == UInt8(ascii: "\\") else {
          throw .invalidEscape(place)
        }
        chunks[chunks.count - 1].append(byte)
        (isEscaped, followsStar) = (false, false)
      } else if byte == UInt8(ascii: "*") {
        guard !followsStar else { throw .consecutiveStars(place) }
        chunks.append([])
        followsStar = true
      } else {
        isEscaped = byte == UInt8(ascii: "\\")
        if !isEscaped { chunks[chunks.count - 1].append(byte) }
        followsStar = false
      }
    }
    if isEscaped { throw .invalidEscape(text.utf8.count) }
    self.chunks = chunks
    let followers = chunks.dropFirst().compactMap(\.first)
    let counts = Dictionary(grouping: followers) { $0 }.values.map(\.count)
    if let most = counts.max(), most > Self.repeatsMax { throw .tooComplex }
  }
}

/// Numbers between two bounds, each of which belongs to them or not.
package struct NumericRange: Hashable, Sendable {
  package var lower = -Double.infinity
  package var upper = Double.infinity
  package var includesLower = true
  package var includesUpper = true

  package func contains(_ value: Double) -> Bool {
    (value > lower || includesLower && value == lower)
      && (value < upper || includesUpper && value == upper)
  }
}
