import AWSProtocol
import Core
import EventBus

extension EventBridgeService {
  // MARK: Archives

  func createArchive(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.name("ArchiveName", max: 48)
    let bus = request.required("EventSourceArn", length: 1...1_600)
    let pattern = request.optional("EventPattern", max: 4_096)
    let description = request.optional("Description", max: 512)
    let days = request.number("RetentionDays", in: 0...Int(Int32.max))
    try request.finish()
    let archive = try await run { () async throws(EventBusError) in
      try await broker.createArchive(
        name, bus: bus, pattern: pattern, description: description, retentionDays: days ?? 0)
    }
    return brief(archive)
  }

  func updateArchive(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.name("ArchiveName", max: 48)
    let pattern = request.optional("EventPattern", max: 4_096)
    let description = request.optional("Description", max: 512)
    let days = request.number("RetentionDays", in: 0...Int(Int32.max))
    try request.finish()
    return brief(
      try await run { () async throws(EventBusError) in
        try await broker.updateArchive(
          name, pattern: pattern, description: description, retentionDays: days)
      })
  }

  private func brief(_ archive: ArchiveRecord) -> Answer {
    [
      "ArchiveArn": .string(broker.arns.archive(archive.name)), "State": "ENABLED",
      "CreationTime": archive.createdAt.json,
    ]
  }

  func deleteArchive(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.name("ArchiveName", max: 48)
    try request.finish()
    try await run { () async throws(EventBusError) in try await broker.deleteArchive(name) }
    return [:]
  }

  private func describe(_ archive: ArchiveRecord) -> JSONObject {
    [
      "ArchiveName": .string(archive.name),
      "EventSourceArn": .string(broker.arns.bus(archive.bus)), "State": "ENABLED",
      "RetentionDays": .number("\(archive.retentionDays)"),
      "SizeBytes": .number("\(archive.byteCount)"),
      "EventCount": .number("\(archive.eventCount)"), "CreationTime": archive.createdAt.json,
    ]
  }

  func describeArchive(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.name("ArchiveName", max: 48)
    try request.finish()
    let archive = try await run { () async throws(EventBusError) in
      try await broker.archive(name)
    }
    var answer = describe(archive)
    answer["ArchiveArn"] = .string(broker.arns.archive(name))
    answer["Description"] = archive.description.map { .string($0) }
    answer["EventPattern"] = archive.pattern.map { .string($0) }
    return answer
  }

  func listArchives(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let prefix = request.optional("NamePrefix", max: 48) ?? ""
    let bus = request.optional("EventSourceArn", max: 1_600)
    let state = request.choice(
      "State",
      of: ["ENABLED", "DISABLED", "CREATING", "UPDATING", "CREATE_FAILED", "UPDATE_FAILED"])
    try request.finish()
    let archives = try await run { () async throws(EventBusError) in
      try await broker.archives(bus: bus)
    }
    let found = archives.filter { $0.name.hasPrefix(prefix) && (state ?? "ENABLED") == "ENABLED" }
    let (page, token) = try page(found, &request)
    return ["Archives": .array(page.map { .object(describe($0)) }), "NextToken": token]
  }

  // MARK: Replays

  func startReplay(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.name("ReplayName")
    let archive = request.required("EventSourceArn", length: 1...1_600)
    let from = request.time("EventStartTime")
    let to = request.time("EventEndTime")
    _ = request.optional("Description", max: 512)
    if request["Destination"]?["Arn"]?.text == nil { _ = request.required("Destination") }
    try request.finish()
    let definition: JSONObject = [
      "Description": request["Description"], "Destination": request["Destination"],
    ]
    let replay = try await run { () async throws(EventBusError) in
      try await broker.startReplay(
        name, archive: archive, from: from, to: to, definition: definition)
    }
    return [
      "ReplayArn": .string(broker.arns.replay(name)), "State": .string(replay.state),
      "ReplayStartTime": replay.startedAt.json,
    ]
  }

  func cancelReplay(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.name("ReplayName")
    try request.finish()
    let replay = try await run { () async throws(EventBusError) in
      try await broker.cancelReplay(name)
    }
    return [
      "ReplayArn": .string(broker.arns.replay(name)), "State": .string(replay.state),
      "StateReason": "Cancelled by the user.",
    ]
  }

  private func describe(_ replay: ReplayRecord) -> JSONObject {
    [
      "ReplayName": .string(replay.name),
      "EventSourceArn": .string(broker.arns.archive(replay.archive)),
      "State": .string(replay.state), "StateReason": replay.reason.map { .string($0) },
      "EventStartTime": replay.from.json, "EventEndTime": replay.to.json,
      "EventLastReplayedTime": replay.lastReplayed?.json,
      "ReplayStartTime": replay.startedAt.json, "ReplayEndTime": replay.endedAt?.json,
    ]
  }

  func describeReplay(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let name = request.name("ReplayName")
    try request.finish()
    let replay = try await run { () async throws(EventBusError) in try await broker.replay(name) }
    var answer = describe(replay)
    answer["ReplayArn"] = .string(broker.arns.replay(name))
    for (name, value) in replay.definition.members { answer[name] = value }
    return answer
  }

  func listReplays(_ request: inout EventBridgeRequest) async throws(AWSError) -> Answer? {
    let prefix = request.optional("NamePrefix", max: 64) ?? ""
    let archive = request.optional("EventSourceArn", max: 1_600)
    let state = request.choice(
      "State", of: ["STARTING", "RUNNING", "CANCELLING", "COMPLETED", "CANCELLED", "FAILED"])
    try request.finish()
    let replays = try await run { () async throws(EventBusError) in try await broker.replays() }
    let found = replays.filter {
      $0.name.hasPrefix(prefix) && (state == nil || $0.state == state)
        && (archive == nil || archive == broker.arns.archive($0.archive))
    }
    let (page, token) = try page(found, &request)
    return ["Replays": .array(page.map { .object(describe($0)) }), "NextToken": token]
  }
}
