import AWSProtocol
import Core
import EventBus

extension EventBridgeService {
  // MARK: Events

  func putEvents(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let entries = request.list("Entries", count: 1...10)
    try request.finish()
    let events = entries.map(Self.event)
    guard events.reduce(0, { $0 + EventSize.bytes(of: $1) }) < EventSize.requestBytesMax else {
      throw AWSError(
        .validation, "Total size of the entries in the request is over the limit.")
    }
    // What AWS itself sends cannot be sent by others.
    let allowed = events.filter { !$0.source.hasPrefix("aws.") }
    var outcomes = try await run { () async throws(EventBusError) in
      try await broker.put(allowed)
    }[...]
    var failed = 0
    let results = events.map { event -> JSONValue in
      let outcome: PutOutcome =
        event.source.hasPrefix("aws.")
        ? .refused(
          code: "NotAuthorizedForSourceException", message: "Not authorized for the source.")
        : outcomes.popFirst() ?? .refused(code: "InternalFailure", message: "No outcome.")
      switch outcome {
      case .accepted(let id): return ["EventId": .string(id)]
      case .refused(let code, let message):
        failed += 1
        return ["ErrorCode": .string(code), "ErrorMessage": .string(message)]
      }
    }
    return ["FailedEntryCount": .number("\(failed)"), "Entries": .array(results)]
  }

  private static func event(_ entry: JSONValue) -> NewEvent {
    let time: Timestamp? =
      switch entry["Time"] {
      case .number(let text)?: Double(text).map { Timestamp(seconds: $0) }
      case .string(let text)?: ISO8601.time(text)
      default: nil
      }
    return NewEvent(
      bus: entry["EventBusName"]?.text, source: entry["Source"]?.text ?? "",
      detailType: entry["DetailType"]?.text ?? "", detail: entry["Detail"]?.text ?? "",
      resources: entry["Resources"]?.elements?.compactMap(\.text) ?? [], time: time)
  }

  private static let required = ["id", "account", "source", "time", "region", "detail-type"]

  func testEventPattern(_ request: inout EventBridgeRequest) throws(AWSError) -> Answer? {
    let text = request.required("EventPattern")
    let event = request.required("Event")
    try request.finish()
    let pattern: EventPattern
    do throws(PatternError) {
      pattern = try EventPattern(text)
    } catch {
      throw Self.error(.invalidPattern(error))
    }
    guard case .object(let members)? = try? JSONValue(parsing: event) else {
      throw AWSError(.validation, "Parameter Event is not valid JSON.")
    }
    for name in Self.required where members[name] == nil {
      throw AWSError(
        .validation, "Parameter Event is not valid. Reason: \(name) is a required argument.")
    }
    var matcher = Matcher([pattern])
    var matches = false
    Array(event.utf8).withUnsafeBufferPointer { matcher.match($0) { _ in matches = true } }
    return ["Result": .bool(matches)]
  }

  // MARK: Buses

  private static let attributes = [
    "Description", "KmsKeyIdentifier", "DeadLetterConfig", "LogConfig",
  ]

  private static func attributes(of request: EventBridgeRequest) -> JSONObject {
    JSONObject(attributes.map { ($0, request[$0]) })
  }

  func createEventBus(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.busName("Name")
    _ = request.optional("Description", max: 512)
    try request.finish()
    guard !name.hasPrefix("aws.") else {
      throw AWSError(.validation, "Event bus name must not start with 'aws.': \(name)")
    }
    guard request["EventSourceName"] == nil else {
      throw AWSError(
        .resourceNotFound, "Event source \(request.text("EventSourceName") ?? "") does not exist.")
    }
    let attributes = Self.attributes(of: request)
    let arn = broker.arns.bus(name)
    let tags = try tags(in: request)
    try await run { () async throws(EventBusError) in
      try await broker.createBus(name, attributes)
      if !tags.isEmpty { try await broker.tag(arn, tags) }
    }
    var answer = attributes
    answer["EventBusArn"] = .string(arn)
    return answer
  }

  func updateEventBus(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.bus("Name")
    _ = request.optional("Description", max: 512)
    try request.finish()
    let attributes = Self.attributes(of: request)
    try await run { () async throws(EventBusError) in
      try await broker.updateBus(name, attributes)
    }
    var answer = attributes
    answer["Arn"] = .string(broker.arns.bus(EventARNs.busName(name)))
    answer["Name"] = .string(EventARNs.busName(name))
    return answer
  }

  func deleteEventBus(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.busName("Name")
    try request.finish()
    try await run { () async throws(EventBusError) in try await broker.deleteBus(name) }
    return nil
  }

  private func describe(_ bus: BusRecord) -> JSONObject {
    var answer = bus.attributes
    answer["Name"] = .string(bus.name)
    answer["Arn"] = .string(broker.arns.bus(bus.name))
    answer["Policy"] = bus.policy.map { .string($0) }
    answer["CreationTime"] = bus.createdAt.json
    answer["LastModifiedTime"] = bus.modifiedAt.json
    return answer
  }

  func describeEventBus(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.bus("Name")
    try request.finish()
    return describe(
      try await run { () async throws(EventBusError) in try await broker.bus(name) })
  }

  func listEventBuses(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let prefix = request.optional("NamePrefix", max: 256) ?? ""
    try request.finish()
    let buses = try await run { () async throws(EventBusError) in try await broker.buses() }
    let (page, token) = try page(buses.filter { $0.name.hasPrefix(prefix) }, &request)
    let listed = page.map { bus in
      var description = describe(bus)
      for name in ["KmsKeyIdentifier", "DeadLetterConfig", "LogConfig"] { description[name] = nil }
      return JSONValue.object(description)
    }
    return ["EventBuses": .array(listed), "NextToken": token]
  }

  // MARK: Permissions: kept and told; nobody is kept out

  func putPermission(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let bus = request.bus()
    try request.finish()
    if let policy = request.text("Policy") {
      guard case .object? = try? JSONValue(parsing: policy) else {
        throw AWSError(.validation, "Parameter Policy is not valid JSON.")
      }
      try await run { () async throws(EventBusError) in
        try await broker.changePolicy(of: bus) { _ in policy }
      }
      return nil
    }
    guard let principal = request.text("Principal"), let action = request.text("Action"),
      let id = request.text("StatementId")
    else {
      throw AWSError(
        .validation, "Parameter(s) Action, Principal and StatementId, or Policy, must be specified."
      )
    }
    let statement: JSONObject = [
      "Sid": .string(id), "Effect": "Allow",
      "Principal": principal == "*"
        ? "*" : ["AWS": .string("arn:aws:iam::\(principal):root")],
      "Action": .string(action),
      "Resource": .string(broker.arns.bus(EventARNs.busName(bus))),
      "Condition": Self.condition(request["Condition"]),
    ]
    try await run { () async throws(EventBusError) in
      try await broker.changePolicy(of: bus) { policy in
        Self.policy(policy, replacing: id, by: statement)
      }
    }
    return nil
  }

  private static func condition(_ condition: JSONValue?) -> JSONValue? {
    guard let type = condition?["Type"]?.text, let key = condition?["Key"]?.text else { return nil }
    return .object([type: .object([key: condition?["Value"]])])
  }

  private static func statements(_ policy: String?) -> [JSONValue] {
    policy.flatMap { try? JSONValue(parsing: $0) }?["Statement"]?.elements ?? []
  }

  private static func policy(
    _ policy: String?, replacing id: String, by statement: JSONObject?
  ) -> String? {
    var statements = statements(policy).filter { $0["Sid"]?.text != id }
    if let statement { statements.append(.object(statement)) }
    guard !statements.isEmpty else { return nil }
    let document: JSONValue = ["Version": "2012-10-17", "Statement": .array(statements)]
    return document.serializedText
  }

  func removePermission(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let bus = request.bus()
    try request.finish()
    let all = request["RemoveAllPermissions"]?.flag == true
    let id = request.text("StatementId")
    try await run { () async throws(EventBusError) in
      try await broker.changePolicy(of: bus) { (policy) throws(EventBusError) -> String? in
        if all { return nil }
        guard policy != nil else { throw .notFound("EventBus does not have a policy.") }
        guard let id, Self.statements(policy).contains(where: { $0["Sid"]?.text == id }) else {
          throw .notFound("Statement with the provided id does not exist.")
        }
        return Self.policy(policy, replacing: id, by: nil)
      }
    }
    return nil
  }
}
