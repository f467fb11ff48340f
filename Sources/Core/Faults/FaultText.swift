/// How faults are written: by people, in `CALL weir.set_fault(…)`, in `weir faults set`, and for
/// them.
extension FaultRule.Effect {
  package static let kinds = ["latency", "error", "throttle", "partial"]

  /// - Parameters:
  ///   - kind: one of `kinds`.
  ///   - value: of `latency` a duration or a range of them (`250ms`, `0.2s..1.5s`; a number alone
  ///     is milliseconds); of `error` the type (`InternalFailure` if nil); of `partial` the share
  ///     of the records, which a type may follow (`0.3`, `0.3 InternalFailure`); of `throttle`
  ///     nothing.
  /// - Throws: `FaultError`, in words for the one who wrote it.
  package init(kind: String, value: String?) throws(FaultError) {
    switch kind.lowercased() {
    case "latency":
      guard let value, let range = Self.durations(value) else {
        throw FaultError("a latency is a duration or a range, such as 250ms or 0.2s..1.5s")
      }
      self = .latency(seconds: range)
    case "error": self = .error(FaultRule.Refusal(type: value ?? "InternalFailure"))
    case "throttle":
      guard value == nil else { throw FaultError("a throttle has no value") }
      self = .throttle
    case "partial":
      let words = (value ?? "").split(separator: " ").map { String($0) }
      guard let share = words.first.flatMap(Double.init), words.count <= 2 else {
        throw FaultError("a partial failure is a share of the records, such as 0.3")
      }
      let type = words.count == 2 ? words[1] : "InternalFailure"
      self = .partial(share: share, FaultRule.Refusal(type: type))
    default:
      let kinds = Self.kinds.joined(separator: ", ")
      throw FaultError("\"\(kind)\" is no kind of fault: it is one of \(kinds)", isAboutKind: true)
    }
  }

  private static func durations(_ text: String) -> ClosedRange<Double>? {
    let ends = text.split(separator: "..", omittingEmptySubsequences: false).map {
      seconds($0.filter { $0 != " " })
    }
    guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first <= last
    else { return nil }
    return first...last
  }

  private static func seconds(_ text: String) -> Double? {
    let (digits, scale): (Substring, Double) =
      if text.hasSuffix("ms") {
        (text.dropLast(2), 0.001)
      } else if text.hasSuffix("s") {
        (text.dropLast(1), 1)
      } else {
        (text[...], 0.001)
      }
    guard let value = Double(digits), value.isFinite, value >= 0 else { return nil }
    return value * scale
  }

  package var kind: String {
    switch self {
    case .latency: "latency"
    case .error: "error"
    case .throttle: "throttle"
    case .partial: "partial"
    }
  }

  /// The value as `init(kind:value:)` reads it.
  package var value: String? {
    switch self {
    case .latency(let seconds):
      let (low, high) = (Self.text(seconds.lowerBound), Self.text(seconds.upperBound))
      return low == high ? low : "\(low)..\(high)"
    case .error(let refusal): return refusal.type
    case .throttle: return nil
    case .partial(let share, let refusal): return "\(share) \(refusal.type)"
    }
  }

  private static func text(_ seconds: Double) -> String {
    let milliseconds = (seconds * 1000).rounded()
    guard seconds >= 1 else { return "\(Int(milliseconds))ms" }
    let tenths = (seconds * 10).rounded() / 10
    return tenths == tenths.rounded() ? "\(Int(tenths))s" : "\(tenths)s"
  }
}

extension FaultRule {
  /// `throttle PutRecords on orders, shardId-000000000003, for 20 % of the requests, 10 times`
  package var summary: String {
    var text = effect.kind
    if let value = effect.value { text += " " + value }
    text += ": " + (operation ?? "any operation")
    if let stream { text += " on \(stream)" }
    if let shard { text += (stream == nil ? " on " : ", ") + shard }
    if probability < 1 { text += ", \((probability * 1000).rounded() / 10) % of the requests" }
    if let limit { text += ", at most \(limit) times" }
    return text
  }
}
