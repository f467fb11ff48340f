import Core
import Telemetry

/// A change to a stream, or a fault, that the streams screen asks the engine for: as SQL, so that
/// it works over a remote engine too.
enum StreamAction: Equatable, Sendable {
  case split(stream: String, shard: String)
  case merge(stream: String, shard: String, neighbour: String)
  case scale(stream: String, from: Int, to: Int)
  case setFault(FaultRule)
  case clearFaults(count: Int)

  var sql: String {
    switch self {
    case .split(let stream, let shard):
      "CALL weir.split_shard(\(Self.literal(stream)), \(Self.literal(shard)))"
    case .merge(let stream, let shard, let neighbour):
      "CALL weir.merge_shards(\(Self.literal(stream)), \(Self.literal(shard)), "
        + "\(Self.literal(neighbour)))"
    case .scale(let stream, _, let count):
      "CALL weir.update_shard_count(\(Self.literal(stream)), \(count))"
    case .setFault(let rule): Self.sql(rule)
    case .clearFaults: "CALL weir.clear_faults()"
    }
  }

  private static func sql(_ rule: FaultRule) -> String {
    let texts = [rule.effect.kind, rule.effect.value, rule.operation, rule.stream, rule.shard]
    let arguments =
      texts.map(literal) + ["\(rule.probability)", rule.limit.map { "\($0)" } ?? "NULL"]
    return "CALL weir.set_fault(\(arguments.joined(separator: ", ")))"
  }

  static func literal(_ text: String?) -> String {
    guard let text else { return "NULL" }
    return "'"
      + text.split(separator: "'", omittingEmptySubsequences: false)
      .joined(separator: "''") + "'"
  }

  var title: String {
    switch self {
    case .split(let stream, let shard): "Split \(Painter.shortName(shard)) of \(stream)?"
    case .merge(let stream, let shard, let neighbour):
      "Merge \(Painter.shortName(shard)) and \(Painter.shortName(neighbour)) of \(stream)?"
    case .scale(let stream, _, _): "Scale \(stream)"
    case .setFault: "Set a fault"
    case .clearFaults(let count): count == 1 ? "Clear the fault?" : "Clear all \(count) faults?"
    }
  }

  /// What happens, in sentences.
  var words: [String] {
    let stay =
      "Producers see no pause. Records that are there stay readable until their "
      + "retention has passed."
    switch self {
    case .split(_, let shard):
      return [
        "\(Painter.shortName(shard).sentence) closes. Two new shards take over its hash keys, half "
          + "of them each.",
        "Readers finish \(Painter.shortName(shard)) before they begin with the two.", stay,
      ]
    case .merge(_, let shard, let neighbour):
      let both = "\(Painter.shortName(shard)) and \(Painter.shortName(neighbour))"
      return [
        "\(both.sentence) close. One new shard takes over the hash keys of both.",
        "Readers finish both before they begin with the new one.", stay,
      ]
    case .scale(_, let from, let to): return Self.scaling(from, to) + [stay]
    case .setFault(let rule): return Self.fault(rule)
    case .clearFaults:
      return ["Requests are answered again as they should be. What the faults did is forgotten."]
    }
  }

  private static func scaling(_ from: Int, _ to: Int) -> [String] {
    if from == to { return ["The stream has \(from) open shards already."] }
    let way = to > from ? "splits" : "merges"
    return [
      "The stream goes from \(from) to \(to) open shards of equal parts of the hash keys, by the "
        + "\(way) that it takes.",
      "It then takes \(Units.count(to * ShardLimits.recordsIn)) rec/s and "
        + "\(Units.byteRate(Double(to * ShardLimits.bytesIn))) by Kinesis' limits.",
    ]
  }

  private static func fault(_ rule: FaultRule) -> [String] {
    let whose = rule.operation.map { "\($0) requests" } ?? "requests"
    let place = [
      rule.shard.map { "for \(Painter.shortName($0))" }, rule.stream.map { "of \($0)" },
    ].compactMap { $0 }.joined(separator: " ")
    let share =
      rule.probability >= 1
      ? "All \(whose)" : "\(Units.percent(rule.probability)) of the \(whose)"
    let subject = place.isEmpty ? share : "\(share) \(place)"
    let effect: String =
      switch rule.effect {
      case .latency: "wait for \(rule.effect.value ?? "") longer"
      case .error(let refusal): "fail with \(refusal.type)"
      case .throttle: "are throttled, as above a shard's limits"
      case .partial(let share, let refusal):
        "lose \(Units.percent(share)) of their records to \(refusal.type)"
      }
    let end = rule.limit.map { $0 == 1 ? ", once" : ", at most \($0) times" } ?? ""
    return [
      "\(subject) \(effect)\(end).",
      "Clients see it as they would see it from AWS. X clears it; so does the engine's end.",
    ]
  }
}

/// What Kinesis lets through one open shard in a second.
enum ShardLimits {
  static let recordsIn = 1_000
  static let bytesIn = 1 << 20
}

extension String {
  /// With a capital at the start.
  fileprivate var sentence: String { prefix(1).uppercased() + dropFirst() }
}

/// An action that was sent to the engine.
struct ActionRun: Sendable {
  var action: StreamAction
  var run: QueryRun
}

/// A look at the newest records of a shard.
struct Peek: Sendable {
  static let recordsMax = 100

  var stream: String
  var shard: String
  var run: QueryRun
  /// From the newest.
  var selected = 0

  static func sql(stream: String, shard: String) -> String {
    "CALL weir.peek_shard(\(StreamAction.literal(stream)), \(StreamAction.literal(shard)), "
      + "\(recordsMax))"
  }
}

extension Model {
  var actionQuery: QueryRun? {
    get { actionRun?.run }
    set { if let newValue { actionRun?.run = newValue } }
  }

  var peekQuery: QueryRun? {
    get { peek?.run }
    set { if let newValue { peek?.run = newValue } }
  }
}
