internal import Core
internal import DuckDB
internal import ObjectStore

/// What users call: `CALL weir.archive('sales')`.
enum ArchiveProcedures {
  /// The procedures do not keep the warehouse alive.
  static func all(of warehouse: Warehouse) -> [Procedure] {
    [
      create(warehouse), alter(warehouse), drop(warehouse), archive(warehouse),
      restore(warehouse), compact(warehouse), cancel(warehouse),
    ]
  }

  private static let policy = Procedure.Parameter("policy", .text)

  // MARK: Policies

  private static func create(_ warehouse: Warehouse) -> Procedure {
    Procedure(
      "create_archive_policy",
      [
        policy, .init("table", .text), .init("time_column", .text), .init("months_kept", .integer),
        .init("destination", .text), .init("archive_table", .text),
        .init("partitions", .text, isOptional: true), .init("schedule", .text, isOptional: true),
      ],
      summary: "Says when rows of a table move to which external table, and makes that"
    ) { [weak warehouse] arguments in
      guard let warehouse else { throw closed }
      let (made, now) = (try read(arguments), warehouse.clock.now())
      try await warehouse.onCatalog { catalog in
        try atomically(on: catalog.connection) {
          var policy = made
          policy.id = try catalog.nextID()
          try check(policy, arguments, catalog)
          let source = try ArchiveSource(policy, on: catalog.connection)
          try ArchiveManifest.createTable(
            for: policy, source.columns, on: catalog.connection, at: now)
          try catalog.insert(policy, owner: "weir", at: now)
        }
      }
      warehouse.noteDefinition()
      return ProcedureOutcome()
    }
  }

  private static func read(_ arguments: ProcedureArguments) throws -> ArchivePolicy {
    let name = arguments.text("policy") ?? ""
    guard !name.isEmpty, name.utf8.count <= 127 else {
      throw arguments.error("policy", "a policy's name has 1 to 127 bytes")
    }
    let months = arguments.integer("months_kept") ?? 0
    try check(months, arguments)
    let text = arguments.text("partitions") ?? ArchivePolicy.Granularity.month.rawValue
    guard let granularity = ArchivePolicy.Granularity(rawValue: text.lowercased()) else {
      throw arguments.error("partitions", "partitions are 'month' or 'day', not '\(text)'")
    }
    return ArchivePolicy(
      id: 0, name: name, table: relation(arguments.text("table") ?? ""),
      timeColumn: (arguments.text("time_column") ?? "").lowercased(), monthsKept: months,
      destination: try destination(arguments), granularity: granularity,
      archive: relation(arguments.text("archive_table") ?? ""),
      schedule: try schedule(arguments), isEnabled: true)
  }

  private static func check(_ months: Int, _ arguments: ProcedureArguments) throws {
    guard (0...ArchivePolicy.monthsKeptMax).contains(months) else {
      throw arguments.error(
        "months_kept", "months_kept goes from 0 to \(ArchivePolicy.monthsKeptMax)")
    }
  }

  private static func destination(_ arguments: ProcedureArguments) throws -> ObjectAddress {
    do throws(ObjectStoreError) {
      var address = try ObjectAddress(parsing: arguments.text("destination") ?? "")
      while address.key.hasSuffix("/") { address.key.removeLast() }
      guard !address.key.isEmpty else {
        throw .invalidAddress("\(address)", "it needs a folder within the bucket")
      }
      return address
    } catch {
      throw arguments.error("destination", error.description)
    }
  }

  private static func schedule(_ arguments: ProcedureArguments) throws -> Schedule? {
    guard let text = arguments.text("schedule"), !text.isEmpty else { return nil }
    do throws(ScheduleError) {
      return try Schedule(text)
    } catch {
      throw arguments.error(
        "schedule", "\"\(text)\" is no schedule: \(error)",
        hint: "write rate(1 day), rate(6 hours) or cron(0 3 * * ? *)")
    }
  }

  private static func relation(_ text: String) -> RelationName {
    let parts = text.lowercased().split(separator: ".", maxSplits: 1).map(String.init)
    return parts.count == 2
      ? RelationName(schema: parts[0], name: parts[1])
      : RelationName(schema: "public", name: text.lowercased())
  }

  private static func check(
    _ policy: ArchivePolicy, _ arguments: ProcedureArguments, _ archive: ArchiveCatalog
  ) throws {
    for other in try archive.policies() {
      if other.name == policy.name {
        throw SQLError("42710", "archive policy \"\(policy.name)\" already exists")
      }
      if other.table == policy.table {
        throw arguments.error(
          "table", "\"\(policy.table)\" has the archive policy \"\(other.name)\" already")
      }
      let (one, two) = (other.destination.appending("/"), policy.destination.appending("/"))
      if one.bucket == two.bucket, one.key.hasPrefix(two.key) || two.key.hasPrefix(one.key) {
        throw arguments.error(
          "destination", "\(policy.destination) belongs to policy \"\(other.name)\"")
      }
    }
    let catalog = Catalog(connection: archive.connection)
    if let view = try catalog.view(schema: policy.table.schema, name: policy.table.name) {
      guard view.stream != nil, case .rows = try StreamPlan(definition: view.definition).shape
      else {
        throw arguments.error(
          "table", "rows can leave a table or a view over a stream that does not aggregate")
      }
      return
    }
    guard try catalog.kind(of: policy.table) == .table else {
      throw arguments.error("table", "there is no table \"\(policy.table)\"")
    }
  }

  private static func alter(_ warehouse: Warehouse) -> Procedure {
    Procedure(
      "alter_archive_policy",
      [
        policy, .init("months_kept", .integer, isOptional: true),
        .init("schedule", .text, isOptional: true), .init("enabled", .text, isOptional: true),
      ],
      summary: "Changes what is not NULL; the schedule '' is none"
    ) { [weak warehouse] arguments in
      guard let warehouse else { throw closed }
      var policy = try await find(arguments, warehouse)
      if let months = arguments.integer("months_kept") {
        try check(months, arguments)
        policy.monthsKept = months
      }
      if arguments.text("schedule") != nil { policy.schedule = try schedule(arguments) }
      if let text = arguments.text("enabled")?.lowercased() {
        guard ["true", "t", "on", "yes", "false", "f", "off", "no"].contains(text) else {
          throw arguments.error("enabled", "enabled is true or false")
        }
        policy.isEnabled = ["true", "t", "on", "yes"].contains(text)
      }
      try await warehouse.onCatalog { [policy] in try $0.update(policy) }
      return ProcedureOutcome()
    }
  }

  private static func drop(_ warehouse: Warehouse) -> Procedure {
    Procedure(
      "drop_archive_policy", [policy],
      summary: "Ends a policy; its table and its archive stay as they are"
    ) { [weak warehouse] arguments in
      guard let warehouse else { throw closed }
      let policy = try await find(arguments, warehouse)
      try warehouse.archiveState.begin(policy.name)
      defer { warehouse.archiveState.end() }
      try await warehouse.onCatalog { catalog in
        try atomically(on: catalog.connection) { try catalog.drop(policy) }
      }
      return ProcedureOutcome()
    }
  }

  // MARK: Runs

  private static func archive(_ warehouse: Warehouse) -> Procedure {
    Procedure(
      "archive", [policy], summary: "Moves the months that are old enough to the archive, now"
    ) { [weak warehouse] arguments in
      guard let warehouse else { throw closed }
      let policy = try await find(arguments, warehouse)
      return outcome(try await warehouse.archive(policy) { try await arguments.tell($0) })
    }
  }

  private static func restore(_ warehouse: Warehouse) -> Procedure {
    Procedure(
      "restore_archive",
      [policy, .init("month", .text), .init("days", .number, isOptional: true)],
      summary: "Brings a month back into the table, where it stays for 30 or so many days"
    ) { [weak warehouse] arguments in
      guard let warehouse else { throw closed }
      let policy = try await find(arguments, warehouse)
      guard let month = ArchiveMonth(arguments.text("month") ?? "") else {
        throw arguments.error("month", "a month is written as 2024-03")
      }
      let days = arguments.number("days") ?? 30
      guard days >= 0, days <= 36_500 else {
        throw arguments.error("days", "days go from 0 to 36500")
      }
      return outcome(
        try await warehouse.restore(month, of: policy, heldFor: days * 86_400) {
          try await arguments.tell($0)
        })
    }
  }

  private static func compact(_ warehouse: Warehouse) -> Procedure {
    Procedure(
      "compact_archive", [policy],
      summary: "Makes one file of the many that late rows left in a folder of the archive"
    ) { [weak warehouse] arguments in
      guard let warehouse else { throw closed }
      let policy = try await find(arguments, warehouse)
      return outcome(try await warehouse.compact(policy) { try await arguments.tell($0) })
    }
  }

  private static func cancel(_ warehouse: Warehouse) -> Procedure {
    Procedure(
      "cancel_archive", [policy],
      summary: "Ends the policy's run that is under way, whoever began it; its months so far stay"
    ) { [weak warehouse] arguments in
      guard let warehouse else { throw closed }
      let policy = try await find(arguments, warehouse)
      guard warehouse.archiveState.cancel(policy.name) else {
        throw SQLError(
          "55000", "no run of archive policy \"\(policy.name)\" is under way",
          hint: "SELECT * FROM sys_weir_archive_progress")
      }
      return ProcedureOutcome(notices: ["the run of policy \"\(policy.name)\" is being ended"])
    }
  }

  private static func outcome(_ batches: [ArchiveOutcome]) -> ProcedureOutcome {
    ProcedureOutcome(
      columns: [
        SQLColumn(name: "batch_id", type: .bigint), SQLColumn(name: "month", type: .varchar),
        SQLColumn(name: "state", type: .varchar), SQLColumn(name: "rows", type: .bigint),
        SQLColumn(name: "files", type: .bigint), SQLColumn(name: "bytes", type: .bigint),
      ],
      rows: batches.map { outcome in
        [
          "\(outcome.batch.id)", "\(outcome.batch.month)", outcome.result.state.rawValue,
          "\(outcome.result.rowCount)", "\(outcome.result.fileCount)",
          "\(outcome.result.byteCount)",
        ]
      })
  }

  private static let closed = SQLError("57P01", "the warehouse is closing")

  private static func find(
    _ arguments: ProcedureArguments, _ warehouse: Warehouse
  ) async throws -> ArchivePolicy {
    let name = arguments.text("policy") ?? ""
    let policy = try await warehouse.onCatalog { try $0.policy(name) }
    guard let policy else {
      throw arguments.error(
        "policy", "there is no archive policy \"\(name)\"",
        hint: "SELECT name FROM sys_weir_archive_policies")
    }
    return policy
  }

  private static func atomically(on connection: Connection, _ body: () throws -> Void) throws {
    try connection.execute("BEGIN TRANSACTION")
    do {
      try body()
      try connection.execute("COMMIT")
    } catch {
      connection.rollBack()
      throw error
    }
  }
}
