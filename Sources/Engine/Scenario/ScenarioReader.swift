internal import Foundation
internal import Yams

/// A place in a YAML file: a value with the keys that lead to it. What it is read as decides what
/// is expected; an error names file, line, keys, what was expected and what was found.
struct YAMLPlace {
  let file: String
  let node: Node
  /// As `streams[0].shards`; empty for the whole document.
  let keys: String
  /// The line of the value, from 1.
  let line: Int

  /// - Throws: `EngineError` where the text is not YAML, or nothing.
  static func document(_ text: String, file: String) throws -> YAMLPlace {
    guard let place = try read(text, file: file) else {
      throw EngineError("\(file):1: the file is empty")
    }
    return place
  }

  /// - Returns: nil where there is nothing but space and comments.
  /// - Throws: `EngineError` where the text is not YAML.
  static func read(_ text: String, file: String) throws -> YAMLPlace? {
    do {
      guard let node = try Yams.compose(yaml: text) else { return nil }
      return YAMLPlace(file: file, node: node, keys: "", line: node.mark?.line ?? 1)
    } catch let error as YamlError {
      throw EngineError(describe(error, in: file))
    }
  }

  private static func describe(_ error: YamlError, in file: String) -> String {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      "\(file):\(mark.line): this is not YAML: \(problem)"
    case .duplicatedKeysInMapping(let duplicates, let context):
      "\(file):\(context.mark.line): "
        + "the key \(duplicates.sorted().joined(separator: ", ")) is there twice"
    default: "\(file) is not YAML: \(error)"
    }
  }

  func error(_ what: String) -> EngineError {
    EngineError("\(file):\(line): \(keys.isEmpty ? "" : keys + ": ")\(what)")
  }

  func expected(_ what: String) -> EngineError {
    error("expected \(what), found \(found)")
  }

  private var found: String {
    switch node {
    case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "'\(scalar.string.prefix(60))'"
    case .mapping: "keys with values"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }

  /// The values of a mapping by key.
  ///
  /// - Throws: `EngineError` for a key that is not known, and for one that is needed and missing.
  func fields(_ needed: [String], optional: [String] = []) throws -> Fields {
    guard case .mapping(let mapping) = node else {
      throw expected("the keys \((needed.isEmpty ? optional : needed).joined(separator: ", "))")
    }
    var fields: [String: YAMLPlace] = [:]
    for (key, value) in mapping {
      let name = key.string ?? ""
      guard needed.contains(name) || optional.contains(name) else {
        let known = (needed + optional).sorted().joined(separator: ", ")
        throw EngineError(
          "\(file):\(key.mark?.line ?? line): unknown key '\(name)'"
            + (keys.isEmpty ? "" : " in \(keys)") + "; known are \(known)")
      }
      fields[name] = YAMLPlace(
        file: file, node: value, keys: keys.isEmpty ? name : keys + "." + name,
        line: value.mark?.line ?? key.mark?.line ?? line)
    }
    let result = Fields(place: self, values: fields)
    for name in needed { _ = try result.needed(name) }
    return result
  }

  struct Fields {
    let place: YAMLPlace
    let values: [String: YAMLPlace]

    subscript(name: String) -> YAMLPlace? { values[name] }

    func needed(_ name: String) throws -> YAMLPlace {
      guard let value = values[name] else { throw place.error("the key '\(name)' is missing") }
      return value
    }
  }

  func list() throws -> [YAMLPlace] {
    guard case .sequence(let sequence) = node else { throw expected("a list") }
    return sequence.enumerated().map { index, node in
      YAMLPlace(
        file: file, node: node, keys: "\(keys)[\(index)]", line: node.mark?.line ?? line)
    }
  }

  func text() throws -> String {
    guard case .scalar(let scalar) = node,
      scalar.string.contains(where: { !$0.isWhitespace })
    else { throw expected("text") }
    return scalar.string
  }

  func text(_ what: String, where pattern: Regex<some Any>) throws -> String {
    guard case .scalar(let scalar) = node, scalar.string.wholeMatch(of: pattern) != nil else {
      throw expected(what)
    }
    return scalar.string
  }

  func number<Number: FixedWidthInteger>(_ range: ClosedRange<Number>) throws -> Number {
    guard case .scalar(let scalar) = node, let number = Number(scalar.string),
      range.contains(number)
    else { throw expected("a whole number from \(range.lowerBound) to \(range.upperBound)") }
    return number
  }

  func decimal(_ range: ClosedRange<Double>) throws -> Double {
    guard case .scalar(let scalar) = node, let number = Double(scalar.string),
      range.contains(number)
    else { throw expected("a number from \(range.lowerBound) to \(range.upperBound)") }
    return number
  }

  func flag() throws -> Bool {
    guard case .scalar(let scalar) = node, let flag = Bool.construct(from: scalar) else {
      throw expected("true or false")
    }
    return flag
  }

  func choice<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type) throws -> Choice
  where Choice.RawValue == String {
    guard case .scalar(let scalar) = node, let choice = Choice(rawValue: scalar.string) else {
      throw expected(type.allCases.map(\.rawValue).joined(separator: " or "))
    }
    return choice
  }
}

/// Reads a scenario out of its YAML.
struct ScenarioReader {
  /// The text of a file that the scenario names, by its path from the scenario's folder; nil
  /// where it cannot be read.
  let readFile: (String) -> String?

  func scenario(_ document: YAMLPlace) throws -> Scenario {
    let fields = try document.fields(
      ["name", "streams", "statements", "producers", "accounting"],
      optional: ["description", "seed", "postgres", "checks", "queries"])
    let streams = try streams(fields.needed("streams"))
    return Scenario(
      name: try fields.needed("name").text(),
      description: try fields["description"]?.text() ?? "",
      seed: try fields["seed"]?.number(0...UInt64.max) ?? 42, streams: streams,
      postgres: try fields["postgres"].map(postgres),
      statements: try fields.needed("statements").list().map(statement),
      producers: try producers(
        fields.needed("producers"), streams: Set(streams.map(\.name))),
      accounting: try fields.needed("accounting").text(),
      checks: try fields["checks"]?.list().map(check) ?? [],
      queries: try fields["queries"]?.list().map { try $0.text() } ?? [])
  }

  private func streams(_ place: YAMLPlace) throws -> [Scenario.Stream] {
    var streams: [Scenario.Stream] = []
    for place in try place.list() {
      let fields = try place.fields(["name", "shards"])
      let name = try streamName(fields.needed("name"))
      guard !streams.contains(where: { $0.name == name }) else {
        throw place.error("the stream '\(name)' is there twice")
      }
      streams.append(
        Scenario.Stream(name: name, shards: try fields.needed("shards").number(1...1_000)))
    }
    return streams
  }

  private func postgres(_ place: YAMLPlace) throws -> Scenario.Postgres {
    let fields = try place.fields(["database", "uri", "secret", "statements"])
    return Scenario.Postgres(
      database: try fields.needed("database").text(
        "letters, digits and '_'", where: #/[a-z_][a-z0-9_]{0,62}/#),
      uri: try fields.needed("uri").text(), secret: try fields.needed("secret").text(),
      statements: try fields.needed("statements").list().map(statement))
  }

  /// What Kinesis takes as a stream's name.
  private func streamName(_ place: YAMLPlace) throws -> String {
    let name = try place.text()
    let isName = name.unicodeScalars.allSatisfy {
      $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0))
        || "_.-".unicodeScalars.contains($0)
    }
    guard isName, name.utf8.count <= 128 else {
      throw place.expected("at most 128 letters, digits, '_', '.' and '-'")
    }
    return name
  }

  /// SQL, or `file:` with the path of a file of SQL.
  private func statement(_ place: YAMLPlace) throws -> String {
    guard case .mapping = place.node else { return try place.text() }
    let file = try place.fields(["file"]).needed("file")
    let path = try file.text()
    guard let text = readFile(path) else { throw file.error("cannot read the file '\(path)'") }
    return text
  }

  private func producers(
    _ place: YAMLPlace, streams: Set<String>
  ) throws -> [Scenario.Producer] {
    var producers: [Scenario.Producer] = []
    for place in try place.list() {
      let producer = try producer(place, streams: streams)
      guard !producers.contains(where: { $0.stream == producer.stream }) else {
        throw place.error(
          "'\(producer.stream)' has a producer; a second one would use its order ids again")
      }
      producers.append(producer)
    }
    return producers
  }

  private func producer(
    _ place: YAMLPlace, streams: Set<String>
  ) throws -> Scenario.Producer {
    let fields = try place.fields(["kind", "stream", "rate"], optional: ["seed", "key", "size"])
    let stream = try fields.needed("stream")
    guard streams.contains(try stream.text()) else {
      throw stream.expected("the name of a stream of this file")
    }
    return Scenario.Producer(
      kind: try fields.needed("kind").choice(Scenario.Producer.Kind.self),
      stream: try stream.text(), rate: try fields.needed("rate").number(1...1_000_000),
      seed: try fields["seed"]?.number(0...UInt64.max),
      key: try fields["key"]?.choice(RetailOrderGenerator.Key.self) ?? .customer,
      size: try fields["size"].map(size) ?? RetailOrderGenerator.usualSize)
  }

  private func size(_ place: YAMLPlace) throws -> ClosedRange<Int> {
    let fields = try place.fields(["min", "max"])
    let limits = RetailOrderGenerator.sizeLimits
    let max: Int = try fields.needed("max").number(limits)
    // Whole items and a whole note do not always come out on the byte.
    return try fields.needed("min").number(1...(max - RetailOrderGenerator.sizeSlack))...max
  }

  private func check(_ place: YAMLPlace) throws -> Scenario.Check {
    let fields = try place.fields(["name", "sql", "equals"])
    let equals = try fields.needed("equals").text()
    guard equals == "produced" || Int(equals) != nil else {
      throw try fields.needed("equals").error(
        "must equal a whole number or 'produced', found '\(equals)'")
    }
    return Scenario.Check(
      name: try fields.needed("name").text(), sql: try fields.needed("sql").text(), equals: equals)
  }
}
