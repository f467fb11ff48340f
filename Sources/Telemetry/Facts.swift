extension Telemetry {
  /// What the engine knows of a stream right now.
  package struct StreamFacts: Sendable, Equatable {
    package struct Shard: Sendable, Equatable {
      package var id: String
      package var isOpen: Bool
      /// Records appended since the shard was made.
      package var records: Int
      /// Data of the records that it keeps.
      package var bytes: Int
      package var keys: HashKeys?
      package var parents: [String]
      /// Why it does not work as it should.
      package var degraded: String?
      /// Views that read it; clients are known from their requests.
      package var views: [ReaderStatus]

      package init(
        id: String, isOpen: Bool, records: Int, bytes: Int, keys: HashKeys? = nil,
        parents: [String] = [], degraded: String? = nil, views: [ReaderStatus] = []
      ) {
        self.id = id
        self.isOpen = isOpen
        self.records = records
        self.bytes = bytes
        self.keys = keys
        self.parents = parents
        self.degraded = degraded
        self.views = views
      }
    }

    package var name: String
    /// CREATING, ACTIVE, UPDATING or DELETING.
    package var status: String
    package var shards: [Shard]
    package var mode: String?
    package var retentionHours: Int?

    package init(
      name: String, status: String, shards: [Shard], mode: String? = nil,
      retentionHours: Int? = nil
    ) {
      self.name = name
      self.status = status
      self.shards = shards
      self.mode = mode
      self.retentionHours = retentionHours
    }
  }

  /// What the warehouse knows of a materialized view right now.
  package struct ViewState: Sendable, Equatable {
    package var schema: String
    package var name: String
    package var stream: String
    package var autoRefresh: Bool
    /// Nil where it was not counted.
    package var rows: Int?
    /// Records in the stream that the view has not read; nil where that is not known.
    package var recordsBehind: Int?
    /// Records that no row was made of, since the view was made.
    package var skippedRecords: Int
    package var objectID: Int64?
    package var bases: [ViewStatus.Base]
    package var upkeep: ViewStatus.Upkeep?
    /// Whether its bases have changed since it was refreshed; nil where that is not known.
    package var isStale: Bool?
    /// Skipped records that are kept.
    package var deadLetters: Int?

    package init(
      schema: String, name: String, stream: String, autoRefresh: Bool, rows: Int?,
      recordsBehind: Int?, skippedRecords: Int, objectID: Int64? = nil,
      bases: [ViewStatus.Base] = [], upkeep: ViewStatus.Upkeep? = nil, isStale: Bool? = nil,
      deadLetters: Int? = nil
    ) {
      self.objectID = objectID
      self.bases = bases
      self.upkeep = upkeep
      self.isStale = isStale
      self.deadLetters = deadLetters
      self.schema = schema
      self.name = name
      self.stream = stream
      self.autoRefresh = autoRefresh
      self.rows = rows
      self.recordsBehind = recordsBehind
      self.skippedRecords = skippedRecords
    }
  }
}
