import AWSProtocol
import Core
import StreamLog

// Policies are kept and told; nobody is kept out by them, since credentials are not checked.
extension KinesisService {
  /// What a resource without a policy answers.
  private static let noPolicy = "{}"
  /// Bytes of a policy, at most (the limit of resource policies).
  private static let policyBytesMax = 20_480

  func putResourcePolicy(_ request: PutResourcePolicyRequest) async throws(AWSError) {
    guard request.policy.utf8.count <= Self.policyBytesMax, JSONReader.isStructure(request.policy)
    else {
      throw AWSError(
        .invalidArgument,
        "The policy is not a JSON object of at most \(Self.policyBytesMax) bytes.")
    }
    try PolicyDocument.check(request.policy)
    try await set(policy: request.policy, for: resource(request.resource))
  }

  func getResourcePolicy(_ request: ResourceRequest) throws(AWSError) -> ResourcePolicyResponse {
    ResourcePolicyResponse(policy: policy(of: try resource(request.resource)) ?? Self.noPolicy)
  }

  func deleteResourcePolicy(_ request: ResourceRequest) async throws(AWSError) {
    let resource = try resource(request.resource)
    guard policy(of: resource) != nil else {
      throw AWSError(
        .resourceNotFound,
        "No resource policy found for resource ARN \(request.resource.arn).")
    }
    try await set(policy: nil, for: resource)
  }

  private func policy(of resource: Resource) -> String? {
    switch resource {
    case .stream(let summary): summary.settings.resourcePolicy
    case .consumer(let consumer, _): consumer.resourcePolicy
    }
  }

  private func set(policy: String?, for resource: Resource) async throws(AWSError) {
    switch resource {
    case .stream(let summary):
      try await carryOut { () async throws(StreamLogError) in
        try await log.update(stream: summary.name) { $0.resourcePolicy = policy }
      }
    case .consumer(let consumer, let summary):
      try await update(consumer, of: summary) { $0.resourcePolicy = policy }
    }
  }
}
