package import Core
internal import Synchronization

/// Decides when a stream in on-demand mode splits a hot shard or merges two cold ones.
///
/// A value: it is told how much each shard has taken so far, and answers what to do now. It does
/// no work, and has no clock.
package struct ScalingPolicy: Sendable {
  package struct Configuration: Sendable, Equatable {
    /// What one shard takes.
    package var bytesPerSecond = 1_048_576.0
    package var recordsPerSecond = 1_000.0
    /// A shard is hot when it is above this part of either limit for the whole window.
    package var hotPart = 0.8
    package var hotSeconds = 5.0
    /// A split that leaves one child with more than this part of the load is not made.
    package var uselessPart = 0.9
    /// Two adjacent shards are cold when together they are below this part of one shard's limits
    /// for the whole window.
    package var coldPart = 0.4
    package var coldSeconds = 300.0
    /// What a stream in on-demand mode starts with, and never falls below.
    package var shardsMin = 4
    package var shardsMax = 200

    package init() {}
  }

  /// What a shard that is open has taken since it was made.
  package struct Load: Sendable, Equatable {
    package var shard: ShardID
    package var hashRange: ClosedRange<UInt128>
    package var bytes: UInt64
    package var records: UInt64
    /// The bytes by parts of the range, each `partWidth` hash keys wide; empty if unknown.
    package var parts: [UInt64]
    package var partWidth: UInt128

    package init(
      shard: ShardID, hashRange: ClosedRange<UInt128>, bytes: UInt64, records: UInt64,
      parts: [UInt64] = [], partWidth: UInt128 = 0
    ) {
      self.shard = shard
      self.hashRange = hashRange
      self.bytes = bytes
      self.records = records
      self.parts = parts
      self.partWidth = partWidth
    }
  }

  package enum Action: Sendable, Equatable {
    case split(ShardID, at: UInt128, reason: String)
    case merge(ShardID, ShardID, reason: String)
    /// The shard is hot, and a split would not help: its load is one key's, or a few near keys'.
    case warn(ShardID, reason: String)
  }

  /// How long a shard has been hot, and cold with its right neighbour.
  private struct Track: Sendable {
    var last: (at: Timestamp, load: Load)
    /// The larger part of the two limits that the shard used since the sample before; nil for
    /// the first sample.
    var part: Double?
    /// Bytes by part of the range since the sample before.
    var parts: [UInt64] = []
    var hotSince: Timestamp?
    var isWarned = false
    var coldSince: Timestamp?
  }

  private let configuration: Configuration
  private var tracks: [ShardID: Track] = [:]

  package init(_ configuration: Configuration = Configuration()) {
    self.configuration = configuration
  }

  /// Takes a sample of every open shard, about one a second.
  ///
  /// - Parameter loads: the open shards in the order of their hash ranges.
  /// - Returns: changes that do not touch each other's shards.
  package mutating func observe(_ loads: [Load], at now: Timestamp) -> [Action] {
    measure(loads, at: now)
    tracks = tracks.filter { id, _ in loads.contains { $0.shard == id } }
    var actions = splits(loads, at: now)
    let busy = Set(
      actions.compactMap { action in
        if case .split(let shard, _, _) = action { return shard }
        return nil
      })
    actions += merges(loads, at: now, busy: busy)
    return actions
  }

  private mutating func measure(_ loads: [Load], at now: Timestamp) {
    for load in loads {
      guard var track = tracks[load.shard] else {
        tracks[load.shard] = Track(last: (now, load))
        continue
      }
      let seconds = now.seconds(since: track.last.at)
      guard seconds > 0 else { continue }
      let last = track.last.load
      let bytes = Double(load.bytes &- min(load.bytes, last.bytes)) / seconds
      let records = Double(load.records &- min(load.records, last.records)) / seconds
      let part = max(
        bytes / configuration.bytesPerSecond, records / configuration.recordsPerSecond)
      if part < configuration.hotPart { (track.hotSince, track.isWarned) = (nil, false) }
      if part >= configuration.hotPart, track.hotSince == nil { track.hotSince = track.last.at }
      track.part = part
      track.parts = zip(load.parts, last.parts).map { $0 &- min($0, $1) }
      track.last = (now, load)
      tracks[load.shard] = track
    }
  }

  /// The hottest first: where there is no room for all, it is they that need it.
  private mutating func splits(_ loads: [Load], at now: Timestamp) -> [Action] {
    var room = max(0, configuration.shardsMax - loads.count)
    let parts = tracks.mapValues { $0.part ?? 0 }
    let hottestFirst = loads.sorted {
      (-(parts[$0.shard] ?? 0), $0.shard) < (-(parts[$1.shard] ?? 0), $1.shard)
    }
    return hottestFirst.compactMap { load in
      guard room > 0, let track = tracks[load.shard], let since = track.hotSince,
        now.seconds(since: since) >= configuration.hotSeconds,
        load.hashRange.lowerBound < load.hashRange.upperBound
      else { return nil }
      guard let key = splitKey(load, track.parts) else {
        guard !track.isWarned else { return nil }
        tracks[load.shard]?.isWarned = true
        return .warn(
          load.shard, reason: "\(load.shard) is hot by one key, or a few: a split would not help")
      }
      room -= 1
      return .split(
        load.shard, at: key,
        reason: "above \(percent(configuration.hotPart)) of a shard's limits for "
          + "\(Int(now.seconds(since: since))) s (\(percent(track.part ?? 0)) now)")
    }
  }

  /// Where a split leaves the two children's loads most alike.
  ///
  /// - Returns: nil if one child would have nearly all of it wherever the split is.
  private func splitKey(_ load: Load, _ parts: [UInt64]) -> UInt128? {
    let range = load.hashRange
    let total = parts.reduce(0, +)
    guard total > 0, load.partWidth > 0 else {
      return range.lowerBound + (range.upperBound - range.lowerBound) / 2 + 1
    }
    var best: (key: UInt128, larger: UInt64)?
    var left: UInt64 = 0
    for (index, bytes) in parts.dropLast().enumerated() {
      left += bytes
      let offset = load.partWidth * UInt128(index + 1)
      guard offset <= range.upperBound - range.lowerBound else { break }
      let larger = max(left, total - left)
      if larger < best?.larger ?? .max { best = (range.lowerBound + offset, larger) }
    }
    guard let best, Double(best.larger) < configuration.uselessPart * Double(total) else {
      return nil
    }
    return best.key
  }

  private mutating func merges(
    _ loads: [Load], at now: Timestamp, busy: Set<ShardID>
  ) -> [Action] {
    var actions: [Action] = []
    var taken = busy
    var count = loads.count + busy.count
    for (left, right) in zip(loads, loads.dropFirst()) {
      let sum = [left, right].compactMap { tracks[$0.shard]?.part }
      guard sum.count == 2, sum[0] + sum[1] < configuration.coldPart else {
        tracks[left.shard]?.coldSince = nil
        continue
      }
      let since = tracks[left.shard]?.coldSince ?? now
      tracks[left.shard]?.coldSince = since
      guard now.seconds(since: since) >= configuration.coldSeconds,
        count > configuration.shardsMin, !taken.contains(left.shard),
        !taken.contains(right.shard)
      else { continue }
      taken.formUnion([left.shard, right.shard])
      count -= 1
      actions.append(
        .merge(
          left.shard, right.shard,
          reason: "together below \(percent(configuration.coldPart)) of a shard's limits for "
            + "\(Int(now.seconds(since: since))) s"))
    }
    return actions
  }

  private func percent(_ part: Double) -> String { "\(Int((part * 100).rounded())) %" }
}

/// The policies of the log's streams in on-demand mode, by stream id.
struct ScalingState: Sendable {
  var policies: [String: ScalingPolicy] = [:]
}

extension StreamLog {
  /// Looks once at every stream in on-demand mode, and splits and merges its shards where their
  /// load asks for it. To be called about once a second; does nothing while nothing is to do.
  package func scaleOnDemandStreams() async {
    let states = streams.withLock { Array($0.open.values) }.filter {
      $0.content.description.mode == .onDemand
    }
    let now = configuration.clock.now()
    let plans = scaling.withLock { scaling in
      // A stream that is UPDATING keeps its policy: what is hot stays hot meanwhile.
      scaling.policies = scaling.policies.filter { id, _ in states.contains { $0.id == id } }
      return states.filter { $0.status == .active }.map { state in
        let loads = state.content.open.map { shard in
          let parts = shard.load.current.bytes
          return ScalingPolicy.Load(
            shard: shard.id, hashRange: shard.hashRange, bytes: parts.reduce(0, &+),
            records: shard.endOrdinal, parts: parts, partWidth: 1 << UInt128(shard.load.shift))
        }
        let policy = configuration.scaling
        let actions = scaling.policies[state.id, default: ScalingPolicy(policy)]
          .observe(loads, at: now)
        return (state.name, actions)
      }
    }
    for (stream, actions) in plans { await apply(actions, to: stream) }
  }

  /// All that one look finds is one change of the stream: after the first of several it would be
  /// UPDATING, and refuse the others.
  private func apply(_ actions: [ScalingPolicy.Action], to stream: String) async {
    for case .warn(_, let reason) in actions {
      configuration.reporter.report(
        .message(level: .warning, source: "stream \(stream)", text: reason))
    }
    let changes = actions.filter { if case .warn = $0 { false } else { true } }
    guard !changes.isEmpty else { return }
    do throws(StreamLogError) {
      try await reshard(stream, reason: "", isAutomatic: true) {
        (description, ends, cause) throws(StreamLogError) in
        for change in changes { try description.apply(change, ends: ends, cause: cause) }
      }
    } catch {
      // Someone else changes the stream, or its disk is full: the next look tries again.
      configuration.reporter.report(
        .message(
          level: .warning, source: "stream \(stream)", text: "cannot scale now: \(error)"))
    }
  }
}

extension StreamDescription {
  /// - Parameter cause: its reason is the action's.
  fileprivate mutating func apply(
    _ action: ScalingPolicy.Action, ends: (ShardID) -> UInt64, cause: ReshardingCause
  ) throws(StreamLogError) {
    var cause = cause
    switch action {
    case .split(let shard, let key, let reason):
      cause.reason = reason
      try split(shard, at: key, ends: ends, cause: cause)
    case .merge(let left, let right, let reason):
      cause.reason = reason
      try merge(left, right, ends: ends, cause: cause)
    case .warn: break
    }
  }
}
