package import Core

/// Everything the dashboard shows, taken at one instant. Unknown is nil, never zero.
package struct Snapshot: Sendable, Equatable, Codable {
  package var takenAt: Timestamp
  package var engine: EngineStatus
  package var streams: [StreamStatus]
  package var views: [ViewStatus]
  /// The newest first.
  package var queries: [QueryReport]
  /// The newest last.
  package var messages: [Message]
  /// Faults that are set, the oldest first.
  package var faults: [FaultTable.Entry]
  /// Changes of streams' shards since the engine's start, the newest first.
  package var scalings: [ScalingReport]

  package init(
    takenAt: Timestamp, engine: EngineStatus, streams: [StreamStatus] = [],
    views: [ViewStatus] = [], queries: [QueryReport] = [], messages: [Message] = [],
    faults: [FaultTable.Entry] = [], scalings: [ScalingReport] = []
  ) {
    self.takenAt = takenAt
    self.engine = engine
    self.streams = streams
    self.views = views
    self.queries = queries
    self.messages = messages
    self.faults = faults
    self.scalings = scalings
  }
}

package struct EngineStatus: Sendable, Equatable, Codable {
  package var version: String
  package var dataDirectory: String
  package var startedAt: Timestamp
  /// Ports on loopback; nil where that server is not running.
  package var awsPort: Int?
  package var sqlPort: Int?
  package var metricsPort: Int?
  /// Of one core: 1 is a whole core busy.
  package var cpuFraction: Double?
  package var residentBytes: Int?
  package var sessions: Int?

  package init(
    version: String, dataDirectory: String, startedAt: Timestamp, awsPort: Int? = nil,
    sqlPort: Int? = nil, metricsPort: Int? = nil, cpuFraction: Double? = nil,
    residentBytes: Int? = nil, sessions: Int? = nil
  ) {
    self.version = version
    self.dataDirectory = dataDirectory
    self.startedAt = startedAt
    self.awsPort = awsPort
    self.sqlPort = sqlPort
    self.metricsPort = metricsPort
    self.cpuFraction = cpuFraction
    self.residentBytes = residentBytes
    self.sessions = sessions
  }
}

package struct ViewStatus: Sendable, Equatable, Codable {
  package enum Health: String, Sendable, Codable {
    /// Everything that arrived is visible.
    case current
    /// Behind, with auto refresh on.
    case catchingUp
    /// Behind, and nothing will refresh it by itself.
    case stale
    case failed
  }

  /// How the view is brought up to date.
  package enum Upkeep: Sendable, Equatable, Codable {
    /// From what changed in its bases.
    case incremental
    /// Computed anew at every refresh, and why.
    case recomputed(reason: String)
    /// Not any more, and why.
    case broken(reason: String)
  }

  /// What the view reads.
  package struct Base: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Codable {
      case stream, table, view
    }

    package var schema: String
    package var name: String
    package var kind: Kind

    package init(schema: String, name: String, kind: Kind) {
      self.schema = schema
      self.name = name
      self.kind = kind
    }
  }

  package var schema: String
  package var name: String
  /// The stream, or the bases with commas between them.
  package var stream: String
  package var health: Health
  package var autoRefresh: Bool
  package var rows: Int?
  /// Records in the stream that the view has not read.
  package var recordsBehind: Int?
  /// Arrival to visible, over the last minute, in seconds.
  package var latencyP50: Double?
  package var latencyP99: Double?
  /// The same over the minute before it.
  package var latencyP50Before: Double?
  package var latencyP99Before: Double?
  package var rowsPerSecond: Double?
  package var rowsHistory: [Double]
  /// Seconds of arrival-to-visible latency in each of the last seconds (the worst in it);
  /// 0 where nothing became visible in that second.
  package var latencyHistory: [Double]
  package var skippedRecords: Int
  package var lastRefreshAt: Timestamp?
  package var lastRefreshSeconds: Double?
  package var lastStatus: String?
  /// The number of the catalog's object: another one after a view was made anew.
  package var objectID: Int64?
  package var bases: [Base]
  package var upkeep: Upkeep?
  /// Whether its bases have changed since it was refreshed.
  package var isStale: Bool?
  /// Skipped records that are kept, to be tried again.
  package var deadLetters: Int?

  package init(
    schema: String, name: String, stream: String, health: Health, autoRefresh: Bool,
    rows: Int? = nil, recordsBehind: Int? = nil, latencyP50: Double? = nil,
    latencyP99: Double? = nil, rowsPerSecond: Double? = nil, rowsHistory: [Double] = [],
    latencyHistory: [Double] = [], skippedRecords: Int = 0, lastRefreshAt: Timestamp? = nil,
    lastRefreshSeconds: Double? = nil, lastStatus: String? = nil, objectID: Int64? = nil,
    bases: [Base] = [], upkeep: Upkeep? = nil, isStale: Bool? = nil, deadLetters: Int? = nil
  ) {
    self.objectID = objectID
    self.bases = bases
    self.upkeep = upkeep
    self.isStale = isStale
    self.deadLetters = deadLetters
    self.schema = schema
    self.name = name
    self.stream = stream
    self.health = health
    self.autoRefresh = autoRefresh
    self.rows = rows
    self.recordsBehind = recordsBehind
    self.latencyP50 = latencyP50
    self.latencyP99 = latencyP99
    self.rowsPerSecond = rowsPerSecond
    self.rowsHistory = rowsHistory
    self.latencyHistory = latencyHistory
    self.skippedRecords = skippedRecords
    self.lastRefreshAt = lastRefreshAt
    self.lastRefreshSeconds = lastRefreshSeconds
    self.lastStatus = lastStatus
  }
}

package struct Message: Sendable, Equatable, Codable {
  package var at: Timestamp
  package var level: MessageLevel
  package var source: String
  package var text: String

  package init(at: Timestamp, level: MessageLevel, source: String, text: String) {
    self.at = at
    self.level = level
    self.source = source
    self.text = text
  }
}
