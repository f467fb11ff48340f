import Core
import Telemetry
import Testing

@Suite struct SnapshotChangesTests {
  private func snapshot(_ records: [Int], second: Double = 0, history: Int = 3) -> Snapshot {
    let streams = records.enumerated().map { index, count in
      StreamStatus(
        name: "stream-\(index)", status: "ACTIVE",
        shards: [
          ShardStatus(
            id: "shardId-000000000000", isOpen: true, recordsPerSecond: 0, bytesPerSecond: 0,
            recordsTotal: count, bytesTotal: 0,
            recordsHistory: Array(repeating: count == 0 ? 0 : 1, count: history))
        ])
    }
    return Snapshot(
      takenAt: Timestamp(seconds: 1_700_000_000 + second),
      engine: EngineStatus(
        version: "1", dataDirectory: "/", startedAt: Timestamp(seconds: 1_700_000_000)),
      streams: streams)
  }

  @Test func `a reader gets all at first, and then what has changed`() throws {
    var revisions = SnapshotRevisions(first: 1_000)
    #expect(revisions.changes(since: 0) == nil)
    revisions.add(snapshot([1, 2, 3]))
    let first = try #require(revisions.changes(since: 0))
    #expect(first.base == nil && first.snapshot.streams.count == 3)
    var known = try #require(first.applied(to: nil))
    #expect(known == snapshot([1, 2, 3]))
    revisions.add(snapshot([1, 5, 3], second: 1))
    revisions.add(snapshot([1, 5, 3], second: 2))
    let second = try #require(revisions.changes(since: first.revision))
    #expect(second.snapshot.streams.map(\.name) == ["stream-1"])
    known = try #require(second.applied(to: known))
    #expect(known == snapshot([1, 5, 3], second: 2))
    // One that was made, and one that was deleted.
    revisions.add(snapshot([1, 5, 3, 4], second: 3))
    known = try #require(revisions.changes(since: second.revision)?.applied(to: known))
    #expect(known == snapshot([1, 5, 3, 4], second: 3))
    revisions.add(snapshot([1, 5], second: 4))
    known = try #require(revisions.changes(since: second.revision + 1)?.applied(to: known))
    #expect(known == snapshot([1, 5], second: 4))
  }

  @Test func `silence that lasts is no change`() throws {
    var revisions = SnapshotRevisions(first: 0)
    revisions.add(snapshot([0, 1], history: 3))
    revisions.add(snapshot([0, 1], second: 1, history: 4))
    let changes = try #require(revisions.changes(since: 1))
    #expect(changes.snapshot.streams.map(\.name) == ["stream-1"])
    #expect(changes.names == ["stream-0", "stream-1"])
  }

  @Test func `a reader of another engine's snapshots gets all`() throws {
    var revisions = SnapshotRevisions(first: 1_000)
    revisions.add(snapshot([1, 2]))
    for base in [0, 1_000, 5_000] {
      #expect(revisions.changes(since: base)?.base == nil)
      #expect(revisions.changes(since: base)?.snapshot.streams.count == 2)
    }
    // And one that knows less than it is told asks again.
    revisions.add(snapshot([1, 2], second: 1))
    #expect(revisions.changes(since: 1_001)?.applied(to: nil) == nil)
  }
}
