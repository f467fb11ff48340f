internal import Core
internal import Synchronization

extension Telemetry {
  /// A snapshot's facts, and totals beside them, for Prometheus to scrape: its text exposition
  /// format, version 0.0.4. What is not known is left out.
  package func prometheus(_ snapshot: Snapshot) -> String {
    var text = PrometheusText()
    write(snapshot.engine, to: &text)
    write(snapshot.streams, to: &text)
    write(snapshot.views, to: &text)
    writeStreamMetrics(to: &text)
    write(snapshot.faults, to: &text)
    writeJournals(snapshot, to: &text)
    return text.text
  }

  private func write(_ engine: EngineStatus, to text: inout PrometheusText) {
    text.family("weir_info", .gauge, "Always 1; the labels tell the version.")
    text.sample(["version": engine.version], 1)
    text.family("weir_start_time_seconds", .gauge, "When the engine started, since the epoch.")
    text.sample([:], engine.startedAt.seconds)
    text.family("weir_sessions", .gauge, "Open SQL sessions.")
    text.sample([:], engine.sessions)
    text.family("weir_process_cpu_seconds_total", .counter, "Processor time of the process.")
    text.sample([:], usage.processorSeconds())
    text.family("weir_process_resident_bytes", .gauge, "Memory of the process in RAM.")
    text.sample([:], engine.residentBytes)
  }

  private func write(_ streams: [StreamStatus], to text: inout PrometheusText) {
    let all = streams.flatMap { stream in stream.shards.map { (stream.name, $0) } }
    let meters = all.map { stream, shard in
      shards.find(ShardKey(stream: stream, shard: shard.id))
    }
    text.family("weir_shard_open", .gauge, "1 where the shard takes records, else 0.")
    for (stream, shard) in all {
      text.sample(["stream": stream, "shard": shard.id], shard.isOpen ? 1 : 0)
    }
    text.family(
      "weir_shard_degraded", .gauge,
      "1 where the shard does not take or give records as it should, else 0.")
    for (stream, shard) in all {
      text.sample(["stream": stream, "shard": shard.id], shard.degraded == nil ? 0 : 1)
    }
    text.family(
      "weir_shard_records_total", .counter, "Records appended since the shard was made.")
    for (stream, shard) in all {
      text.sample(["stream": stream, "shard": shard.id], shard.recordsTotal)
    }
    // What was appended is `weir_shard_incoming_bytes_total`.
    text.family("weir_shard_kept_bytes", .gauge, "Data of the records that the shard keeps.")
    for (stream, shard) in all {
      text.sample(["stream": stream, "shard": shard.id], shard.bytesTotal)
    }
    text.family(
      "weir_shard_read_records_total", .counter, "Records read since the engine's start.")
    for ((stream, shard), meter) in zip(all, meters) {
      text.sample(["stream": stream, "shard": shard.id], meter?.recordsRead ?? 0)
    }
    text.family("weir_shard_read_bytes_total", .counter, "Bytes read since the engine's start.")
    for ((stream, shard), meter) in zip(all, meters) {
      text.sample(["stream": stream, "shard": shard.id], meter?.bytesRead ?? 0)
    }
  }

  private func write(_ views: [ViewStatus], to text: inout PrometheusText) {
    writeGauges(views, to: &text)
    let meters = self.views.withLock { meters in
      views.map { view in
        meters[ViewKey(schema: view.schema, name: view.name)] ?? ViewMeter(from: 0)
      }
    }
    text.family("weir_view_rows_total", .counter, "Rows made visible since the engine's start.")
    for (view, meter) in zip(views, meters) {
      text.sample(["schema": view.schema, "view": view.name], meter.rowsTotal)
    }
    text.family("weir_view_refreshes_total", .counter, "Refreshes since the engine's start.")
    for (view, meter) in zip(views, meters) {
      let (schema, name) = (view.schema, view.name)
      text.sample(
        ["schema": schema, "view": name, "result": "success"], meter.refreshes - meter.failures)
      text.sample(["schema": schema, "view": name, "result": "failure"], meter.failures)
    }
    text.family(
      "weir_view_latency_seconds", .summary,
      "From a record's arrival to its being visible; quantiles over the last minute.")
    for (view, meter) in zip(views, meters) {
      let (schema, name) = (view.schema, view.name)
      text.sample(["schema": schema, "view": name, "quantile": "0.5"], view.latencyP50)
      text.sample(["schema": schema, "view": name, "quantile": "0.99"], view.latencyP99)
      text.sample(["schema": schema, "view": name], suffix: "_sum", meter.latencySum)
      text.sample(["schema": schema, "view": name], suffix: "_count", meter.latencyCount)
    }
  }

  private func writeGauges(_ views: [ViewStatus], to text: inout PrometheusText) {
    text.family("weir_view_rows", .gauge, "Rows in the view.")
    for view in views { text.sample(["schema": view.schema, "view": view.name], view.rows) }
    text.family("weir_view_records_behind", .gauge, "Records that the view has not read yet.")
    for view in views {
      text.sample(["schema": view.schema, "view": view.name], view.recordsBehind)
    }
    text.family("weir_view_failed", .gauge, "1 where the last refresh failed, else 0.")
    for view in views {
      text.sample(["schema": view.schema, "view": view.name], view.health == .failed ? 1 : 0)
    }
    text.family(
      "weir_view_skipped_records_total", .counter, "Records that no row was made of.")
    for view in views {
      text.sample(["schema": view.schema, "view": view.name], view.skippedRecords)
    }
    text.family(
      "weir_view_last_refresh_time_seconds", .gauge, "When the last refresh ended.")
    for view in views {
      text.sample(["schema": view.schema, "view": view.name], view.lastRefreshAt?.seconds)
    }
  }

  private func writeJournals(_ snapshot: Snapshot, to text: inout PrometheusText) {
    let journal = queries.withLock { $0 }
    text.family("weir_queries_total", .counter, "Statements that ended, by how.")
    for status in [QueryReport.Status.success, .failed, .canceled] {
      text.sample(["status": status.rawValue], journal.ended[status] ?? 0)
    }
    text.family("weir_queries_running", .gauge, "Statements that run now.")
    text.sample([:], snapshot.queries.count { $0.status == .running })
    text.family(
      "weir_query_seconds", .summary, "Time of statements; quantiles over the last minute.")
    let minute = journal.minute.total(at: snapshot.takenAt.wholeSecond)
    text.sample(["quantile": "0.5"], minute.quantile(0.5))
    text.sample(["quantile": "0.99"], minute.quantile(0.99))
    text.sample([:], suffix: "_sum", journal.secondsSum)
    text.sample([:], suffix: "_count", journal.endedCount)
    let counts = messages.withLock(\.counts)
    text.family("weir_messages_total", .counter, "Messages for people, by level.")
    for level in [MessageLevel.info, .warning, .error] {
      text.sample(["level": level.rawValue], counts[level] ?? 0)
    }
  }
}
