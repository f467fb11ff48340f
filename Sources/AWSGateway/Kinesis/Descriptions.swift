import AWSProtocol
import StreamLog

extension StreamMode {
  init(_ mode: StreamSummary.Mode) {
    self =
      switch mode {
      case .provisioned: .provisioned
      case .onDemand: .onDemand
      }
  }
}

extension StreamDescription {
  init(_ summary: StreamSummary) {
    let settings = summary.settings
    self.init(
      name: summary.name, arn: summary.arn, id: summary.id, status: summary.status.rawValue,
      mode: StreamMode(summary.mode), createdAt: summary.createdAt,
      retentionHours: summary.retentionHours, encryption: EncryptionType(settings),
      keyID: settings.encryptionKeyID, shardMetrics: settings.shardLevelMetrics.sorted())
  }
}

extension ShardDescription {
  init(_ shard: ShardSummary) {
    self.init(
      id: "\(shard.id)", parentID: shard.parent.map { "\($0)" },
      adjacentParentID: shard.adjacentParent.map { "\($0)" }, hashRange: shard.hashRange,
      startingSequenceNumber: "\(shard.startingSequence)",
      endingSequenceNumber: shard.endingSequence.map { "\($0)" })
  }
}

extension NewRecord {
  init(_ entry: RecordEntry) {
    self.init(
      partitionKey: entry.partitionKey, explicitHashKey: entry.explicitHashKey, data: entry.data)
  }
}
