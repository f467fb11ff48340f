/// IncreaseStreamRetentionPeriod and DecreaseStreamRetentionPeriod.
package struct RetentionRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let hours: Int

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var hours: Int?
    while let member = try reader.nextName() {
      if member == "RetentionPeriodHours" {
        hours = try reader.integer()
      } else {
        try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    self.hours = check.required(hours, "retentionPeriodHours", in: 1...Int(Int32.max))
    stream.require(&check)
    try check.finish()
    self.stream = stream
  }
}

package struct UpdateStreamModeRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let mode: StreamMode
  package let warmThroughput: Int?

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var details: StreamModeDetails?
    var warmThroughput: Int?
    while let member = try reader.nextName() {
      switch member {
      case "StreamModeDetails": details = try StreamModeDetails(from: &reader)
      case "WarmThroughputMiBps": warmThroughput = try reader.integer()
      default: try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    check.present(details, "streamModeDetails")
    let mode = details?.validate(&check)
    check.present(stream.arn, "streamARN")
    stream.validate(&check)
    check.number(warmThroughput, "warmThroughputMiBps", in: 0...Int(Int32.max))
    try check.finish()
    self.stream = stream
    self.mode = mode ?? .provisioned
    self.warmThroughput = warmThroughput
  }
}

/// `StreamModeDetails` of CreateStream and UpdateStreamMode.
struct StreamModeDetails {
  var mode: String?

  init?<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    guard try reader.enterStructure() else { return nil }
    while let member = try reader.nextName() {
      if member == "StreamMode" { mode = try reader.string() } else { try reader.skip() }
    }
  }

  func validate(_ check: inout Validation) -> StreamMode? {
    check.present(mode, "streamModeDetails.streamMode")
    return check.oneOf(mode, "streamModeDetails.streamMode", StreamMode.self)
  }
}

package struct UpdateStreamWarmThroughputRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  /// MiB per second.
  package let warmThroughput: Int

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var warmThroughput: Int?
    while let member = try reader.nextName() {
      if member == "WarmThroughputMiBps" {
        warmThroughput = try reader.integer()
      } else {
        try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    self.warmThroughput = check.required(
      warmThroughput, "warmThroughputMiBps", in: 0...Int(Int32.max))
    stream.require(&check)
    try check.finish()
    self.stream = stream
  }
}

package struct UpdateMaxRecordSizeRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let recordKiBMax: Int

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var recordKiBMax: Int?
    while let member = try reader.nextName() {
      if member == "MaxRecordSizeInKiB" {
        recordKiBMax = try reader.integer()
      } else {
        try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    self.recordKiBMax = check.required(recordKiBMax, "maxRecordSizeInKiB", in: 1024...10_240)
    stream.require(&check, member: "streamARN")
    try check.finish()
    self.stream = stream
  }
}

package enum EncryptionType: String, CaseIterable, Sendable {
  case none = "NONE"
  case kms = "KMS"
}

/// StartStreamEncryption and StopStreamEncryption.
package struct EncryptionRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let type: EncryptionType
  package let keyID: String

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var type: String?
    var key: String?
    while let member = try reader.nextName() {
      switch member {
      case "EncryptionType": type = try reader.string()
      case "KeyId": key = try reader.string()
      default: try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    check.present(type, "encryptionType")
    let choice = check.oneOf(type, "encryptionType", EncryptionType.self)
    keyID = check.required(key, "keyId", length: 1...2048)
    stream.require(&check)
    try check.finish()
    self.stream = stream
    self.type = choice ?? .kms
  }
}

/// The metrics of single shards; `all` stands for each of the others.
package enum ShardMetric: String, CaseIterable, Sendable {
  case incomingBytes = "IncomingBytes"
  case incomingRecords = "IncomingRecords"
  case outgoingBytes = "OutgoingBytes"
  case outgoingRecords = "OutgoingRecords"
  case writeThroughputExceeded = "WriteProvisionedThroughputExceeded"
  case readThroughputExceeded = "ReadProvisionedThroughputExceeded"
  case iteratorAge = "IteratorAgeMilliseconds"
  case all = "ALL"
}

/// EnableEnhancedMonitoring and DisableEnhancedMonitoring.
package struct EnhancedMonitoringRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  /// Never `all`, but what it stands for; in the order of `ShardMetric`.
  package let metrics: [ShardMetric]

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var list: StringList?
    while let member = try reader.nextName() {
      if member == "ShardLevelMetrics" {
        list = try StringList(from: &reader, keep: 8)
      } else {
        try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    check.present(list, "shardLevelMetrics")
    let named = list.map { Self.metrics(in: $0, &check) } ?? []
    stream.require(&check)
    try check.finish()
    self.stream = stream
    metrics = ShardMetric.allCases.filter {
      $0 != .all && (named.contains($0) || named.contains(.all))
    }
  }

  private static func metrics(in list: StringList, _ check: inout Validation) -> [ShardMetric] {
    let shown = "[\(list.strings.joined(separator: ", "))]"
    check.checkLength(list.count, shown, "shardLevelMetrics", 1...7)
    let metrics = list.strings.compactMap { ShardMetric(rawValue: $0) }
    if metrics.count < list.strings.count {
      let names = ShardMetric.allCases.map(\.rawValue).joined(separator: ", ")
      check.fail(
        shown, at: "shardLevelMetrics",
        "Member must satisfy constraint: [Member must satisfy enum value set: [\(names)]]")
    }
    return metrics
  }
}

package struct UpdateAccountSettingsRequest: KinesisRequest {
  private enum Status: String, CaseIterable {
    case enabled = "ENABLED"
    case disabled = "DISABLED"
  }

  package let isCommitmentEnabled: Bool

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var isGiven = false
    var status: String?
    while let member = try reader.nextName() {
      guard member == "MinimumThroughputBillingCommitment" else {
        try reader.skip()
        continue
      }
      guard try reader.enterStructure() else { continue }
      isGiven = true
      while let member = try reader.nextName() {
        if member == "Status" { status = try reader.string() } else { try reader.skip() }
      }
    }
    let path = "minimumThroughputBillingCommitment"
    var check = Validation()
    if isGiven { check.present(status, path + ".status") } else { check.fail(nil, at: path) }
    let choice = check.oneOf(status, path + ".status", Status.self)
    try check.finish()
    isCommitmentEnabled = choice == .enabled
  }
}
