package import Core

/// Which shards ListShards is to tell, by when they were open.
package enum ShardFilter: Equatable, Sendable {
  case afterShard(String)
  case atTrimHorizon
  case fromTrimHorizon
  case atLatest
  case atTimestamp(Timestamp)
  case fromTimestamp(Timestamp)

  enum Kind: String, CaseIterable {
    case afterShardID = "AFTER_SHARD_ID"
    case atTrimHorizon = "AT_TRIM_HORIZON"
    case fromTrimHorizon = "FROM_TRIM_HORIZON"
    case atLatest = "AT_LATEST"
    case atTimestamp = "AT_TIMESTAMP"
    case fromTimestamp = "FROM_TIMESTAMP"
  }

  init(_ kind: Kind, shard: String?, time: Timestamp?) throws(AWSError) {
    switch (kind, shard, time) {
    case (.afterShardID, let shard?, _): self = .afterShard(shard)
    case (.atTrimHorizon, _, _): self = .atTrimHorizon
    case (.fromTrimHorizon, _, _): self = .fromTrimHorizon
    case (.atLatest, _, _): self = .atLatest
    case (.atTimestamp, _, let time?): self = .atTimestamp(time)
    case (.fromTimestamp, _, let time?): self = .fromTimestamp(time)
    case (.afterShardID, nil, _):
      throw AWSError(
        .invalidArgument, "ShardId must be specified for a ShardFilter of type \(kind.rawValue).")
    case (.atTimestamp, _, nil), (.fromTimestamp, _, nil):
      throw AWSError(
        .invalidArgument, "Timestamp must be specified for a ShardFilter of type \(kind.rawValue).")
    }
  }
}

package struct ListShardsRequest: KinesisRequest {
  /// What to list: a stream from its start, or a listing that was begun.
  package enum Subject: Equatable, Sendable {
    case stream(StreamReference, exclusiveStart: String?, filter: ShardFilter)
    case next(String)
  }

  package let subject: Subject
  package let maxResults: Int?
  /// Tells streams of one name apart: the one meant was created at this time.
  package let streamCreatedAt: Timestamp?

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var token: String?
    var start: String?
    var maxResults: Int?
    var createdAt: Timestamp?
    var filter: FilterFields?
    while let member = try reader.nextName() {
      switch member {
      case "NextToken": token = try reader.string()
      case "ExclusiveStartShardId": start = try reader.string()
      case "MaxResults": maxResults = try reader.integer()
      case "StreamCreationTimestamp": createdAt = try reader.timestamp()
      case "ShardFilter": filter = try FilterFields(from: &reader)
      default: try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    stream.validate(&check)
    check.text(token, "nextToken", length: 1...1_048_576)
    check.text(start, "exclusiveStartShardId", length: 1...128, pattern: .streamName)
    check.number(maxResults, "maxResults", in: 1...10_000)
    let kind = filter?.validate(&check)
    try check.finish()
    self.maxResults = maxResults
    streamCreatedAt = createdAt
    if let token {
      try Self.refuse(with: stream, start: start, createdAt: createdAt, filter: filter != nil)
      subject = .next(token)
    } else {
      guard !stream.isEmpty else {
        throw AWSError(.invalidArgument, "Either NextToken or StreamName should be provided.")
      }
      let shardFilter = try ShardFilter(
        kind ?? .fromTrimHorizon, shard: filter?.shard, time: filter?.time)
      subject = .stream(stream, exclusiveStart: start, filter: shardFilter)
    }
  }

  /// A token says all that these members say.
  private static func refuse(
    with stream: StreamReference, start: String?, createdAt: Timestamp?, filter: Bool
  ) throws(AWSError) {
    let given = [
      ("StreamName", stream.name != nil), ("StreamARN", stream.arn != nil),
      ("ExclusiveStartShardId", start != nil), ("StreamCreationTimestamp", createdAt != nil),
      ("ShardFilter", filter),
    ]
    if let member = given.first(where: \.1)?.0 {
      throw AWSError(
        .invalidArgument, "NextToken and \(member) cannot be provided together.")
    }
  }
}

private struct FilterFields {
  var kind: String?
  var shard: String?
  var time: Timestamp?

  init?<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    guard try reader.enterStructure() else { return nil }
    while let member = try reader.nextName() {
      switch member {
      case "Type": kind = try reader.string()
      case "ShardId": shard = try reader.string()
      case "Timestamp": time = try reader.timestamp()
      default: try reader.skip()
      }
    }
  }

  func validate(_ check: inout Validation) -> ShardFilter.Kind? {
    if kind == nil { check.fail(nil, at: "shardFilter.type", "Member must not be null") }
    check.text(shard, "shardFilter.shardId", length: 1...128, pattern: .streamName)
    return check.oneOf(kind, "shardFilter.type", ShardFilter.Kind.self)
  }
}
