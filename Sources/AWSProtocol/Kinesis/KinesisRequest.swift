/// A request that reads itself, from whatever it is written in.
package protocol KinesisRequest: Sendable {
  /// - Throws: `SerializationException` if a value has the wrong type or the bytes are not what
  ///   they should be; `ValidationException` if a value breaks a constraint of the model.
  init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError)

  /// What the request is about, as far as it names it.
  var subject: RequestSubject { get }

  static func decode(
    _ bytes: UnsafeRawBufferPointer, as encoding: WireEncoding
  ) throws(AWSError) -> Self
}

package struct RequestSubject: Sendable {
  package var stream: StreamReference?
  package var shard: String?

  package init(stream: StreamReference? = nil, shard: String? = nil) {
    self.stream = stream
    self.shard = shard
  }
}

/// A request about one stream.
package protocol StreamNaming {
  var stream: StreamReference { get }
}

extension KinesisRequest where Self: StreamNaming {
  package var subject: RequestSubject { RequestSubject(stream: stream) }
}

extension KinesisRequest {
  package var subject: RequestSubject { RequestSubject() }

  package static func decode(
    _ bytes: UnsafeRawBufferPointer, as encoding: WireEncoding
  ) throws(AWSError) -> Self {
    switch encoding {
    case .json:
      var reader = JSONReader(bytes)
      try reader.enterStructure()
      return try Self(from: &reader)
    case .cbor:
      var reader = CBORReader(bytes)
      try reader.enterStructure()
      return try Self(from: &reader)
    }
  }

  package static func decode(
    _ bytes: [UInt8], as encoding: WireEncoding
  ) throws(AWSError) -> Self {
    try bytes.withUnsafeBufferPointer { (bytes) throws(AWSError) in
      try decode(UnsafeRawBufferPointer(bytes), as: encoding)
    }
  }

  package init(json: [UInt8]) throws(AWSError) {
    self = try Self.decode(json, as: .json)
  }
}

/// A response that writes itself, as whatever the client reads.
package protocol KinesisResponse: Sendable {
  func write<Writer: ShapeWriter>(to writer: inout Writer)

  func encoded(as encoding: WireEncoding) -> [UInt8]
}

extension KinesisResponse {
  package func encoded(as encoding: WireEncoding) -> [UInt8] {
    switch encoding {
    case .json:
      var writer = JSONWriter()
      write(to: &writer)
      return writer.bytes
    case .cbor:
      var writer = CBORWriter()
      write(to: &writer)
      return writer.bytes
    }
  }
}

/// Which stream a request means: by name, by ARN, by id, or several of these.
package struct StreamReference: Equatable, Sendable {
  package var name: String?
  package var arn: String?
  package var id: String?

  package init(name: String? = nil, arn: String? = nil, id: String? = nil) {
    self.name = name
    self.arn = arn
    self.id = id
  }

  /// Takes the member if it is one that names a stream, otherwise steps over it.
  mutating func read<Reader: ShapeReader>(
    _ member: String, from reader: inout Reader
  ) throws(AWSError) {
    switch member {
    case "StreamName": name = try reader.string()
    case "StreamARN": arn = try reader.string()
    case "StreamId": id = try reader.string()
    default: try reader.skip()
    }
  }

  /// For a request that must name its stream. Kinesis misses the name, whatever else would do.
  ///
  /// - Parameter member: what is missed, where the operation has no name.
  func require(_ check: inout Validation, member: String = "streamName") {
    if isEmpty { check.fail(nil, at: member) }
    validate(&check)
  }

  func validate(_ check: inout Validation) {
    check.text(name, "streamName", length: 1...128, pattern: .streamName)
    check.text(arn, "streamARN", length: 1...2048, pattern: .streamARN)
    check.text(id, "streamId", length: 1...24, pattern: .streamID)
  }

  package var isEmpty: Bool { name == nil && arn == nil && id == nil }
}
