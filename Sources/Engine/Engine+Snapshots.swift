internal import Core
internal import StreamLog
package import Telemetry
internal import Warehouse

extension Engine {
  /// A snapshot of this instant.
  package func snapshotNow() async throws -> Snapshot {
    snapshot(
      with: WarehouseFacts(
        positions: try await warehouse.viewPositions(), views: try await warehouse.viewFacts()))
  }

  func snapshot(with facts: WarehouseFacts) -> Snapshot {
    let streams = streams(readBy: facts.positions)
    let views = facts.views.map { view in
      Telemetry.ViewState(
        schema: view.schema, name: view.name, stream: view.stream,
        autoRefresh: view.autoRefresh, rows: view.rows, recordsBehind: view.recordsBehind,
        skippedRecords: view.skippedRecords, objectID: view.id,
        bases: view.bases.map { ViewStatus.Base($0) }, upkeep: ViewStatus.Upkeep(view.upkeep),
        isStale: view.isStale, deadLetters: view.deadLetters)
    }
    return telemetry.snapshot(
      engine: status, streams: streams, views: views, faults: faults.entries)
  }

  /// As `snapshotNow()`, without what the warehouse knows.
  func streamsOnly() -> Snapshot {
    telemetry.snapshot(
      engine: status, streams: streams(readBy: []), views: [], faults: faults.entries)
  }

  private var status: EngineStatus {
    let ports = ports
    return EngineStatus(
      version: Self.version, dataDirectory: directory.path, startedAt: startedAt,
      awsPort: ports.aws, sqlPort: ports.sql, metricsPort: ports.metrics,
      sessions: connectionCount)
  }

  private func streams(readBy positions: [ViewPosition]) -> [Telemetry.StreamFacts] {
    let positions = Dictionary(grouping: positions, by: \.stream)
    return log.streamNames().compactMap { name in
      guard let stream = try? log.summary(of: name) else { return nil }
      return facts(of: stream, readBy: positions[name] ?? [])
    }
  }

  private func facts(
    of stream: StreamSummary, readBy positions: [ViewPosition]
  ) -> Telemetry.StreamFacts {
    let byShard = Dictionary(grouping: positions, by: \.shard)
    // What a view has still to read of a shard, by which a child's waiting is known.
    let undrained = Set(
      positions.filter { $0.recordsBehind > 0 }.map { Undrained(view: $0.id, shard: $0.shard) })
    return Telemetry.StreamFacts(
      name: stream.name, status: stream.status.rawValue,
      shards: stream.shards.map { shard in
        let parents = [shard.parent, shard.adjacentParent].compactMap { $0 }
        return Telemetry.StreamFacts.Shard(
          id: shard.id.description, isOpen: shard.isOpen,
          records: Int(clamping: shard.recordCount), bytes: Int(clamping: shard.byteCount),
          keys: HashKeys(shard.hashRange), parents: parents.map(\.description),
          degraded: shard.degraded,
          views: (byShard[shard.id] ?? []).map { position in
            reader(
              position,
              waitsFor: parents.first {
                undrained.contains(Undrained(view: position.id, shard: $0))
              })
          })
      }, mode: stream.mode.rawValue, retentionHours: stream.retentionHours)
  }

  private struct Undrained: Hashable {
    var view: String
    var shard: ShardID
  }

  private func reader(_ position: ViewPosition, waitsFor parent: ShardID?) -> ReaderStatus {
    let behind = position.oldestUnreadAt.map {
      max(0, clock.now().seconds(since: $0))
    }
    return ReaderStatus(
      name: position.schema == "public" ? position.view : position.id, kind: .view,
      recordsBehind: position.recordsBehind,
      secondsBehind: position.recordsBehind == 0 ? 0 : behind,
      waitsFor: parent?.description, isAutomatic: position.autoRefresh)
  }
}

extension ViewStatus.Base {
  fileprivate init(_ base: ViewFacts.Base) {
    let kind: Kind =
      switch base.kind {
      case .stream: .stream
      case .table: .table
      case .view: .view
      }
    self.init(schema: base.schema, name: base.name, kind: kind)
  }
}

extension ViewStatus.Upkeep {
  fileprivate init(_ upkeep: ViewFacts.Upkeep) {
    self =
      switch upkeep {
      case .incremental: .incremental
      case .recomputed(let reason): .recomputed(reason: reason)
      case .broken(let reason): .broken(reason: reason)
      }
  }
}

extension ViewPosition {
  fileprivate var id: String { schema + "." + view }
}
