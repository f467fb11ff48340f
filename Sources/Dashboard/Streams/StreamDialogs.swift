import Core
import Telemetry

/// How many shards a stream is to have: digits that are typed, or steps.
struct ScaleDialog: Equatable, Sendable {
  var stream: String
  /// Open shards, as far as the last snapshot knew.
  private(set) var current: Int
  private(set) var text: String
  /// The number is the dialog's own: the first digit takes its place.
  private(set) var isProposed = true

  init(stream: String, current: Int) {
    self.stream = stream
    self.current = current
    text = Self.proposal(current)
  }

  private static func proposal(_ current: Int) -> String {
    "\(ShardScaling.reachable(from: current).upperBound)"
  }

  /// What one call can make of the open shards.
  var reachable: ClosedRange<Int> { ShardScaling.reachable(from: current) }

  /// Nil where the text is no number.
  var target: Int? { Int(text) }

  var action: StreamAction? {
    target.flatMap {
      $0 != current && reachable.contains($0)
        ? .scale(stream: stream, from: current, to: $0) : nil
    }
  }

  /// The stream was split or merged meanwhile: the bounds are others, and so is the proposal.
  mutating func follow(current: Int) {
    guard current != self.current else { return }
    self.current = current
    if isProposed { text = Self.proposal(current) }
  }

  mutating func change(_ move: FormMove) {
    isProposed = false
    switch move {
    case .erase: text = String(text.dropLast())
    case .valueAfter, .fieldUp: step(by: 1)
    case .valueBefore, .fieldDown: step(by: -1)
    }
  }

  private mutating func step(by step: Int) {
    let next = (target ?? current) + step
    text = "\(min(reachable.upperBound, max(reachable.lowerBound, next)))"
  }

  mutating func type(_ typed: String) {
    let digits = typed.filter { $0.isASCII && $0.isNumber }
    guard !digits.isEmpty else { return }
    text = String(((isProposed ? "" : text) + digits).prefix(5))
    isProposed = false
  }
}

/// A fault that is being described, field by field.
struct FaultForm: Equatable, Sendable {
  enum Field: Int, CaseIterable, Sendable {
    case kind, value, operation, place, probability, limit

    var title: String {
      switch self {
      case .kind: "Fault"
      case .value: "Value"
      case .operation: "Operation"
      case .place: "Where"
      case .probability: "Strikes"
      case .limit: "Times"
      }
    }
  }

  static let operations: [String?] = [
    nil, "PutRecord", "PutRecords", "GetRecords", "GetShardIterator", "SubscribeToShard",
    "ListShards", "DescribeStream", "DescribeStreamSummary",
  ]
  static let errors = FaultRule.errorTypes.keys.sorted()
  static let latencies = ["50ms", "250ms", "1s", "5s", "100ms..2s"]
  static let shares = ["0.1", "0.3", "0.5", "1"]
  static let probabilities = [1, 0.5, 0.2, 0.1, 0.05, 0.01]
  static let limits: [Int?] = [nil, 1, 10, 100, 1_000]

  var field = Field.kind
  var kind = 0
  var values = ["latency": "250ms", "error": "InternalFailure", "partial": "0.3"]
  var operation = 0
  /// Names of the stream and the shard that were chosen; nil where there is none.
  var stream: String?
  var shard: String?
  /// 0 the shard, 1 the stream, 2 everywhere.
  var place = 1
  var probability = 0
  var limit = 0

  init(stream: String?, shard: String?) {
    self.stream = stream
    self.shard = shard
    place = stream == nil ? 2 : 1
  }

  var kindName: String { FaultRule.Effect.kinds[kind] }

  /// A partial failure is one of PutRecords, whatever else is chosen.
  private var operationName: String? {
    kindName == "partial" ? "PutRecords" : Self.operations[operation]
  }

  /// The rule that the fields make, or why they make none.
  var rule: Result<FaultRule, FaultError> {
    Result { () throws(FaultError) in
      let rule = FaultRule(
        operation: operationName, stream: place < 2 ? stream : nil,
        shard: place == 0 ? shard : nil, probability: Self.probabilities[probability],
        effect: try FaultRule.Effect(kind: kindName, value: values[kindName]),
        limit: Self.limits[limit])
      try rule.validate()
      return rule
    }
  }

  func text(of field: Field) -> String {
    switch field {
    case .kind: kindName
    case .value: values[kindName] ?? "none"
    case .operation: operationName ?? "any"
    case .place:
      switch place {
      case 0: "\(Painter.shortName(shard ?? "")) of \(stream ?? "")"
      case 1: "all of \(stream ?? "")"
      default: "every stream"
      }
    case .probability: Units.percent(Self.probabilities[probability]) + " of the requests"
    case .limit: Self.limits[limit].map { $0 == 1 ? "once" : "\($0) times" } ?? "no end"
    }
  }

  mutating func change(_ move: FormMove) {
    switch move {
    case .fieldUp: step(field: -1)
    case .fieldDown: step(field: 1)
    case .valueBefore: step(value: -1)
    case .valueAfter: step(value: 1)
    case .erase:
      guard field == .value, let value = values[kindName] else { return }
      values[kindName] = String(value.dropLast())
    }
  }

  private mutating func step(field step: Int) {
    let count = Field.allCases.count
    field = Field(rawValue: (field.rawValue + step + count) % count) ?? .kind
  }

  private mutating func step(value step: Int) {
    func next(_ value: Int, of count: Int) -> Int { (value + step + count) % max(1, count) }
    switch field {
    case .kind: kind = next(kind, of: FaultRule.Effect.kinds.count)
    case .value: stepValue(step)
    case .operation: operation = next(operation, of: Self.operations.count)
    case .place:
      let first = shard == nil ? 1 : 0
      guard stream != nil else { return }
      place = first + next(place - first, of: 3 - first)
    case .probability: probability = next(probability, of: Self.probabilities.count)
    case .limit: limit = next(limit, of: Self.limits.count)
    }
  }

  private mutating func stepValue(_ step: Int) {
    let choices: [String]
    switch kindName {
    case "latency": choices = Self.latencies
    case "error": choices = Self.errors
    case "partial": choices = Self.shares
    default: return
    }
    let place = choices.firstIndex(of: values[kindName] ?? "") ?? (step > 0 ? -1 : 0)
    values[kindName] = choices[(place + step + choices.count) % choices.count]
  }

  mutating func type(_ typed: String) {
    guard field == .value, let value = values[kindName] else { return }
    values[kindName] = String((value + typed.filter { !$0.isNewline }).prefix(60))
  }
}
