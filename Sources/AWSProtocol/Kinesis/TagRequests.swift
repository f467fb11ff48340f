/// Tags as a request gives them: the last of those with one key counts.
package struct TagMap: Equatable, Sendable {
  package private(set) var tags: [String: String] = [:]
  /// Beyond these they are counted only, so that a request of a million costs no memory.
  private static let countMax = 200
  private var count = 0

  init?<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    guard try reader.enterMap() else { return nil }
    while let key = try reader.nextName() {
      let value = try reader.string() ?? ""
      if tags[key] == nil { count += 1 }
      if count <= Self.countMax { tags[key] = value }
    }
  }

  func validate(_ check: inout Validation) {
    let path = "tags"
    check.checkLength(count, shown, path, 1...Self.countMax)
    check.lengths(of: tags.keys, 1...128, shown: shown, path, "Map keys must satisfy constraint")
    check.lengths(
      of: tags.values, 0...256, shown: shown, path, "Map value must satisfy constraint")
  }

  private var shown: String {
    "{" + tags.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
      + "}"
  }

  /// - Throws: `InvalidArgumentException` for characters that tags do not have.
  package func checkCharacters() throws(AWSError) {
    try TagCharacters.check(Array(tags.keys) + Array(tags.values))
  }
}

/// Characters of tags, as Kinesis words what is wrong with others.
enum TagCharacters {
  static func check(_ texts: [String]) throws(AWSError) {
    guard texts.allSatisfy({ $0.unicodeScalars.allSatisfy(isAllowed) }) else {
      throw AWSError(
        .invalidArgument,
        "Some tags contain invalid characters. Valid characters: "
          + "Unicode letters, digits, white space, _ . / = + - % @.")
    }
  }

  /// The model's pattern, `[\p{L}\p{Z}\p{N}_.:/=+\-@]`, and the percent sign; tabs and line ends
  /// are no separators (`Z`) but control characters.
  private static func isAllowed(_ scalar: UnicodeScalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .spaceSeparator, .lineSeparator, .paragraphSeparator,
      .decimalNumber, .letterNumber, .otherNumber:
      true
    default: "_.:/=+-%@".unicodeScalars.contains(scalar)
    }
  }
}

/// Keys of tags to be removed.
package struct TagKeys: Equatable, Sendable {
  package let keys: [String]
  private let count: Int

  init?<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    guard let list = try StringList(from: &reader, keep: 50) else { return nil }
    keys = list.strings
    count = list.count
  }

  func validate(_ check: inout Validation) {
    let shown = "[\(keys.joined(separator: ", "))]"
    check.checkLength(count, shown, "tagKeys", 1...50)
    check.lengths(of: keys, 1...128, shown: shown, "tagKeys", "Member must satisfy constraint")
  }

  package func checkCharacters() throws(AWSError) {
    try TagCharacters.check(keys)
  }
}

/// A list of strings, of which the first `keep` are kept and the others counted.
struct StringList {
  private(set) var strings: [String] = []
  private(set) var count = 0

  init?<Reader: ShapeReader>(from reader: inout Reader, keep: Int) throws(AWSError) {
    guard try reader.enterList() else { return nil }
    while try reader.nextElement() {
      let string = try reader.string() ?? ""
      count += 1
      if count <= keep { strings.append(string) }
    }
  }
}

package struct AddTagsToStreamRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let tags: TagMap?

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var tags: TagMap?
    while let member = try reader.nextName() {
      if member == "Tags" {
        tags = try TagMap(from: &reader)
      } else {
        try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    check.present(tags, "tags")
    tags?.validate(&check)
    stream.require(&check)
    try check.finish()
    self.stream = stream
    self.tags = tags
  }
}

package struct RemoveTagsFromStreamRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let keys: TagKeys?

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var keys: TagKeys?
    while let member = try reader.nextName() {
      if member == "TagKeys" {
        keys = try TagKeys(from: &reader)
      } else {
        try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    check.present(keys, "tagKeys")
    keys?.validate(&check)
    stream.require(&check)
    try check.finish()
    self.stream = stream
    self.keys = keys
  }
}

package struct ListTagsForStreamRequest: KinesisRequest, StreamNaming {
  package let stream: StreamReference
  package let limit: Int?
  package let exclusiveStartKey: String?

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var stream = StreamReference()
    var limit: Int?
    var start: String?
    while let member = try reader.nextName() {
      switch member {
      case "Limit": limit = try reader.integer()
      case "ExclusiveStartTagKey": start = try reader.string()
      default: try stream.read(member, from: &reader)
      }
    }
    var check = Validation()
    check.number(limit, "limit", in: 1...50)
    check.text(start, "exclusiveStartTagKey", length: 1...128)
    stream.require(&check)
    try check.finish()
    self.stream = stream
    self.limit = limit
    exclusiveStartKey = start
  }
}

package struct TagResourceRequest: KinesisRequest {
  package let resource: ResourceReference
  package let tags: TagMap?

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var resource = ResourceReference()
    var tags: TagMap?
    while let member = try reader.nextName() {
      if member == "Tags" {
        tags = try TagMap(from: &reader)
      } else {
        try resource.read(member, from: &reader)
      }
    }
    var check = Validation()
    check.present(tags, "tags")
    tags?.validate(&check)
    resource.validate(&check)
    try check.finish()
    self.resource = resource
    self.tags = tags
  }
}

package struct UntagResourceRequest: KinesisRequest {
  package let resource: ResourceReference
  package let keys: TagKeys?

  package init<Reader: ShapeReader>(from reader: inout Reader) throws(AWSError) {
    var resource = ResourceReference()
    var keys: TagKeys?
    while let member = try reader.nextName() {
      if member == "TagKeys" {
        keys = try TagKeys(from: &reader)
      } else {
        try resource.read(member, from: &reader)
      }
    }
    var check = Validation()
    check.present(keys, "tagKeys")
    keys?.validate(&check)
    resource.validate(&check)
    try check.finish()
    self.resource = resource
    self.keys = keys
  }
}
