/// A request that reads itself out of JSON.
package protocol KinesisRequest: Sendable {
  /// - Throws: `SerializationException` if the text is not JSON or a value has the wrong type;
  ///   `ValidationException` if a value breaks a constraint of the model.
  init(from reader: inout JSONReader) throws(AWSError)
}

extension KinesisRequest {
  package init(json: UnsafeRawBufferPointer) throws(AWSError) {
    var reader = JSONReader(json)
    try reader.enterStructure()
    try self.init(from: &reader)
  }

  package init(json: [UInt8]) throws(AWSError) {
    self = try json.withUnsafeBufferPointer { (bytes) throws(AWSError) in
      try Self(json: UnsafeRawBufferPointer(bytes))
    }
  }
}

/// Which stream a request means: by name, by ARN, or both.
package struct StreamReference: Equatable, Sendable {
  package var name: String?
  package var arn: String?
  private var id: String?

  package init(name: String? = nil, arn: String? = nil) {
    self.name = name
    self.arn = arn
  }

  /// Takes the member if it is one that names a stream, otherwise steps over it.
  mutating func read(_ member: String, from reader: inout JSONReader) throws(AWSError) {
    switch member {
    case "StreamName": name = try reader.string()
    case "StreamARN": arn = try reader.string()
    case "StreamId": id = try reader.string()
    default: try reader.skip()
    }
  }

  func validate(_ check: inout Validation) {
    check.text(name, "streamName", length: 1...128, pattern: .streamName)
    check.text(arn, "streamARN", length: 1...2048, pattern: .streamARN)
    check.text(id, "streamId", length: 1...24, pattern: .streamID)
  }
}
