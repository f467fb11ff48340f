package import Core

extension EventBroker {
  // MARK: Archives

  package func createArchive(
    _ name: String, bus arn: String, pattern: String?, description: String?, retentionDays: Int
  ) async throws(EventBusError) -> ArchiveRecord {
    let record = ArchiveRecord(
      name: name, bus: EventARNs.busName(arn), pattern: pattern, description: description,
      retentionDays: retentionDays, createdAt: clock.now(), eventCount: 0, byteCount: 0)
    try await write { try $0.create(record) }
    return record
  }

  /// Changes what is given.
  package func updateArchive(
    _ name: String, pattern: String?, description: String?, retentionDays: Int?
  ) async throws(EventBusError) -> ArchiveRecord {
    guard pattern != nil || description != nil || retentionDays != nil else {
      throw .invalid("At least one of EventPattern, RetentionDays or Description must be provided.")
    }
    return try await write { state in
      var record = try state.archive(name)
      record.pattern = pattern ?? record.pattern
      record.description = description ?? record.description
      record.retentionDays = retentionDays ?? record.retentionDays
      try state.update(record)
      return record
    }
  }

  package func deleteArchive(_ name: String) async throws(EventBusError) {
    let arns = arns
    try await write { try $0.delete(archive: name, arns: arns) }
  }

  package func archive(_ name: String) async throws(EventBusError) -> ArchiveRecord {
    try await read { try $0.archive(name) }
  }

  /// - Parameter bus: only those of this bus, by ARN.
  package func archives(bus: String?) async throws(EventBusError) -> [ArchiveRecord] {
    let name = bus.map { EventARNs.busName($0) }
    return try await read { state in
      guard let name else { return try state.archives(where: "true", []) }
      _ = try state.bus(name)
      return try state.archives(where: "bus = ?", [.text(name)])
    }
  }

  // MARK: Replays

  /// - Parameters:
  ///   - archive: its ARN.
  ///   - definition: Description and Destination, as given.
  package func startReplay(
    _ name: String, archive: String, from: Timestamp, to: Timestamp, definition: JSONObject
  ) async throws(EventBusError) -> ReplayRecord {
    guard from < to else {
      throw .invalid(
        "Parameter EventEndTime is not valid. Reason: EventStartTime must be before EventEndTime.")
    }
    let record = ReplayRecord(
      name: name, archive: TargetKind.lastName(of: archive), definition: definition,
      state: "STARTING", from: from, to: to, startedAt: clock.now())
    let destination = EventARNs.busName(definition["Destination"]?["Arn"]?.text)
    try await write { state in
      _ = try state.bus(destination)
      let found = try state.archives(where: "name = ?", [.text(record.archive)]).first
      guard let found else {
        throw EventBusError.invalid(
          "Parameter EventSourceArn is not valid. Reason: Archive \(record.archive) does not exist."
        )
      }
      guard found.bus == destination else {
        throw EventBusError.invalid(
          "Parameter Destination.Arn is not valid. "
            + "Reason: Cross event bus replay is not permitted.")
      }
      try state.start(record)
    }
    signal.raise()
    return record
  }

  package func cancelReplay(_ name: String) async throws(EventBusError) -> ReplayRecord {
    let record = try await write { state in
      try state.cancel(replay: name)
      return try state.replay(name)
    }
    signal.raise()
    return record
  }

  package func replay(_ name: String) async throws(EventBusError) -> ReplayRecord {
    try await read { try $0.replay(name) }
  }

  package func replays() async throws(EventBusError) -> [ReplayRecord] {
    try await read { try $0.replays(where: "true", []) }
  }

  // MARK: Connections and API destinations

  package func resource(
    _ kind: ResourceKind, _ name: String
  ) async throws(EventBusError) -> JSONObject? {
    try await read { try $0.resource(kind, name) }
  }

  package func resources(_ kind: ResourceKind) async throws(EventBusError) -> [JSONObject] {
    try await read { try $0.resources(kind) }
  }

  /// Changes a connection or destination in one transaction: `change` gets what is there, and
  /// gives what is to be; nil removes it.
  package func changeResource(
    _ kind: ResourceKind, _ name: String,
    _ change: @escaping @Sendable (JSONObject?) throws(EventBusError) -> JSONObject?
  ) async throws(EventBusError) {
    try await write { state in
      try state.store(kind, name, try change(try state.resource(kind, name)))
    }
  }
}
