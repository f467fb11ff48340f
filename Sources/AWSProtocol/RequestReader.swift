/// Takes the members of a request apart, and complains as AWS does.
package struct RequestReader {
  package let body: JSON

  package init(_ body: JSON) {
    self.body = body
  }

  /// The member's name in AWS's messages: `streamName`.
  private func camelCase(_ name: String) -> String {
    name.prefix(1).lowercased() + name.dropFirst()
  }

  private func missing(_ name: String) -> AWSError {
    .validation(
      value: "null", at: camelCase(name), constraint: "Member must not be null")
  }

  package func has(_ name: String) -> Bool {
    switch body[name] {
    case nil, .null?: false
    default: true
    }
  }

  package func optionalText(_ name: String) throws(AWSError) -> String? {
    guard has(name), let value = body[name] else { return nil }
    guard let text = value.text else {
      throw .serialization("\(name) must be a string")
    }
    return text
  }

  package func text(
    _ name: String, length: ClosedRange<Int>? = nil, matching pattern: NamePattern? = nil
  ) throws(AWSError) -> String {
    guard let text = try optionalText(name) else { throw missing(name) }
    if let length {
      let count = text.unicodeScalars.count
      if count < length.lowerBound {
        throw .validation(
          value: text, at: camelCase(name),
          constraint: "Member must have length greater than or equal to \(length.lowerBound)")
      }
      if count > length.upperBound {
        throw .validation(
          value: text, at: camelCase(name),
          constraint: "Member must have length less than or equal to \(length.upperBound)")
      }
    }
    if let pattern, !pattern.matches(text) {
      throw .validation(
        value: text, at: camelCase(name),
        constraint: "Member must satisfy regular expression pattern: \(pattern.text)")
    }
    return text
  }

  package func optionalInteger(
    _ name: String, in range: ClosedRange<Int>
  ) throws(AWSError) -> Int? {
    guard has(name), let value = body[name] else { return nil }
    guard let number = value.integer else {
      throw .serialization("\(name) must be an integer")
    }
    if number < range.lowerBound {
      throw .validation(
        value: "\(number)", at: camelCase(name),
        constraint: "Member must have value greater than or equal to \(range.lowerBound)")
    }
    if number > range.upperBound {
      throw .validation(
        value: "\(number)", at: camelCase(name),
        constraint: "Member must have value less than or equal to \(range.upperBound)")
    }
    return number
  }

  /// A blob in base64.
  package func data(_ name: String) throws(AWSError) -> [UInt8] {
    guard has(name), let value = body[name] else { throw missing(name) }
    guard case .string(let bytes, let hasEscapes) = value else {
      throw .serialization("\(name) must be a string in base64")
    }
    // Some encoders write `\/` for `/`.
    let text = hasEscapes ? Array(JSONReader.unescape(bytes).utf8)[...] : bytes
    guard let data = Base64.decode(text) else {
      throw .serialization("\(name) is not valid base64")
    }
    return data
  }

  /// Seconds since the epoch.
  package func timestamp(_ name: String) throws(AWSError) -> Double? {
    guard has(name), let value = body[name] else { return nil }
    guard let seconds = value.double else {
      throw .serialization("\(name) must be a number of seconds")
    }
    return seconds
  }

  package func values(
    _ name: String, count range: ClosedRange<Int>
  ) throws(AWSError) -> [RequestReader] {
    guard has(name), let value = body[name] else { throw missing(name) }
    guard case .array(let items) = value else { throw .serialization("\(name) must be a list") }
    if items.count < range.lowerBound {
      throw .validation(
        value: "[]", at: camelCase(name),
        constraint: "Member must have length greater than or equal to \(range.lowerBound)")
    }
    if items.count > range.upperBound {
      throw .validation(
        value: "[…]", at: camelCase(name),
        constraint: "Member must have length less than or equal to \(range.upperBound)")
    }
    return items.map(RequestReader.init)
  }

  package func optionalObject(_ name: String) throws(AWSError) -> RequestReader? {
    guard has(name), let value = body[name] else { return nil }
    guard case .object = value else { throw .serialization("\(name) must be an object") }
    return RequestReader(value)
  }
}

/// The regular expressions of the service model, matched by hand.
package enum NamePattern: Sendable {
  case streamName

  package var text: String { "[a-zA-Z0-9_.-]+" }

  package func matches(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy { byte in
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte)
          || (0x61...0x7A).contains(byte) || byte == 0x5F || byte == 0x2E || byte == 0x2D
      }
  }
}
