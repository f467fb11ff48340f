/// Sums per second over the last minutes, in a ring of fixed size.
package struct Series: Sendable {
  /// Seconds that are kept.
  package static let length = 300

  private var values = [Double](repeating: 0, count: Series.length)
  private var firstSecond: Int64?
  private var lastSecond: Int64 = 0

  package init() {}

  private func slot(_ second: Int64) -> Int {
    let rest = Int(second % Int64(Self.length))
    return rest < 0 ? rest + Self.length : rest
  }

  /// Begins to count, so that silence reads as 0 from now on.
  package mutating func begin(at second: Int64) {
    if firstSecond == nil {
      firstSecond = second
      lastSecond = second
    }
  }

  package mutating func add(_ value: Double, at second: Int64) {
    update(at: second) { $0 += value }
  }

  package mutating func raise(to value: Double, at second: Int64) {
    update(at: second) { $0 = max($0, value) }
  }

  private mutating func update(at second: Int64, _ change: (inout Double) -> Void) {
    begin(at: second)
    forget(upTo: second)
    guard second > lastSecond - Int64(Self.length) else { return }
    change(&values[slot(second)])
  }

  /// Empties the slots of seconds that nobody reported on.
  private mutating func forget(upTo second: Int64) {
    guard second > lastSecond else { return }
    for next in max(lastSecond + 1, second - Int64(Self.length) + 1)...second {
      values[slot(next)] = 0
    }
    lastSecond = second
  }

  /// What came in a second; nil if it was before the first, or is no longer kept.
  package func value(at second: Int64) -> Double? {
    guard let firstSecond, second >= firstSecond, second > lastSecond - Int64(Self.length) else {
      return nil
    }
    return second > lastSecond ? 0 : values[slot(second)]
  }

  /// The whole seconds before `second`, the newest last.
  package func history(before second: Int64) -> [Double] {
    ((second - Int64(Self.length))..<second).compactMap { value(at: $0) }
  }
}
