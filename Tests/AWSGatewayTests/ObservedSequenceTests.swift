import StreamLog
import Testing

@testable import AWSGateway

@Suite struct ObservedSequenceTests {
  @Test func `our own numbers are of the third form`() throws {
    let ours = SequenceNumber(
      shardCreatedAtSeconds: 1_700_000_000, ordinal: 41, arrivedAtSeconds: 1_700_000_123,
      shardIndex: 77)
    let observed = try #require(ObservedSequence("\(ours)"))
    #expect(observed.form == .third)
    #expect(observed.shardIndex == 77)
    #expect(observed.shardName == "shardId-000000000077")
    #expect(observed.shardCreatedAtSeconds == 1_700_000_000)
    #expect(observed.arrivedAtSeconds == 1_700_000_123)
  }

  @Test func `small numbers are of the first form, with the shard at the end`() throws {
    let five = try #require(ObservedSequence("5"))
    #expect(five.form == .first)
    #expect(five.shardIndex == 5)
    #expect(five.arrivedAtSeconds == nil)
    // 2^124 + 7, the leading one in place.
    #expect(ObservedSequence("21267647932558653966460912964485513223")?.shardIndex == 7)
  }

  /// Hexadecimal digits made decimal: 2, nine, shard, sixteen, two, nine, eight, form.
  @Test(arguments: [
    // It starts with 1.
    ("49039857307697293094867839557237917090843713134307311602", false),
    // The form at the end is 2, 1, 3 and 4.
    ("49039857307708443467467104868809893875799651909875269634", true),
    ("49039857307708443467467104868809893875799651909875269633", true),
    ("49039857307708443467467104868809893875799651909875269635", false),
    ("49039857307708443467467104868809893875799651909875269636", false),
    // It starts with 3, was created too late, is too large, or is no number.
    ("73559785961562665201200657303214840813699477864812904449", false),
    ("26227199374822427428162556223570313216", false),
    ("9999999999999999999999999999999999999999999999999999999999", false), ("", false),
    ("-1", false), ("1.0", false),
  ])
  func `numbers of no form are told apart`(text: String, isOne: Bool) {
    #expect((ObservedSequence(text) != nil) == isOne, "\(text)")
  }

  @Test func `a third form's index and shard have a sign`() {
    // 2^185, an index of 2^63, form 2.
    #expect(
      ObservedSequence("49039857307719593840066370180380661734935976090628259842") == nil)
    // 2^185, a shard of 2^31, form 2.
    let shard = ObservedSequence("49039857307708443467467104868809893875799651944235008002")
    #expect(shard?.shardName == "shardId--02147483648")
  }
}
