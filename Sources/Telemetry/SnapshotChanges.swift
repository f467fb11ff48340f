/// A snapshot for someone who has an earlier one: the streams that have not changed are left out,
/// so that what is sent and read follows what happens, not how many shards there are.
package struct SnapshotChanges: Sendable, Equatable, Codable {
  /// Of this snapshot; rises with each.
  package var revision: Int
  /// The revision that the reader has; nil where all streams are in the snapshot.
  package var base: Int?
  /// Every stream there is, in order.
  package var names: [String]
  /// With those streams only that have changed.
  package var snapshot: Snapshot

  package init(revision: Int, base: Int?, names: [String], snapshot: Snapshot) {
    self.revision = revision
    self.base = base
    self.names = names
    self.snapshot = snapshot
  }

  /// The whole snapshot.
  ///
  /// - Parameter known: the snapshot that the reader has.
  /// - Returns: nil if a stream is in neither: the reader has to ask for all.
  package func applied(to known: Snapshot?) -> Snapshot? {
    var streams = Dictionary(
      (known?.streams ?? []).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    for stream in snapshot.streams { streams[stream.name] = stream }
    var whole = snapshot
    whole.streams = names.compactMap { streams[$0] }
    return whole.streams.count == names.count ? whole : nil
  }
}

/// Numbers the snapshots, and notes at which number each stream changed last.
package struct SnapshotRevisions: Sendable {
  private let first: Int
  package private(set) var newest: Snapshot?
  private var revision: Int
  private var changedAt: [String: Int] = [:]

  /// - Parameter first: above every number that an earlier engine gave out.
  package init(first: Int) {
    self.first = first
    revision = first
  }

  package mutating func add(_ snapshot: Snapshot) {
    revision += 1
    let known = Dictionary(
      (newest?.streams ?? []).map { ($0.name, $0) }, uniquingKeysWith: { $1 })
    var changedAt: [String: Int] = [:]
    for stream in snapshot.streams {
      let isSame = known[stream.name]?.tellsTheSame(as: stream) ?? false
      changedAt[stream.name] = isSame ? self.changedAt[stream.name] ?? revision : revision
    }
    self.changedAt = changedAt
    newest = snapshot
  }

  /// What has changed since the snapshot of this number; nil while there is no snapshot.
  package func changes(since base: Int) -> SnapshotChanges? {
    guard var snapshot = newest else { return nil }
    let names = snapshot.streams.map(\.name)
    guard base > first, base <= revision else {
      return SnapshotChanges(revision: revision, base: nil, names: names, snapshot: snapshot)
    }
    snapshot.streams.removeAll { (changedAt[$0.name] ?? revision) <= base }
    return SnapshotChanges(revision: revision, base: base, names: names, snapshot: snapshot)
  }
}

extension StreamStatus {
  /// Whether nothing has happened in between: silence that has become longer is no news.
  fileprivate func tellsTheSame(as other: StreamStatus) -> Bool {
    guard shards.count == other.shards.count else { return false }
    if self == other { return true }
    return withoutSilence == other.withoutSilence
  }

  private var withoutSilence: StreamStatus {
    var status = self
    for index in status.shards.indices
    where status.shards[index].recordsHistory.allSatisfy({ $0 == 0 }) {
      status.shards[index].recordsHistory = []
    }
    return status
  }
}
