/// A resource policy, as far as its grammar is checked: which elements there are, not what they
/// allow.
///
/// Source: the grammar of IAM's JSON policy language. A policy of a resource has a principal in
/// each statement.
package enum PolicyDocument {
  private static let versions = ["2008-10-17", "2012-10-17"]
  /// What a statement has to have: one of each.
  private static let elements = [
    ["Effect"], ["Principal", "NotPrincipal"], ["Action", "NotAction"],
    ["Resource", "NotResource"],
  ]

  /// - Throws: `InvalidArgumentException` that says what is missing or wrong;
  ///   `SerializationException` where the text is no JSON structure.
  package static func check(_ text: String) throws(AWSError) {
    var text = text
    let result = text.withUTF8 { utf8 in
      Result { () throws(AWSError) in
        var reader = JSONReader(UnsafeRawBufferPointer(utf8))
        try check(&reader)
      }
    }
    try result.get()
  }

  private static func check(_ reader: inout JSONReader) throws(AWSError) {
    var version: String?
    var statementCount: Int?
    try reader.enterStructure()
    while let name = try reader.nextName() {
      switch name {
      case "Version": version = try text(of: name, &reader)
      case "Statement": statementCount = try statements(&reader)
      default: try reader.skip()
      }
    }
    guard let version else { throw wrong("it has no Version") }
    guard versions.contains(version) else {
      throw wrong("its Version \(version) is not \(versions.joined(separator: " or "))")
    }
    guard let statementCount else { throw wrong("it has no Statement") }
    guard statementCount > 0 else { throw wrong("its Statement is empty") }
  }

  /// A list of statements, or one alone.
  private static func statements(_ reader: inout JSONReader) throws(AWSError) -> Int {
    reader.skipSpace()
    switch reader.peek() {
    case UInt8(ascii: "{"):
      try statement(&reader, number: 1)
      return 1
    case UInt8(ascii: "["):
      var count = 0
      _ = try reader.enterList()
      while try reader.nextElement() {
        count += 1
        reader.skipSpace()
        guard reader.peek() == UInt8(ascii: "{") else {
          throw wrong("statement \(count) is not an object")
        }
        try statement(&reader, number: count)
      }
      return count
    default: throw wrong("its Statement is neither an object nor a list of objects")
    }
  }

  private static func statement(_ reader: inout JSONReader, number: Int) throws(AWSError) {
    var found: Set<String> = []
    try reader.enterStructure()
    while let name = try reader.nextName() {
      found.insert(name)
      guard name == "Effect" else {
        try reader.skip()
        continue
      }
      let effect = try text(of: name, &reader)
      guard effect == "Allow" || effect == "Deny" else {
        throw wrong("the Effect of statement \(number) is neither Allow nor Deny")
      }
    }
    for choices in elements where found.isDisjoint(with: choices) {
      throw wrong("statement \(number) has no \(choices.joined(separator: " or "))")
    }
  }

  private static func text(
    of name: String, _ reader: inout JSONReader
  ) throws(AWSError) -> String {
    reader.skipSpace()
    guard reader.peek() == UInt8(ascii: "\""), let text = try reader.string() else {
      throw wrong("its \(name) is not text")
    }
    return text
  }

  private static func wrong(_ what: String) -> AWSError {
    AWSError(.invalidArgument, "The policy is not valid: \(what).")
  }
}
