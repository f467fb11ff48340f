internal import Core
internal import Synchronization

/// Who reads a stream: clients that call GetRecords and consumers of enhanced fan-out, as their
/// requests show. Views are known from their positions.
final class Readers: Sendable {
  /// A reader that was silent for so many seconds is gone.
  static let seconds: Int64 = 300
  /// So many readers of a shard are told apart.
  static let perShardMax = 32

  struct Key: Hashable, Sendable {
    var name: String
    var kind: ReaderStatus.Kind
  }

  struct Meter: Sendable {
    var records: Series
    var lastReadAt: Timestamp?
    var lastThrottledAt: Timestamp?
    var millisecondsBehind: Int?

    init(from second: Int64) {
      records = Series(from: second)
    }
  }

  private let shards = Mutex<[ShardKey: [Key: Meter]]>([:])

  func note(_ report: RequestReport, at now: Timestamp) {
    guard report.operation == "GetRecords", let shard = report.shard else { return }
    let key = Key(name: report.client ?? "GetRecords", kind: .client)
    update(key, of: ShardKey(stream: report.stream, shard: shard), at: now) { meter in
      switch report.outcome {
      case .success:
        meter.lastReadAt = now
        meter.millisecondsBehind = report.millisecondsBehind
        meter.records.add(Double(report.records), at: now.wholeSecond)
      case .throttled: meter.lastThrottledAt = now
      case .failed: break
      }
    }
  }

  func note(_ report: DeliveryReport, at now: Timestamp) {
    guard report.success else { return }
    let key = Key(name: report.consumer, kind: .consumer)
    update(key, of: ShardKey(stream: report.stream, shard: report.shard), at: now) { meter in
      meter.lastReadAt = now
      meter.millisecondsBehind = report.millisecondsBehind
      meter.records.add(Double(report.records), at: now.wholeSecond)
    }
  }

  private func update(
    _ key: Key, of shard: ShardKey, at now: Timestamp, _ change: (inout Meter) -> Void
  ) {
    shards.withLock { shards in
      let isKnown = shards[shard]?[key] != nil
      guard isKnown || (shards[shard]?.count ?? 0) < Self.perShardMax else { return }
      change(&shards[shard, default: [:]][key, default: Meter(from: now.wholeSecond)])
    }
  }

  /// The readers of a shard, by name.
  func status(of shard: ShardKey, at now: Timestamp) -> [ReaderStatus] {
    let meters = shards.withLock { $0[shard] } ?? [:]
    return meters.sorted { $0.key.name < $1.key.name }.map { key, meter in
      ReaderStatus(
        name: key.name, kind: key.kind,
        secondsBehind: meter.millisecondsBehind.map { Double($0) / 1000 },
        recordsPerSecond: meter.records.last(before: now.wholeSecond),
        lastReadAt: meter.lastReadAt, lastThrottledAt: meter.lastThrottledAt)
    }
  }

  /// Forgets readers that fell silent, and those of shards that are gone.
  func forget(allBut known: Set<ShardKey>, at now: Timestamp) {
    let oldest = Timestamp(microseconds: now.microseconds - Self.seconds * 1_000_000)
    shards.withLock { shards in
      shards = shards.compactMapValues { meters in
        let left = meters.filter {
          max($0.value.lastReadAt ?? oldest, $0.value.lastThrottledAt ?? oldest) > oldest
        }
        return left.isEmpty ? nil : left
      }.filter { known.contains($0.key) }
    }
  }
}
