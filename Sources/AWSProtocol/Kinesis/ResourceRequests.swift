/// What tags and policies are for: a stream or a consumer, by ARN.
package struct ResourceReference: Equatable, Sendable {
  /// Empty only until it is validated.
  package private(set) var arn = ""
  private var given: String?
  private var id: String?

  /// Takes the member if it is one that names a resource, otherwise steps over it.
  mutating func read<Reader: ShapeReader>(
    _ member: String, from reader: inout Reader
  ) throws(AWSError) {
    switch member {
    case "ResourceARN":
      given = try reader.string()
      arn = given ?? ""
    case "StreamId": id = try reader.string()
    default: try reader.skip()
    }
  }

  func validate(_ check: inout Validation) {
    _ = check.required(given, "resourceARN", length: 1...2048, pattern: .resourceARN)
    check.text(id, "streamId", length: 1...24, pattern: .streamID)
  }
}

/// A request that says no more than which resource it means.
package struct ResourceRequest: KinesisRequest {
  package let resource: ResourceReference

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var resource = ResourceReference()
    while let member = try reader.nextName() { try resource.read(member, from: &reader) }
    var check = Validation()
    resource.validate(&check)
    try check.finish()
    self.resource = resource
  }
}

package struct PutResourcePolicyRequest: KinesisRequest {
  package let resource: ResourceReference
  package let policy: String

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var resource = ResourceReference()
    var policy: String?
    while let member = try reader.nextName() {
      if member == "Policy" {
        policy = try reader.string()
      } else {
        try resource.read(member, from: &reader)
      }
    }
    var check = Validation()
    self.policy = check.required(policy, "policy")
    resource.validate(&check)
    try check.finish()
    self.resource = resource
  }
}

/// A request that says no more than which stream it means.
package struct StreamRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    while let member = try reader.nextName() { try stream.read(member, from: &reader) }
    var check = Validation()
    stream.require(&check)
    try check.finish()
    self.stream = stream
  }
}

/// A request whose members do not matter.
package struct EmptyRequest: KinesisRequest {
  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    while try reader.nextName() != nil { try reader.skip() }
  }
}
