package import Core

/// Writes a response's values into one buffer, front to back, in whatever the client reads.
///
/// The caller opens and closes; what stands between members is the writer's business.
package protocol ShapeWriter {
  init()
  var bytes: [UInt8] { get }

  /// Makes room for a response of about this size.
  mutating func reserve(_ byteCount: Int)
  mutating func beginObject()
  mutating func endObject()
  mutating func beginArray()
  mutating func endArray()
  /// The name of the member whose value is written next.
  mutating func name(_ name: StaticString)
  /// As `name(_:)`, for the entries of a map.
  mutating func key(_ key: String)

  mutating func string(_ text: String)
  mutating func integer(_ value: Int)
  mutating func double(_ value: Double)
  mutating func boolean(_ value: Bool)
  /// Kinesis tells milliseconds. Cut, not rounded, so that reading from a record's own time
  /// includes the record.
  mutating func timestamp(_ time: Timestamp)
  mutating func blob(_ data: [UInt8])
}

extension ShapeWriter {
  package mutating func field(_ name: StaticString, _ value: String) {
    self.name(name)
    string(value)
  }

  /// Writes nothing for nil.
  package mutating func field(_ name: StaticString, _ value: String?) {
    if let value { field(name, value) }
  }

  package mutating func field(_ name: StaticString, _ value: Int) {
    self.name(name)
    integer(value)
  }

  package mutating func field(_ name: StaticString, _ value: Bool) {
    self.name(name)
    boolean(value)
  }

  package mutating func field(_ name: StaticString, _ value: Timestamp) {
    self.name(name)
    timestamp(value)
  }

  /// Writes nothing for nil.
  package mutating func field(_ name: StaticString, _ value: Timestamp?) {
    if let value { field(name, value) }
  }

  package mutating func field(_ name: StaticString, _ value: [String]) {
    self.name(name)
    beginArray()
    for element in value { string(element) }
    endArray()
  }
}

extension Timestamp {
  /// Whole milliseconds since the epoch, cut towards the past.
  var wholeMilliseconds: Int64 {
    let (thousands, rest) = microseconds.quotientAndRemainder(dividingBy: 1000)
    return rest < 0 ? thousands - 1 : thousands
  }
}
