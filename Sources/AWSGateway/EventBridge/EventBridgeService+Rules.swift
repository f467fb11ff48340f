import AWSProtocol
import Core
import EventBus

extension EventBridgeService {
  // MARK: Rules

  func putRule(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.name("Name")
    let bus = request.bus()
    let pattern = request.optional("EventPattern", max: 4_096)
    let schedule = request.optional("ScheduleExpression", max: 256)
    let state = request.choice(
      "State", of: ["ENABLED", "DISABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"])
    _ = request.optional("Description", max: 512)
    try request.finish()
    guard pattern?.isEmpty == false || schedule?.isEmpty == false else {
      throw AWSError(
        .validation, "Parameter(s) EventPattern or ScheduleExpression must be specified.")
    }
    let busName = EventARNs.busName(bus)
    let rule = RuleRecord(
      bus: busName, name: name, pattern: pattern?.isEmpty == false ? pattern : nil,
      schedule: schedule?.isEmpty == false ? schedule : nil, state: state ?? "ENABLED",
      attributes: [
        "Description": request["Description"], "RoleArn": request["RoleArn"],
      ])
    let arn = broker.arns.rule(name, bus: busName)
    let tags = try tags(in: request)
    try await run { () async throws(EventBusError) in
      try await broker.put(rule)
      if !tags.isEmpty { try await broker.tag(arn, tags) }
    }
    return ["RuleArn": .string(arn)]
  }

  private func describe(_ rule: RuleRecord) -> JSONObject {
    [
      "Name": .string(rule.name), "Arn": .string(broker.arns.rule(rule.name, bus: rule.bus)),
      "EventPattern": rule.pattern.map { .string($0) },
      "ScheduleExpression": rule.schedule.map { .string($0) }, "State": .string(rule.state),
      "Description": rule.attributes["Description"], "RoleArn": rule.attributes["RoleArn"],
      "ManagedBy": rule.attributes["ManagedBy"], "EventBusName": .string(rule.bus),
    ]
  }

  func describeRule(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.name("Name")
    let bus = request.bus()
    try request.finish()
    let rule = try await run { () async throws(EventBusError) in
      try await broker.rule(name, bus: bus)
    }
    var answer = describe(rule)
    answer["CreatedBy"] = .string(broker.arns.account)
    return answer
  }

  func listRules(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let bus = request.bus()
    let prefix = request.optional("NamePrefix", max: 64) ?? ""
    try request.finish()
    let rules = try await run { () async throws(EventBusError) in
      try await broker.rules(bus: bus)
    }
    let (page, token) = try page(rules.filter { $0.name.hasPrefix(prefix) }, &request)
    return ["Rules": .array(page.map { .object(describe($0)) }), "NextToken": token]
  }

  func deleteRule(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.name("Name")
    let bus = request.bus()
    try request.finish()
    try await run { () async throws(EventBusError) in
      try await broker.deleteRule(name, bus: bus)
    }
    return nil
  }

  func setRule(
    _ request: inout EventBridgeRequest, enabled: Bool
  ) async throws(AWSError) -> Answer? {
    let name = request.name("Name")
    let bus = request.bus()
    try request.finish()
    try await run { () async throws(EventBusError) in
      try await broker.setRule(name, bus: bus, enabled: enabled)
    }
    return nil
  }

  // MARK: Targets

  func putTargets(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let rule = request.name("Rule")
    let bus = request.bus()
    let list = request.list("Targets", count: 1...100)
    for (index, target) in list.enumerated() {
      _ = request.name("Id", in: target, "Targets", at: index)
      _ = request.text("Arn", in: target, "Targets", at: index, length: 1...1_600)
      let path = "targets.\(index + 1).member.retryPolicy."
      request.number(
        target["RetryPolicy"]?["MaximumRetryAttempts"], path + "maximumRetryAttempts", in: 0...185)
      request.number(
        target["RetryPolicy"]?["MaximumEventAgeInSeconds"], path + "maximumEventAgeInSeconds",
        in: 60...86_400)
    }
    try request.finish()
    var targets: [TargetDefinition] = []
    for element in list {
      do throws(EventBusError) {
        targets.append(try TargetDefinition(element))
      } catch {
        throw Self.error(error)
      }
    }
    let definitions = targets
    try await run { () async throws(EventBusError) in
      try await broker.put(definitions, rule: rule, bus: bus)
    }
    return ["FailedEntryCount": 0, "FailedEntries": .array([])]
  }

  func removeTargets(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let rule = request.name("Rule")
    let bus = request.bus()
    let ids = request.list("Ids", count: 1...100).compactMap(\.text)
    try request.finish()
    _ = try await run { () async throws(EventBusError) in
      try await broker.removeTargets(ids, rule: rule, bus: bus)
    }
    return ["FailedEntryCount": 0, "FailedEntries": .array([])]
  }

  func listTargetsByRule(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let rule = request.name("Rule")
    let bus = request.bus()
    try request.finish()
    let targets = try await run { () async throws(EventBusError) in
      try await broker.targets(rule: rule, bus: bus)
    }
    let (page, token) = try page(targets, &request)
    return ["Targets": .array(page.map(\.json)), "NextToken": token]
  }

  func listRuleNamesByTarget(
    _ request: inout EventBridgeRequest
  ) async throws(AWSError) -> Answer? {
    let arn = request.required("TargetArn", length: 1...1_600)
    let bus = request.bus()
    try request.finish()
    let names = try await run { () async throws(EventBusError) in
      try await broker.ruleNames(target: arn, bus: bus)
    }
    let (page, token) = try page(names, &request)
    return ["RuleNames": .array(page.map { .string($0) }), "NextToken": token]
  }

  // MARK: Tags

  func tags(in request: EventBridgeRequest) throws(AWSError) -> [(key: String, value: String)] {
    var tags: [(key: String, value: String)] = []
    for element in request["Tags"]?.elements ?? [] {
      guard let key = element["Key"]?.text, (1...128).contains(key.count),
        let value = element["Value"]?.text, value.count <= 256
      else { throw AWSError(.validation, "A tag has a Key of 1 to 128 characters and a Value.") }
      tags.append((key, value))
    }
    return tags
  }

  func tagResource(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let arn = request.required("ResourceARN", length: 1...1_600)
    _ = request.list("Tags", count: 0...200)
    try request.finish()
    let tags = try tags(in: request)
    try await run { () async throws(EventBusError) in try await broker.tag(arn, tags) }
    return [:]
  }

  func untagResource(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let arn = request.required("ResourceARN", length: 1...1_600)
    let keys = request.list("TagKeys", count: 0...200).compactMap(\.text)
    try request.finish()
    try await run { () async throws(EventBusError) in try await broker.untag(arn, keys) }
    return [:]
  }

  func listTagsForResource(
    _ request: inout EventBridgeRequest
  ) async throws(AWSError) -> Answer? {
    let arn = request.required("ResourceARN", length: 1...1_600)
    try request.finish()
    let tags = try await run { () async throws(EventBusError) in try await broker.tags(of: arn) }
    return [
      "Tags": .array(
        tags.map { .object(["Key": .string($0.key), "Value": .string($0.value)]) })
    ]
  }
}
