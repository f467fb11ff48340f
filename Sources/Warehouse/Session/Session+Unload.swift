internal import Core
internal import DuckDB
internal import ObjectStore
internal import RedshiftSQL

extension WarehouseSession {
  /// - Returns: rows that are in the files.
  func unload(_ unload: Unload, _ receive: Receive) async throws -> Int {
    let record = newRecord(of: unload)
    warehouse.unloads.append(record)
    do {
      let rows = try await write(unload, record)
      record.end(at: warehouse.clock.now())
      lastUnload = (rows, currentStatement)
      if unload.options.isEncrypted {
        try await receive(
          .notice(
            SQLNotice(
              severity: "WARNING", sqlState: "01000",
              message: "ENCRYPTED has no effect: objects are stored as the store keeps them")))
      }
      try await receive(
        .notice(
          SQLNotice(
            severity: "INFO",
            message: "UNLOAD completed, \(rows) record(s) unloaded successfully.")))
      try await receive(.complete(tag: "UNLOAD"))
      return rows
    } catch {
      let message = (error as? SQLError)?.message ?? (error as? LocatedError)?.error.message
      record.update { facts in
        facts.rows = 0
        facts.files = []
      }
      record.end(at: warehouse.clock.now(), error: message ?? "\(error)")
      throw error
    }
  }

  private func newRecord(of unload: Unload) -> UnloadRecord {
    let options = unload.options
    let compression =
      options.compression?.rawValue ?? (options.format == .parquet ? "snappy" : "none")
    return UnloadRecord(
      UnloadFacts(
        query: currentStatement(of: .unload(unload)), startedAt: warehouse.clock.now(),
        format: options.format.rawValue, compression: compression, location: unload.destination)
    ) { [connection] in connection.rowsProcessed }
  }

  private func write(_ unload: Unload, _ record: UnloadRecord) async throws -> Int {
    let destination = try address(unload.destination, at: unload.position)
    let query = try await queue.run { [self] in
      try connection.execute(
        "SET enable_progress_bar = true; SET enable_progress_bar_print = false")
      return try rewrite(.query(unload.query))
    }
    var unloader = Unloader(
      connection: connection, queue: queue, objects: warehouse.objects, query: query,
      destination: destination, options: unload.options)
    unloader.progress = { rows in record.update { $0.rows = rows } }
    unloader.checkCancellation = { [self] in try checkCancellation() }
    _ = try await unloader.existing()
    let staged = try await unloader.stage()
    record.update { facts in
      facts.rows = staged.rows
      facts.files = staged.files.map {
        UnloadFacts.File(path: "\($0.address)", rows: $0.rows, bytes: $0.bytes)
      }
    }
    do {
      try checkTypes(of: staged, unload.options)
      try checkCancellation()
    } catch {
      await unloader.discard(staged)
      throw error
    }
    try await unloader.publish(staged)
    return staged.rows
  }

  /// Documented: VARBYTE goes to text and CSV only. (Policies of the archive keep it in Parquet.)
  private func checkTypes(of staged: StagedUnload, _ options: UnloadOptions) throws {
    guard [.parquet, .json].contains(options.format),
      let column = staged.columns.first(where: { $0.type == "BLOB" })
    else { return }
    throw SQLError(
      "0A000",
      "column \"\(column.name)\" of type VARBYTE cannot be unloaded to "
        + options.format.rawValue.uppercased(), hint: "unload it to text or CSV")
  }

  /// The address that a statement names.
  func address(_ text: String, at position: Int) throws -> ObjectAddress {
    do {
      return try ObjectAddress(parsing: text)
    } catch {
      var failure = error.sqlError
      failure.position = position
      throw failure
    }
  }
}
