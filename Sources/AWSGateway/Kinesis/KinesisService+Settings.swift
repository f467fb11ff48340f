import AWSProtocol
import Core
import StreamLog

// What is set for a stream. Encryption and enhanced monitoring are kept and told; nothing is
// encrypted underneath, and metrics are kept anyway.
extension KinesisService {
  /// Changes between the modes for one stream in 24 hours, at most.
  private static let modeChangesMax = 2

  func increaseStreamRetentionPeriod(_ request: RetentionRequest) async throws(AWSError) {
    let summary = try summary(of: request.stream)
    try check(retention: request.hours)
    guard request.hours >= summary.retentionHours else {
      throw AWSError(
        .invalidArgument,
        "Requested retention period (\(request.hours) hours) for stream \(summary.name) can not "
          + "be shorter than existing retention period (\(summary.retentionHours) hours). "
          + "Use DecreaseRetentionPeriod API.")
    }
    try await set(retention: request.hours, of: summary)
  }

  func decreaseStreamRetentionPeriod(_ request: RetentionRequest) async throws(AWSError) {
    let summary = try summary(of: request.stream)
    try check(retention: request.hours)
    guard request.hours <= summary.retentionHours else {
      throw AWSError(
        .invalidArgument,
        "Requested retention period (\(request.hours) hours) for stream \(summary.name) can not "
          + "be longer than existing retention period (\(summary.retentionHours) hours). "
          + "Use IncreaseRetentionPeriod API.")
    }
    try await set(retention: request.hours, of: summary)
  }

  private func check(retention hours: Int) throws(AWSError) {
    let allowed = StreamLog.retentionHours
    guard hours >= allowed.lowerBound else {
      throw AWSError(
        .invalidArgument,
        "Minimum allowed retention period is \(allowed.lowerBound) hours. Requested retention "
          + "period (\(hours) hours) is too short.")
    }
    guard hours <= allowed.upperBound else {
      throw AWSError(
        .invalidArgument,
        "Maximum allowed retention period is \(allowed.upperBound) hours. Requested retention "
          + "period (\(hours) hours) is too long.")
    }
  }

  private func set(
    retention hours: Int, of stream: StreamSummary
  ) async throws(AWSError) {
    // What changes nothing takes no time: the stream stays ACTIVE.
    guard hours != stream.retentionHours else { return }
    try await carryOut { () async throws(StreamLogError) in
      try await log.setRetention(stream: stream.name, hours: hours)
    }
  }

  func updateMaxRecordSize(_ request: UpdateMaxRecordSizeRequest) async throws(AWSError) {
    let stream = try summary(of: request.stream).name
    try await carryOut { () async throws(StreamLogError) in
      try await log.setRecordBytesMax(stream: stream, request.recordKiBMax << 10)
    }
  }

  func updateStreamMode(_ request: UpdateStreamModeRequest) async throws(AWSError) {
    let summary = try summary(of: request.stream)
    if request.warmThroughput != nil && request.mode == .provisioned {
      throw Self.warmThroughputNeedsOnDemand
    }
    let now = clock.now()
    let recent = summary.settings.modeChanges.filter { now.seconds(since: $0) < 86_400 }
    let isChange = StreamMode(summary.mode) != request.mode
    guard !isChange || recent.count < Self.modeChangesMax else {
      throw AWSError(
        .limitExceeded,
        "The mode of a stream may be changed \(Self.modeChangesMax) times in 24 hours; stream "
          + "\(summary.name) has had that.")
    }
    try await carryOut { () async throws(StreamLogError) in
      try await log.setMode(
        stream: summary.name, request.mode == .onDemand ? .onDemand : .provisioned)
      try await log.update(stream: summary.name) { settings in
        settings.modeChanges = isChange ? recent + [now] : recent
        settings.warmThroughput = request.mode == .onDemand ? request.warmThroughput : nil
      }
    }
  }

  static let warmThroughputNeedsOnDemand = AWSError(
    .invalidArgument, "WarmThroughputMiBps can only be set for a stream in ON_DEMAND mode.")

  func updateStreamWarmThroughput(
    _ request: UpdateStreamWarmThroughputRequest
  ) async throws(AWSError) -> UpdateStreamWarmThroughputResponse {
    let summary = try summary(of: request.stream)
    guard summary.mode == .onDemand else { throw Self.warmThroughputNeedsOnDemand }
    let target = request.warmThroughput
    try await carryOut { () async throws(StreamLogError) in
      try await log.update(activeStream: summary.name) { $0.warmThroughput = target }
    }
    return UpdateStreamWarmThroughputResponse(
      streamName: summary.name, streamARN: summary.arn,
      warmThroughput: WarmThroughput(
        target: target, current: summary.settings.warmThroughput ?? target))
  }

  func startStreamEncryption(_ request: EncryptionRequest) async throws(AWSError) {
    let summary = try summary(of: request.stream)
    guard request.type == .kms else {
      throw AWSError(.invalidArgument, "EncryptionType must be KMS to start encryption.")
    }
    try KeyName.check(request.keyID)
    try await set(encryption: request.keyID, of: summary)
  }

  func stopStreamEncryption(_ request: EncryptionRequest) async throws(AWSError) {
    let summary = try summary(of: request.stream)
    guard request.type == .kms else {
      throw AWSError(.invalidArgument, "EncryptionType must be KMS to stop encryption.")
    }
    try KeyName.check(request.keyID)
    try await set(encryption: nil, of: summary, from: request.keyID)
  }

  /// - Parameter former: the key that the stream has to have; nil where any will do.
  private func set(
    encryption key: String?, of summary: StreamSummary, from former: String? = nil
  ) async throws(AWSError) {
    let clock = clock
    try await carryOut { () async throws(StreamLogError) in
      try await log.update(activeStream: summary.name) { (settings) throws(StreamLogError) in
        if let former, let current = settings.encryptionKeyID, KeyName.differ(former, current) {
          throw .invalidArgument(
            "KeyId \(former) is not the key that stream \(summary.name) is encrypted with.")
        }
        settings.setEncryption(
          keyID: key, at: clock.now(), retentionHours: summary.retentionHours)
      }
    }
  }

  func enableEnhancedMonitoring(
    _ request: EnhancedMonitoringRequest
  ) async throws(AWSError) -> EnhancedMonitoringResponse {
    try await changeMetrics(request) { $0.union($1) }
  }

  func disableEnhancedMonitoring(
    _ request: EnhancedMonitoringRequest
  ) async throws(AWSError) -> EnhancedMonitoringResponse {
    try await changeMetrics(request) { $0.subtracting($1) }
  }

  private func changeMetrics(
    _ request: EnhancedMonitoringRequest,
    _ change: @escaping @Sendable (Set<String>, Set<String>) -> Set<String>
  ) async throws(AWSError) -> EnhancedMonitoringResponse {
    let summary = try summary(of: request.stream)
    let metrics = Set(request.metrics.map(\.rawValue))
    let before = summary.settings.shardLevelMetrics
    try await carryOut { () async throws(StreamLogError) in
      try await log.update(activeStream: summary.name) { settings in
        settings.shardLevelMetrics = change(settings.shardLevelMetrics, metrics)
      }
    }
    return EnhancedMonitoringResponse(
      streamName: summary.name, streamARN: summary.arn, current: before.sorted(),
      desired: change(before, metrics).sorted())
  }
}

/// What can name a key of KMS: an id, an alias, or an ARN of either.
private enum KeyName {
  static func check(_ name: String) throws(AWSError) {
    guard !name.hasPrefix("arn:") else {
      let parts = name.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
      guard parts.count == 6, parts[2] == "kms", parts[4].utf8.count == 12,
        parts[5].hasPrefix("key/") && isID(parts[5].dropFirst(4)) || isAlias(parts[5])
      else {
        throw AWSError(.invalidArgument, "KeyId \(name) is not a properly formatted ARN.")
      }
      return
    }
    guard isAlias(name[...]) || isID(name[...]) else {
      throw AWSError(
        .invalidArgument, "KeyId \(name) is not a properly formatted alias or GUID.")
    }
  }

  /// Whether two names are certain to mean two keys: an alias may be that of any id, and an ARN is
  /// compared by what it ends with, as there is one account.
  static func differ(_ one: String, _ other: String) -> Bool {
    let (one, other) = (bare(one), bare(other))
    return isAlias(one) == isAlias(other) && one.lowercased() != other.lowercased()
  }

  /// Without what only an ARN has.
  private static func bare(_ name: String) -> Substring {
    guard name.hasPrefix("arn:") else { return name[...] }
    let resource = name.split(separator: ":", maxSplits: 5).last ?? name[...]
    return resource.hasPrefix("key/") ? resource.dropFirst(4) : resource
  }

  private static func isAlias(_ text: Substring) -> Bool {
    text.hasPrefix("alias/") && text.utf8.count > 6
  }

  /// 8-4-4-4-12 hexadecimal digits, for keys of several regions with `mrk-` before 32.
  private static func isID(_ text: Substring) -> Bool {
    if text.hasPrefix("mrk-") { return text.dropFirst(4).allSatisfy(\.isHexDigit) }
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    return parts.map(\.count) == [8, 4, 4, 4, 12]
      && parts.allSatisfy { $0.allSatisfy(\.isHexDigit) }
  }
}
