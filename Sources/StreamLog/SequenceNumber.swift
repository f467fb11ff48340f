package import Core

/// The place of a record among all records of its stream, in the shape of Kinesis' own
/// sequence numbers (version 2): a number of 186 bits, printed as 56 decimal digits.
///
/// As 47 hexadecimal digits it reads: `2`, shard creation time (9, seconds), shard index modulo
/// 16 (1), ordinal in the shard (16), `00`, arrival time (9, seconds), shard index (8), `2`.
/// Within a shard numbers rise with the ordinal, so they compare as integers.
///
/// Source: the layout that kinesalite and kinesis-mock found by observation.
package struct SequenceNumber: Hashable, Sendable {
  package var shardCreatedAtSeconds: UInt64
  package var ordinal: UInt64
  package var arrivedAtSeconds: UInt64
  package var shardIndex: UInt32

  package init(
    shardCreatedAtSeconds: UInt64, ordinal: UInt64, arrivedAtSeconds: UInt64, shardIndex: UInt32
  ) {
    self.shardCreatedAtSeconds = shardCreatedAtSeconds
    self.ordinal = ordinal
    self.arrivedAtSeconds = arrivedAtSeconds
    self.shardIndex = shardIndex
  }
}
