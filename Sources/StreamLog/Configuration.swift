package import Core

extension StreamLog {
  package struct Configuration: Sendable {
    /// A segment file is rolled before it grows past this.
    package var segmentBytesMax: Int
    /// Data and partition key of one record, in a stream that sets no limit of its own.
    package var recordBytesMax: Int
    /// How long streams are CREATING, UPDATING and DELETING.
    package var stateDelay = Duration.zero
    /// Whoever waits for the disk is answered within this time.
    package var diskTimeout = Duration.seconds(20)
    /// Bytes of files that a stream keeps, whatever its retention; nil for no limit.
    package var retentionBytesMax: Int?
    /// Whether the shards' limits hold from the start.
    package var enforcesShardLimits = false
    /// How streams in on-demand mode scale.
    package var scaling = ScalingPolicy.Configuration()
    package var accountID: String
    package var region: String
    package var clock: any WallClock
    package var fileSystem: any FileSystem
    package var reporter: any Reporter

    package init(
      segmentBytesMax: Int = 64 << 20, recordBytesMax: Int = 1 << 20,
      accountID: String = "000000000000", region: String = "us-east-1",
      clock: any WallClock = SystemClock(), fileSystem: any FileSystem = LocalFileSystem(),
      reporter: any Reporter = SilentReporter()
    ) {
      self.segmentBytesMax = segmentBytesMax
      self.recordBytesMax = recordBytesMax
      self.accountID = accountID
      self.region = region
      self.clock = clock
      self.fileSystem = fileSystem
      self.reporter = reporter
    }
  }
}
