package import Core

/// An event pattern of EventBridge, read and checked.
///
/// ```
/// { "source": ["aws.s3"], "detail": { "object": { "size": [{ "numeric": [">", 0] }] } } }
/// ```
///
/// `$or` is multiplied out: a pattern matches an event that one of its branches matches.
/// Source of the language: EventBridge's user guide ("Comparison operators for use in event
/// patterns") and the behaviour of the service, reference/streams-and-events.md, 4.2.
package struct EventPattern: Equatable, Sendable {
  /// What has to hold together.
  package struct Branch: Equatable, Sendable {
    package var conditions: [Condition]
  }

  /// A field, and the tests of which one must hold for one of its values.
  package struct Condition: Hashable, Sendable {
    /// The names that lead to the field, joined by dots: `detail.object.key`. A dot within a name
    /// is as good as a step.
    package var path: String
    package var tests: [ValueTest]
  }

  package let branches: [Branch]

  /// - Throws: `PatternError`
  package init(_ text: String) throws(PatternError) {
    var parser = PatternParser(text)
    branches = try parser.parse()
  }
}

/// Why a pattern is refused: EventBridge's words, with the place.
package struct PatternError: Error, Equatable, Sendable, CustomStringConvertible {
  package var reason: String
  /// From 1: behind what was read when the mistake was seen.
  package var line: Int
  package var column: Int
  /// The pattern.
  package var source: String

  package init(_ error: JSONSyntaxError, source: String) {
    (reason, line, column) = (error.reason, error.line, error.column)
    self.source = source
  }

  /// The message of InvalidEventPatternException.
  package var description: String {
    "Event pattern is not valid. Reason: \(reason)\n at [Source: (String)\"\(source)\"; "
      + "line: \(line), column: \(column)]"
  }
}
