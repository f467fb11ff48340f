import AWSProtocol
import Core
import StreamLog

extension KinesisService {
  /// Seconds for which a commitment stands once it was made.
  private static let commitmentSeconds = 86_400.0

  private enum Commitment {
    static let enabled = "ENABLED"
    static let disabled = "DISABLED"
    static let ending = "ENABLED_UNTIL_EARLIEST_ALLOWED_END"
  }

  func describeLimits(_ request: EmptyRequest) throws(AWSError) -> DescribeLimitsResponse {
    let onDemand = log.streamNames().count { name in
      (try? log.outline(of: name))?.mode == .onDemand
    }
    return DescribeLimitsResponse(
      shardLimit: limits.shardsMax, openShardCount: openShardCount, onDemandStreamCount: onDemand,
      onDemandStreamLimit: limits.onDemandStreamsMax)
  }

  func describeAccountSettings(
    _ request: EmptyRequest
  ) throws(AWSError) -> AccountSettingsResponse {
    AccountSettingsResponse(commitment(at: clock.now()))
  }

  func updateAccountSettings(
    _ request: UpdateAccountSettingsRequest
  ) async throws(AWSError) -> AccountSettingsResponse {
    let now = clock.now()
    var commitment = commitment(at: now)
    switch (request.isCommitmentEnabled, commitment.status) {
    case (true, Commitment.disabled):
      commitment = .init(
        status: Commitment.enabled, startedAt: now,
        earliestAllowedEndAt: now.advanced(bySeconds: Self.commitmentSeconds))
    case (true, Commitment.ending):
      commitment.status = Commitment.enabled
    case (false, Commitment.enabled):
      commitment.status = Commitment.ending
      commitment = ended(commitment, at: now)
    default:
      break
    }
    let changed = commitment
    try await carryOut { () async throws(StreamLogError) in
      try await log.updateAccount { $0.throughputCommitment = changed }
    }
    return AccountSettingsResponse(changed)
  }

  private func commitment(at now: Timestamp) -> AccountSettings.ThroughputCommitment {
    ended(log.accountSettings.throughputCommitment ?? .init(status: Commitment.disabled), at: now)
  }

  /// A commitment that was to end, once it may.
  private func ended(
    _ commitment: AccountSettings.ThroughputCommitment, at now: Timestamp
  ) -> AccountSettings.ThroughputCommitment {
    guard commitment.status == Commitment.ending, let end = commitment.earliestAllowedEndAt,
      end <= now
    else { return commitment }
    var commitment = commitment
    commitment.status = Commitment.disabled
    commitment.endedAt = end
    return commitment
  }
}

extension AccountSettingsResponse {
  fileprivate init(_ commitment: AccountSettings.ThroughputCommitment) {
    self.init(
      status: commitment.status, startedAt: commitment.startedAt, endedAt: commitment.endedAt,
      earliestAllowedEndAt: commitment.earliestAllowedEndAt)
  }
}
