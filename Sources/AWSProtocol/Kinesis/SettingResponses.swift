package import Core

/// ListTagsForStream and ListTagsForResource.
package struct TagsResponse: KinesisResponse {
  /// In the order of their keys.
  package var tags: [(key: String, value: String)]
  /// nil for a resource, whose tags come all at once.
  package var hasMoreTags: Bool?

  package init(tags: [(key: String, value: String)], hasMoreTags: Bool?) {
    self.tags = tags
    self.hasMoreTags = hasMoreTags
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.name("Tags")
    writer.beginArray()
    for tag in tags {
      writer.beginObject()
      writer.field("Key", tag.key)
      writer.field("Value", tag.value)
      writer.endObject()
    }
    writer.endArray()
    if let hasMoreTags { writer.field("HasMoreTags", hasMoreTags) }
    writer.endObject()
  }
}

package struct ResourcePolicyResponse: KinesisResponse {
  package var policy: String

  package init(policy: String) {
    self.policy = policy
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.field("Policy", policy)
    writer.endObject()
  }
}

package struct UpdateShardCountResponse: KinesisResponse {
  package var streamName: String
  package var streamARN: String
  package var current: Int
  package var target: Int

  package init(streamName: String, streamARN: String, current: Int, target: Int) {
    self.streamName = streamName
    self.streamARN = streamARN
    self.current = current
    self.target = target
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.field("StreamName", streamName)
    writer.field("StreamARN", streamARN)
    writer.field("CurrentShardCount", current)
    writer.field("TargetShardCount", target)
    writer.endObject()
  }
}

package struct EnhancedMonitoringResponse: KinesisResponse {
  package var streamName: String
  package var streamARN: String
  /// Before the call.
  package var current: [String]
  /// After it.
  package var desired: [String]

  package init(streamName: String, streamARN: String, current: [String], desired: [String]) {
    self.streamName = streamName
    self.streamARN = streamARN
    self.current = current
    self.desired = desired
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.field("StreamName", streamName)
    writer.field("StreamARN", streamARN)
    writer.field("CurrentShardLevelMetrics", current)
    writer.field("DesiredShardLevelMetrics", desired)
    writer.endObject()
  }
}

package struct UpdateStreamWarmThroughputResponse: KinesisResponse {
  package var streamName: String
  package var streamARN: String
  package var warmThroughput: WarmThroughput

  package init(streamName: String, streamARN: String, warmThroughput: WarmThroughput) {
    self.streamName = streamName
    self.streamARN = streamARN
    self.warmThroughput = warmThroughput
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.field("StreamName", streamName)
    writer.field("StreamARN", streamARN)
    warmThroughput.write(to: &writer)
    writer.endObject()
  }
}

package struct DescribeLimitsResponse: KinesisResponse {
  package var shardLimit: Int
  package var openShardCount: Int
  package var onDemandStreamCount: Int
  package var onDemandStreamLimit: Int

  package init(
    shardLimit: Int, openShardCount: Int, onDemandStreamCount: Int, onDemandStreamLimit: Int
  ) {
    self.shardLimit = shardLimit
    self.openShardCount = openShardCount
    self.onDemandStreamCount = onDemandStreamCount
    self.onDemandStreamLimit = onDemandStreamLimit
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.field("ShardLimit", shardLimit)
    writer.field("OpenShardCount", openShardCount)
    writer.field("OnDemandStreamCount", onDemandStreamCount)
    writer.field("OnDemandStreamCountLimit", onDemandStreamLimit)
    writer.endObject()
  }
}

/// DescribeAccountSettings and UpdateAccountSettings.
package struct AccountSettingsResponse: KinesisResponse {
  /// Of the minimum throughput billing commitment.
  package var status: String
  package var startedAt: Timestamp?
  package var endedAt: Timestamp?
  package var earliestAllowedEndAt: Timestamp?

  package init(
    status: String, startedAt: Timestamp?, endedAt: Timestamp?, earliestAllowedEndAt: Timestamp?
  ) {
    self.status = status
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.earliestAllowedEndAt = earliestAllowedEndAt
  }

  package func write<Writer: ShapeWriter>(to writer: inout Writer) {
    writer.beginObject()
    writer.name("MinimumThroughputBillingCommitment")
    writer.beginObject()
    writer.field("Status", status)
    writer.field("StartedAt", startedAt)
    writer.field("EndedAt", endedAt)
    writer.field("EarliestAllowedEndAt", earliestAllowedEndAt)
    writer.endObject()
    writer.endObject()
  }
}
