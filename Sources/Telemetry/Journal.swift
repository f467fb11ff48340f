internal import Core

/// The newest statements, each once: a later report of a statement takes the place of the former.
struct QueryJournal: Sendable {
  static let length = 100
  static let textLength = 20_000

  private var reports: [QueryReport] = []
  private(set) var ended: [QueryReport.Status: Int] = [:]
  private(set) var minute = MinuteHistogram()
  private(set) var secondsSum = 0.0

  /// The newest first.
  var newestFirst: [QueryReport] { reports.reversed() }

  var endedCount: Int { ended.values.reduce(0, &+) }

  mutating func note(_ report: QueryReport, at second: Int64) {
    var report = report
    report.text = report.text.shortened(to: Self.textLength)
    if report.status != .running {
      ended[report.status, default: 0] &+= 1
      if let endedAt = report.endedAt {
        let seconds = max(0, endedAt.seconds(since: report.startedAt))
        minute.record(seconds: seconds, at: second)
        secondsSum += seconds
      }
    }
    let place = reports.lastIndex { $0.id == report.id && $0.session == report.session }
    if let place {
      reports[place] = report
      return
    }
    if reports.count >= Self.length {
      // A statement that still runs is worth more than an old one that ended.
      reports.remove(at: reports.firstIndex { $0.status != .running } ?? 0)
    }
    reports.append(report)
  }
}

/// The newest messages.
struct MessageJournal: Sendable {
  static let length = 500
  static let textLength = 2_000

  private var ring: [Message] = []
  private var oldest = 0
  private(set) var counts: [MessageLevel: Int] = [:]

  var newestLast: [Message] { Array(ring[oldest...]) + ring[..<oldest] }

  mutating func note(_ message: Message) {
    var message = message
    message.text = message.text.shortened(to: Self.textLength)
    counts[message.level, default: 0] &+= 1
    guard ring.count >= Self.length else {
      ring.append(message)
      return
    }
    ring[oldest] = message
    oldest = (oldest + 1) % Self.length
  }
}

extension String {
  /// The text itself, or its start with an ellipsis where it has more characters than `length`.
  fileprivate func shortened(to length: Int) -> String {
    // No text of so few bytes has more characters; most need no look at each.
    guard utf8.count > length, let end = index(startIndex, offsetBy: length, limitedBy: endIndex),
      end < endIndex
    else { return self }
    return self[..<end] + "…"
  }
}
