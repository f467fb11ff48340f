import Core
import Telemetry

@testable import Dashboard

extension Samples {
  private static let whole = UInt128.max

  /// A part of the hash keys, in hundredths of all.
  static func keys(_ first: Int, _ end: Int) -> HashKeys {
    let step = whole / 100
    return HashKeys(
      (step * UInt128(first) + (first == 0 ? 0 : 1))...(end == 100 ? whole : step * UInt128(end)))
  }

  static func reader(
    _ name: String, _ kind: ReaderStatus.Kind, behind: Int? = 0, seconds: Double? = 0,
    waitsFor: String? = nil, throttled: Bool = false, ago: Double = 0.4
  ) -> ReaderStatus {
    ReaderStatus(
      name: name, kind: kind, recordsBehind: kind == .view ? behind : nil, secondsBehind: seconds,
      recordsPerSecond: kind == .view ? nil : 512,
      lastReadAt: kind == .view ? nil : now.advanced(bySeconds: -ago),
      lastThrottledAt: throttled ? now : nil, waitsFor: waitsFor,
      isAutomatic: kind == .view ? true : nil)
  }

  /// Streams as they are while one is resharded, skewed, throttled and hindered on purpose.
  static func busy() -> Snapshot {
    var snapshot = rich()
    var old = shard(0, rate: 0, isOpen: false)
    old.keys = keys(0, 50)
    old.readers = [reader("orders_mv", .view, behind: 12_331, seconds: 4.2)]
    var left = shard(1, rate: 120)
    left.keys = keys(0, 25)
    left.parents = [old.id]
    left.readers = [reader("orders_mv", .view, behind: 900, seconds: 2, waitsFor: old.id)]
    var hot = shard(2, rate: 905)
    hot.keys = keys(25, 50)
    hot.parents = [old.id]
    hot.throttledPerSecond = 31
    hot.throttledTotal = 812
    hot.readers = [
      reader("orders_mv", .view, behind: 0), reader("Boto3", .client, seconds: 0.8),
      reader("billing", .consumer, seconds: 0.03),
    ]
    var broken = shard(3, rate: 210)
    broken.keys = keys(50, 100)
    broken.degraded = "no space left on the device"
    broken.readers = [reader("Boto3", .client, seconds: 75, throttled: true, ago: 20)]
    snapshot.streams[0] = StreamStatus(
      name: "orders", status: "ACTIVE", shards: [old, left, hot, broken], mode: "ON_DEMAND",
      retentionHours: 24)
    let rule = FaultRule(
      operation: "PutRecords", stream: "orders", shard: hot.id, probability: 0.2,
      effect: .throttle, limit: 1_000)
    snapshot.faults = [
      FaultTable.Entry(
        id: 1, rule: rule, setAt: now, matched: 4_120, struck: 812, recordsFailed: 812),
      FaultTable.Entry(
        id: 2, rule: FaultRule(effect: .latency(seconds: 0.1...2), limit: 1), setAt: now,
        matched: 9, struck: 1),
    ]
    snapshot.scalings = [
      ScalingReport(
        stream: "orders", at: now.advanced(bySeconds: -12), action: "split", parents: [old.id],
        children: [left.id, hot.id], openShards: 3,
        reason: "shard took 91 % of its limit for 10 s", isAutomatic: true)
    ]
    return snapshot
  }
}
