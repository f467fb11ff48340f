package import Core

/// One number for each of the last seconds, in a ring of fixed size.
///
/// A second is known once it is over: the running one is left out of what `history` and `last`
/// tell. A second in which nothing was noted counts as 0, since the ring began to watch.
package struct Series: Sendable {
  /// How many whole seconds are kept.
  package static let length = 300

  /// Places for the whole seconds and the running one; a second's place is its rest.
  private var values: [Double]
  /// The first second that was watched from its start.
  private let first: Int64
  /// The newest second that has a place in the ring.
  private var newest: Int64
  /// Whether any second has a value yet.
  private var isUsed = false

  /// - Parameter second: the first second that this ring will see whole.
  package init(from second: Int64) {
    values = Array(repeating: 0, count: Self.length + 1)
    first = second
    newest = second
  }

  /// Adds to the sum of a second.
  package mutating func add(_ value: Double, at second: Int64) {
    guard let place = open(second) else { return }
    values[place] += value
  }

  /// Keeps the largest value of a second.
  package mutating func raise(to value: Double, at second: Int64) {
    guard let place = open(second) else { return }
    values[place] = max(values[place], value)
  }

  /// The whole seconds before `second`, the newest last.
  package func history(before second: Int64) -> [Double] {
    let oldest = max(first, second &- Int64(Self.length), newest &- Int64(Self.length))
    guard oldest < second else { return [] }
    return (oldest..<second).map(value(of:))
  }

  /// The second before `second`; nil where it was not watched whole.
  package func last(before second: Int64) -> Double? {
    let wanted = second &- 1
    guard wanted >= max(first, newest &- Int64(Self.length)) else { return nil }
    return value(of: wanted)
  }

  /// Whether nothing was noted in the seconds that the ring would show at `second`.
  package func isIdle(at second: Int64) -> Bool {
    newest < second &- Int64(Self.length)
  }

  private func value(of second: Int64) -> Double {
    second > newest ? 0 : values[place(of: second)]
  }

  private func place(of second: Int64) -> Int {
    let count = Int64(Self.length + 1)
    let rest = second % count
    return Int(rest < 0 ? rest + count : rest)
  }

  /// Clears the seconds up to `second` and gives its place; nil in the part of a second before
  /// the first whole one.
  ///
  /// A clock that was set back must not rewrite history: what it notes goes to the newest second.
  private mutating func open(_ second: Int64) -> Int? {
    guard second >= first || isUsed else { return nil }
    isUsed = true
    if second > newest {
      if second &- newest > Int64(Self.length) {
        for index in values.indices { values[index] = 0 }
      } else {
        for passed in (newest + 1)...second { values[place(of: passed)] = 0 }
      }
      newest = second
    }
    return place(of: newest)
  }
}

extension Timestamp {
  /// The second that the instant lies in, counted from the epoch.
  package var wholeSecond: Int64 {
    let (second, rest) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
    return rest < 0 ? second - 1 : second
  }
}
