package import Core

/// An event that somebody wants on a bus.
package struct NewEvent: Sendable {
  /// Name or ARN; nil is the default bus.
  package var bus: String?
  package var source: String
  package var detailType: String
  /// A JSON object, as text.
  package var detail: String
  package var resources: [String]
  /// nil: now.
  package var time: Timestamp?
  /// nil: a random one. Whoever may offer an event again after a crash derives it (`EventID`).
  package var id: String?

  package init(
    bus: String? = nil, source: String, detailType: String, detail: String,
    resources: [String] = [], time: Timestamp? = nil, id: String? = nil
  ) {
    self.bus = bus
    self.source = source
    self.detailType = detailType
    self.detail = detail
    self.resources = resources
    self.time = time
    self.id = id
  }
}

/// What became of one event that was offered.
package enum PutOutcome: Equatable, Sendable {
  /// It is on the disk, under this id.
  case accepted(id: String)
  case refused(code: String, message: String)
}

/// An event in EventBridge's envelope, ready to be stored.
struct AcceptedEvent: Sendable {
  var id: String
  var bus: String
  var source: String
  var detailType: String
  var time: Timestamp
  var replay: String?
  var body: [UInt8]

  init(_ event: NewEvent, bus: String, now: Timestamp, configuration: BusConfiguration) {
    id = event.id ?? EventID.random()
    self.bus = bus
    source = event.source
    detailType = event.detailType
    // The envelope tells whole seconds.
    let given = event.time ?? now
    time = Timestamp(microseconds: given.microseconds - given.microseconds % 1_000_000)
    var body = Array(#"{"version":"0","id":""#.utf8)
    body += id.utf8
    body += #"","detail-type":"#.utf8
    JSONValue.write(detailType, to: &body)
    body += #","source":"#.utf8
    JSONValue.write(source, to: &body)
    body += #","account":"\#(configuration.account)","time":"\#(ISO8601.text(time))""#.utf8
    body += #","region":"\#(configuration.region)","resources":"#.utf8
    JSONValue.array(event.resources.map { .string($0) }).write(to: &body)
    body += #","detail":"#.utf8
    body += event.detail.utf8
    body.append(UInt8(ascii: "}"))
    self.body = body
  }

  /// An archived event, on its way through the bus once more.
  init?(replaying body: [UInt8], bus: String, replay: String) {
    guard case .object(var object)? = try? JSONValue(parsing: body),
      let id = object["id"]?.text, let source = object["source"]?.text,
      let detailType = object["detail-type"]?.text, let text = object["time"]?.text,
      let time = ISO8601.time(text)
    else { return nil }
    object["replay-name"] = .string(replay)
    self.id = id
    self.bus = bus
    self.source = source
    self.detailType = detailType
    self.time = time
    self.replay = replay
    self.body = JSONValue.object(object).serialized
  }
}

/// What one event is charged as, by EventBridge's rules: 14 bytes for a time, and the bytes of
/// source, type, detail and resources.
package enum EventSize {
  package static let requestBytesMax = 1 << 20

  package static func bytes(of event: NewEvent) -> Int {
    (event.time == nil ? 0 : 14) + event.source.utf8.count + event.detailType.utf8.count
      + event.detail.utf8.count + event.resources.reduce(0) { $0 + $1.utf8.count }
  }
}
