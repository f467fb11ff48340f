import EventBus
import Foundation

/// Events that are matched with 1, 36, 1,000 and 100,000 rules, on one core: what a rule more
/// costs.
///
/// The rules are of every kind of the pattern language; the events are those of S3 for a file
/// gateway, of which some match a rule or two.
struct EventMatching {
  private static let rounds = 7
  private static let eventsPerRound = 50_000

  func run() throws {
    print("event matching: S3 events of ~450 bytes, one core; \(Self.rounds) rounds in turns")
    let events = (0..<200).map { Array(Self.event($0).utf8) }
    let size = events.map(\.count).reduce(0, +) / events.count
    let counts = [1, 36, 1_000, 100_000]
    var matchers: [Matcher] = []
    for count in counts {
      let patterns = try (0..<count).map { try EventPattern(Self.pattern($0)) }
      let seconds = Measuring.time { matchers.append(Matcher(patterns)) }
      print("  \(count) rules are compiled in \(Int(seconds * 1_000)) ms")
    }
    var nanoseconds = counts.map { _ in [Double]() }
    for _ in 0..<Self.rounds {
      for index in counts.indices {
        nanoseconds[index].append(Self.round(&matchers[index], events))
      }
    }
    let medians = nanoseconds.map(Measuring.median)
    for (count, median) in zip(counts, medians) {
      print(
        "  \(count) rules: \(Int(1e9 / median)) events/s (\(Int(median)) ns for \(size) bytes); "
          + "cost of 1 rule × \(Measuring.ratio(median / medians[0]))")
    }
  }

  private static func round(_ matcher: inout Matcher, _ events: [[UInt8]]) -> Double {
    var found = 0
    let seconds = Measuring.time {
      for number in 0..<eventsPerRound {
        events[number % events.count].withUnsafeBufferPointer { event in
          matcher.match(event) { _ in found += 1 }
        }
      }
    }
    precondition(found > 0, "no event matched")
    return seconds / Double(eventsPerRound) * 1e9
  }

  private static func event(_ number: Int) -> String {
    """
    {"version":"0","id":"2d4eba74-fd51-3966-4bfa-b013c9da8ff1","detail-type":"Object Created",\
    "source":"aws.s3","account":"123456789012","time":"2026-11-13T00:00:59Z",\
    "region":"us-east-1","resources":["arn:aws:s3:::file-gateway-bucket"],"detail":{\
    "version":"0","bucket":{"name":"file-gateway-bucket"},"object":{\
    "key":"incoming/\(number % 17)/orders-\(number).csv","size":\(number * 997),\
    "etag":"7a72374e1238761aca7778318b363232","sequencer":"006140A1BCD00059C0"},\
    "request-id":"AKIAIOSFODNN7","source-ip-address":"10.0.0.7","reason":"PutObject"}}
    """
  }

  /// The first is the demo's; the others are its like for other buckets, prefixes, sizes…
  private static func pattern(_ number: Int) -> String {
    guard number > 0 else {
      return #"""
        {"source":["aws.s3"],"detail-type":["Object Created"],
         "detail":{"bucket":{"name":["file-gateway-bucket"]}}}
        """#
    }
    let s3 = #""source":["aws.s3"],"detail-type":["Object Created"]"#
    let n = number
    let detail =
      switch number % 8 {
      case 0: #""bucket":{"name":["bucket-\#(n)"]}"#
      case 1:
        #""bucket":{"name":["bucket-\#(n)"]},"object":{"size":[{"numeric":[">",\#(n)]}]}"#
      case 2: #""object":{"key":[{"prefix":"incoming/\#(n)/"}]}"#
      case 3: #""object":{"key":[{"suffix":"-\#(n).csv"}]}"#
      case 4: #""object":{"key":[{"wildcard":"*/x\#(n)/*.csv"}]}"#
      case 5: #""reason":[{"anything-but":["PutObject","x\#(n)"]}]"#
      case 6:
        #""object":{"size":[{"numeric":[">=",\#(n)0000000,"<",\#(n)0000009]}]}"#
      default:
        #""source-ip-address":[{"cidr":"172.\#(n / 256 % 256).\#(n % 256).0/24"}]"#
      }
    return "{\(s3),\"detail\":{\(detail)}}"
  }
}
