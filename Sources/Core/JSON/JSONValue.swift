/// Any JSON value. Members of objects keep their order; numbers are kept as they were written.
package indirect enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)

  /// - Throws: `JSONSyntaxError` with the place.
  package init(parsing bytes: some Sequence<UInt8>) throws(JSONSyntaxError) {
    var reader = JSONTokenReader(bytes)
    guard let token = try reader.next() else { throw reader.error("Unexpected end-of-input") }
    self = try Self.value(token, &reader)
    _ = try reader.next()
  }

  package init(parsing text: String) throws(JSONSyntaxError) {
    try self.init(parsing: text.utf8)
  }

  private static func value(
    _ token: JSONTokenReader.Token, _ reader: inout JSONTokenReader
  ) throws(JSONSyntaxError) -> JSONValue {
    switch token {
    case .null: return .null
    case .bool(let flag): return .bool(flag)
    case .number(let text): return .number(text)
    case .string(let text): return .string(text)
    case .beginArray:
      var elements: [JSONValue] = []
      while let token = try reader.next(), token != .endArray {
        elements.append(try value(token, &reader))
      }
      return .array(elements)
    case .beginObject:
      var object = JSONObject()
      while case .key(let name)? = try reader.next() {
        guard let token = try reader.next() else { break }
        object[name] = try value(token, &reader)
      }
      return .object(object)
    case .endArray, .endObject, .key:
      throw reader.error("Unexpected token")
    }
  }

  // MARK: Looking in

  package var text: String? { if case .string(let text) = self { text } else { nil } }
  package var elements: [JSONValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }
  package var members: JSONObject? { if case .object(let object) = self { object } else { nil } }
  package var flag: Bool? { if case .bool(let flag) = self { flag } else { nil } }
  package var double: Double? { if case .number(let text) = self { Double(text) } else { nil } }

  /// A whole number, however it is written.
  package var integer: Int? {
    guard case .number(let text) = self else { return nil }
    return Int(text) ?? Double(text).flatMap { Int(exactly: $0) }
  }

  package subscript(_ name: String) -> JSONValue? { members?[name] }

  // MARK: Writing

  /// Without blanks.
  package var serialized: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return bytes
  }

  package var serializedText: String { String(decoding: serialized, as: UTF8.self) }

  package func write(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes.append(contentsOf: "null".utf8)
    case .bool(let flag): bytes.append(contentsOf: (flag ? "true" : "false").utf8)
    case .number(let text): bytes.append(contentsOf: text.utf8)
    case .string(let text): Self.write(text, to: &bytes)
    case .array(let elements):
      bytes.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        element.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let object):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in object.members.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        Self.write(member.name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private static let digits = Array("0123456789abcdef".utf8)

  /// In quotes, with what JSON demands escaped, and nothing else.
  package static func write(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
      case 0x0A: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "n")]
      case 0x0D: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "r")]
      case 0x09: bytes += [UInt8(ascii: "\\"), UInt8(ascii: "t")]
      case ..<0x20:
        bytes.append(contentsOf: "\\u00".utf8)
        bytes += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(integerLiteral value: Int) { self = .number("\(value)") }
  package init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSONValue?)...) {
    self = .object(JSONObject(elements))
  }
}

/// The members of an object, in order. A name that is given again replaces its value.
package struct JSONObject: Sendable {
  package private(set) var members: [(name: String, value: JSONValue)] = []
  /// Of objects with many members only: most have few.
  private var places: [String: Int] = [:]
  private static let fewMax = 12

  package init() {}

  /// Leaves out members without a value.
  package init(_ members: [(String, JSONValue?)]) {
    for (name, value) in members {
      if let value { self[name] = value }
    }
  }

  package subscript(_ name: String) -> JSONValue? {
    get { place(of: name).map { members[$0].value } }
    set {
      let place = place(of: name)
      switch (place, newValue) {
      case (let place?, let value?): members[place].value = value
      case (let place?, nil):
        members.remove(at: place)
        index()
      case (nil, let value?):
        members.append((name, value))
        if members.count == Self.fewMax {
          index()
        } else if members.count > Self.fewMax {
          places[name] = members.count - 1
        }
      case (nil, nil): break
      }
    }
  }

  package var isEmpty: Bool { members.isEmpty }

  private func place(of name: String) -> Int? {
    members.count >= Self.fewMax
      ? places[name] : members.firstIndex { $0.name == name }
  }

  private mutating func index() {
    places = [:]
    guard members.count >= Self.fewMax else { return }
    for (place, member) in members.enumerated() { places[member.name] = place }
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  package init(dictionaryLiteral elements: (String, JSONValue?)...) {
    self.init(elements)
  }
}

extension JSONObject: Equatable {
  /// Whatever the order of the members.
  package static func == (left: JSONObject, right: JSONObject) -> Bool {
    left.members.count == right.members.count
      && left.members.allSatisfy { right[$0.name] == $0.value }
  }
}
