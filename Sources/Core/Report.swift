/// What the parts tell of their work as they do it. Telemetry turns it into series and gauges.
package enum Report: Sendable {
  /// Records became durable in a shard.
  case appended(stream: String, shard: String, records: Int, bytes: Int)
  /// Records were read from a shard by a client or a view.
  case read(stream: String, shard: String, records: Int, bytes: Int)
  /// A put, a read or a subscription was answered.
  case request(RequestReport)
  /// Records (or a keep-alive without any) were pushed to a consumer of enhanced fan-out.
  case delivered(DeliveryReport)
  case refreshed(RefreshReport)
  case query(QueryReport)
  /// A stream's shards have changed.
  case scaled(ScalingReport)
  /// A shard does not take records any more, and why; nil: it does, or is closed and whole.
  case degraded(stream: String, shard: String, reason: String?)
  /// Something a person may want to know. `source` is the part's name.
  case message(level: MessageLevel, source: String, text: String)
}

/// A change of a stream's shards, after it is durable.
package struct ScalingReport: Sendable, Equatable, Codable {
  package var stream: String
  package var at: Timestamp
  /// `split`, `merge` or `scale`.
  package var action: String
  package var parents: [String]
  package var children: [String]
  /// How many shards are open now.
  package var openShards: Int
  package var reason: String
  /// Whether the stream did it by itself.
  package var isAutomatic: Bool

  package init(
    stream: String, at: Timestamp, action: String, parents: [String], children: [String],
    openShards: Int, reason: String, isAutomatic: Bool
  ) {
    self.stream = stream
    self.at = at
    self.action = action
    self.parents = parents
    self.children = children
    self.openShards = openShards
    self.reason = reason
    self.isAutomatic = isAutomatic
  }
}

package enum MessageLevel: String, Sendable, Codable {
  case info, warning, error
}

/// One refresh of a materialized view, after its commit (or its failure).
package struct RefreshReport: Sendable, Equatable {
  package var schema: String
  package var view: String
  package var isAutomatic: Bool
  package var startedAt: Timestamp
  package var endedAt: Timestamp
  package var rows: Int
  package var skippedRecords: Int
  package var bytes: Int
  /// Arrival to visible, in seconds, of the oldest and the newest record that became visible;
  /// nil where the refresh found none.
  package var latencyMax: Double?
  package var latencyMin: Double?
  /// As in SYS_MV_REFRESH_HISTORY; starts with "Refresh failed" where it did.
  package var status: String
  package var failed: Bool

  package init(
    schema: String, view: String, isAutomatic: Bool, startedAt: Timestamp, endedAt: Timestamp,
    rows: Int, skippedRecords: Int, bytes: Int, latencyMax: Double?, latencyMin: Double?,
    status: String, failed: Bool
  ) {
    self.schema = schema
    self.view = view
    self.isAutomatic = isAutomatic
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.rows = rows
    self.skippedRecords = skippedRecords
    self.bytes = bytes
    self.latencyMax = latencyMax
    self.latencyMin = latencyMin
    self.status = status
    self.failed = failed
  }
}

extension RefreshReport {
  /// How long records took from arrival to visible, in seconds, and how many took so long.
  ///
  /// A refresh tells of the oldest and the newest of its records only. Those in between are
  /// taken as spread evenly, which is how a steady stream arrives.
  package var latencies: [(seconds: Double, times: Int)] {
    guard let longest = latencyMax.map({ max(0, $0) }), longest.isFinite else { return [] }
    let shortest = min(max(0, latencyMin ?? longest), longest)
    let records = max(rows, 1)
    let points = min(records, 20)
    return (0..<points).map { point in
      let share = points == 1 ? 1 : Double(point) / Double(points - 1)
      let times = records / points + (point < records % points ? 1 : 0)
      return (shortest + (longest - shortest) * share, times)
    }
  }
}

/// A statement of a user's session: reported when it starts and again when it ends.
package struct QueryReport: Sendable, Equatable, Codable {
  package enum Status: String, Sendable, Codable {
    case running, success, failed, canceled
  }

  package var id: Int
  package var session: Int
  package var user: String
  package var text: String
  package var status: Status
  package var startedAt: Timestamp
  package var endedAt: Timestamp?
  package var rows: Int
  package var error: String?

  package init(
    id: Int, session: Int, user: String, text: String, status: Status, startedAt: Timestamp,
    endedAt: Timestamp? = nil, rows: Int = 0, error: String? = nil
  ) {
    self.id = id
    self.session = session
    self.user = user
    self.text = text
    self.status = status
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.rows = rows
    self.error = error
  }
}

/// Where reports go. Called on hot paths from any thread: must be quick and never block.
package protocol Reporter: Sendable {
  func report(_ report: Report)
}

/// Drops every report.
package struct SilentReporter: Reporter {
  package init() {}
  package func report(_ report: Report) {}
}
