import Core
import Testing

@testable import AWSProtocol

@Suite struct TokenTests {
  private let now = Timestamp(seconds: 1_421_889_722.5)
  private var iterator: ShardIterator {
    ShardIterator(
      stream: String(repeating: "x", count: 128),
      streamCreatedAt: Timestamp(seconds: 1_400_000_000),
      shardIndex: 7, ordinal: .max, createdAt: now)
  }

  @Test func `an iterator comes back from its text, which fits 512 characters`() throws {
    let text = iterator.encoded()
    #expect(text.count <= 512)
    #expect(try ShardIterator(decoding: text, now: now) == iterator)
    #expect(try ShardIterator(decoding: "\"\(text)\"", now: now) == iterator)
  }

  @Test func `an iterator lives for five minutes`() throws {
    let text = iterator.encoded()
    #expect(throws: Never.self) {
      try ShardIterator(decoding: text, now: now.advanced(bySeconds: 300))
    }
    let error = #expect(throws: AWSError.self) {
      try ShardIterator(decoding: text, now: now.advanced(bySeconds: 300.001))
    }
    #expect(error?.kind == .expiredIterator)
    #expect(
      error?.message == "Iterator expired. The iterator was created at time "
        + "Thu Jan 22 01:22:02 UTC 2015 while right now it is Thu Jan 22 01:27:02 UTC 2015 which "
        + "is further in the future than the tolerated delay of 300000 milliseconds.")
  }

  @Test func `an iterator with any character changed is invalid`() {
    let text = Array(iterator.encoded().utf8)
    for index in text.indices {
      var changed = text
      changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
      let error = #expect(throws: AWSError.self) {
        try ShardIterator(decoding: String(decoding: changed, as: UTF8.self), now: now)
      }
      #expect(error == AWSError(.invalidArgument, "Invalid ShardIterator."))
    }
  }

  @Test(arguments: ["", "x", "\"", "\"\"", "AAAA", "not base64", "AAAAAAAAAAEAAAAAAAAAAA=="])
  func `what is no iterator is invalid`(text: String) {
    #expect(throws: AWSError(.invalidArgument, "Invalid ShardIterator.")) {
      try ShardIterator(decoding: text, now: now)
    }
  }

  @Test func `page tokens come back, expire, and are not taken for one another`() throws {
    let shards = ShardPage(
      stream: "s", streamCreatedAt: now, filter: .atTimestamp(Timestamp(seconds: 12)),
      lastShardID: "shardId-000000000003", createdAt: now)
    let streams = StreamPage(lastName: "s", createdAt: now)
    #expect(try ShardPage(decoding: shards.encoded(), now: now) == shards)
    #expect(try StreamPage(decoding: streams.encoded(), now: now) == streams)
    #expect(throws: AWSError(.invalidArgument, "Invalid NextToken.")) {
      try ShardPage(decoding: streams.encoded(), now: now)
    }
    #expect(throws: AWSError(.invalidArgument, "Invalid NextToken.")) {
      try StreamPage(decoding: iterator.encoded(), now: now)
    }
    let error = #expect(throws: AWSError.self) {
      try StreamPage(decoding: streams.encoded(), now: now.advanced(bySeconds: 301))
    }
    #expect(error?.kind == .expiredNextToken)
  }

  @Test(
    arguments: [
      (0, "Thu Jan 01 00:00:00 UTC 1970"), (951_782_400, "Tue Feb 29 00:00:00 UTC 2000"),
      (4_107_542_399, "Sun Feb 28 23:59:59 UTC 2100"), (-1, "Wed Dec 31 23:59:59 UTC 1969"),
      (1_798_761_599, "Thu Dec 31 23:59:59 UTC 2026"),
    ])
  func `times are printed as Java prints them`(second: Int64, text: String) {
    #expect(Timestamp(microseconds: second * 1_000_000).javaText == text)
  }
}
