import AWSProtocol
import Core
import EventBus

/// Connections and API destinations: how EventBridge names HTTP endpoints. Secrets are kept in the
/// database of events, which its owner alone can read, and are never told.
extension EventBridgeService {
  private static let methods = ["HEAD", "POST", "PATCH", "DELETE", "PUT", "GET", "OPTIONS"]

  // MARK: Connections

  func putConnection(
    _ request: inout EventBridgeRequest, isNew: Bool
  ) async throws(AWSError) -> Answer? {
    let name = request.name("Name")
    let type = request.choice(
      "AuthorizationType", of: ["BASIC", "OAUTH_CLIENT_CREDENTIALS", "API_KEY"])
    if isNew, type == nil { _ = request.required("AuthorizationType") }
    try request.finish()
    guard type != "OAUTH_CLIENT_CREDENTIALS" else {
      throw AWSError(
        .validation, "OAuth is not available here: its server would not be on this machine.")
    }
    let (given, now, arns) = (request.members, clock.now(), broker.arns)
    return try await change(.connection, name, isNew: isNew, "connection(s). Connection") { old in
      var record = old ?? ["ConnectionArn": .string(arns.connection(name, id: EventID.random()))]
      for member in ["Name", "Description", "AuthorizationType", "AuthParameters"] {
        if let value = given[member], value != .null { record[member] = value }
      }
      record["ConnectionState"] = "AUTHORIZED"
      record["CreationTime"] = record["CreationTime"] ?? now.json
      record["LastModifiedTime"] = now.json
      record["LastAuthorizedTime"] = now.json
      return record
    }.only(["ConnectionArn", "ConnectionState", "CreationTime", "LastModifiedTime"])
  }

  func deauthorizeConnection(
    _ request: inout EventBridgeRequest
  ) async throws(AWSError) -> Answer? {
    let name = request.name("Name")
    try request.finish()
    return try await change(.connection, name, isNew: false, "connection(s). Connection") { old in
      var record = old ?? [:]
      record["AuthParameters"] = nil
      record["ConnectionState"] = "DEAUTHORIZED"
      return record
    }.only(["ConnectionArn", "ConnectionState", "CreationTime", "LastModifiedTime"])
  }

  func deleteConnection(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.name("Name")
    try request.finish()
    var answer = try await find(.connection, name, "connection(s). Connection")
    try await run { () async throws(EventBusError) in
      try await broker.changeResource(.connection, name) { _ in nil }
    }
    answer["ConnectionState"] = "DELETING"
    return answer.only([
      "ConnectionArn", "ConnectionState", "CreationTime", "LastModifiedTime",
      "LastAuthorizedTime",
    ])
  }

  func describeConnection(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.name("Name")
    try request.finish()
    var answer = try await find(.connection, name, "connection(s). Connection")
    answer["AuthParameters"] = answer["AuthParameters"].map(Self.withoutSecrets)
    return answer
  }

  private static func withoutSecrets(_ value: JSONValue) -> JSONValue {
    guard case .object(let object) = value else {
      return value.elements.map { .array($0.map(withoutSecrets)) } ?? value
    }
    let secrets: Set<String> = ["Password", "ApiKeyValue", "ClientSecret"]
    return .object(
      JSONObject(
        object.members.filter { !secrets.contains($0.name) }
          .map { ($0.name, withoutSecrets($0.value)) }))
  }

  func listConnections(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let (page, token) = try await list(.connection, &request)
    return [
      "Connections": .array(
        page.map {
          .object(
            $0.only([
              "ConnectionArn", "Name", "ConnectionState", "AuthorizationType", "CreationTime",
              "LastModifiedTime", "LastAuthorizedTime",
            ]))
        }), "NextToken": token,
    ]
  }

  // MARK: API destinations

  func putAPIDestination(
    _ request: inout EventBridgeRequest, isNew: Bool
  ) async throws(AWSError) -> Answer? {
    let name = request.name("Name")
    if isNew {
      _ = request.required("ConnectionArn", length: 1...1_600)
      _ = request.required("InvocationEndpoint", length: 1...2_048)
      _ = request.required("HttpMethod")
    }
    _ = request.choice("HttpMethod", of: Self.methods)
    _ = request.number("InvocationRateLimitPerSecond", in: 1...300)
    try request.finish()
    let (given, now, arns) = (request.members, clock.now(), broker.arns)
    return try await change(
      .apiDestination, name, isNew: isNew, "api-destination(s). An api-destination"
    ) { old in
      var record =
        old ?? ["ApiDestinationArn": .string(arns.apiDestination(name, id: EventID.random()))]
      for member in [
        "Name", "Description", "ConnectionArn", "InvocationEndpoint", "HttpMethod",
        "InvocationRateLimitPerSecond",
      ] {
        if let value = given[member], value != .null { record[member] = value }
      }
      record["InvocationRateLimitPerSecond"] = record["InvocationRateLimitPerSecond"] ?? 300
      record["ApiDestinationState"] = "ACTIVE"
      record["CreationTime"] = record["CreationTime"] ?? now.json
      record["LastModifiedTime"] = now.json
      return record
    }.only(["ApiDestinationArn", "ApiDestinationState", "CreationTime", "LastModifiedTime"])
  }

  func deleteAPIDestination(
    _ request: inout EventBridgeRequest
  ) async throws(AWSError) -> Answer? {
    let name = request.name("Name")
    try request.finish()
    _ = try await find(.apiDestination, name, "api-destination(s). An api-destination")
    try await run { () async throws(EventBusError) in
      try await broker.changeResource(.apiDestination, name) { _ in nil }
    }
    return [:]
  }

  func describeAPIDestination(
    _ request: inout EventBridgeRequest
  ) async throws(AWSError) -> Answer? {
    let name = request.name("Name")
    try request.finish()
    return try await find(.apiDestination, name, "api-destination(s). An api-destination")
  }

  func listAPIDestinations(
    _ request: inout EventBridgeRequest
  ) async throws(AWSError) -> Answer? {
    let (page, token) = try await list(.apiDestination, &request)
    return ["ApiDestinations": .array(page.map { .object($0) }), "NextToken": token]
  }

  // MARK: Both

  private static func missing(_ what: String, _ name: String) -> EventBusError {
    .notFound("Failed to describe the \(what) '\(name)' does not exist.")
  }

  private func find(
    _ kind: ResourceKind, _ name: String, _ what: String
  ) async throws(AWSError) -> JSONObject {
    let found = try await run { () async throws(EventBusError) in
      try await broker.resource(kind, name)
    }
    guard let found else { throw Self.error(Self.missing(what, name)) }
    return found
  }

  private func list(
    _ kind: ResourceKind, _ request: inout EventBridgeRequest
  ) async throws(AWSError) -> (elements: [JSONObject], token: JSONValue?) {
    let prefix = request.optional("NamePrefix", max: 64) ?? ""
    try request.finish()
    let found = try await run { () async throws(EventBusError) in
      try await broker.resources(kind)
    }
    return try page(found.filter { ($0["Name"]?.text ?? "").hasPrefix(prefix) }, &request)
  }

  private func change(
    _ kind: ResourceKind, _ name: String, isNew: Bool, _ what: String,
    _ make: @escaping @Sendable (JSONObject?) -> JSONObject
  ) async throws(AWSError) -> JSONObject {
    try await run { () async throws(EventBusError) in
      try await broker.changeResource(kind, name) { (old) throws(EventBusError) -> JSONObject? in
        if isNew, old != nil {
          let noun = kind == .connection ? "Connection" : "An api-destination"
          throw .exists("\(noun) '\(name)' already exists.")
        }
        if !isNew, old == nil { throw Self.missing(what, name) }
        return make(old)
      }
    }
    return try await find(kind, name, what)
  }
}

extension JSONObject {
  fileprivate func only(_ names: [String]) -> JSONObject {
    JSONObject(names.map { ($0, self[$0]) })
  }
}
