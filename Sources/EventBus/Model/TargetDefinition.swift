package import Core

/// A target of a rule, as a client defined it: EventBridge's `Target` structure.
package struct TargetDefinition: Sendable, Equatable {
  /// All of it, also what nobody here reads.
  package let json: JSONValue
  package let id: String
  package let arn: String

  /// - Throws: `EventBusError.invalid` in EventBridge's words.
  package init(_ json: JSONValue) throws(EventBusError) {
    guard let id = json["Id"]?.text, let arn = json["Arn"]?.text else {
      throw .invalid("A target needs an Id and an Arn.")
    }
    self.json = json
    self.id = id
    self.arn = arn
    let inputs = ["Input", "InputPath", "InputTransformer"].filter { json[$0] != nil }
    guard inputs.count <= 1 else {
      throw .invalid(
        "Only one of Input, InputPath, or InputTransformer must be provided for target \(id).")
    }
    try InputTemplate.check(self)
  }

  init(stored text: String) throws {
    try self.init(try JSONValue(parsing: text))
  }

  package var retry: RetryPolicy {
    RetryPolicy(
      attemptsMax: json["RetryPolicy"]?["MaximumRetryAttempts"]?.integer
        ?? RetryPolicy.standard.attemptsMax,
      ageMax: json["RetryPolicy"]?["MaximumEventAgeInSeconds"]?.integer
        ?? RetryPolicy.standard.ageMax)
  }

  package var kind: TargetKind { TargetKind(arn: arn) }
}

/// How often and how long a failed delivery is tried again.
package struct RetryPolicy: Sendable, Equatable {
  /// Attempts after the first.
  package var attemptsMax: Int
  /// Seconds since the event was accepted.
  package var ageMax: Int

  package static let standard = RetryPolicy(attemptsMax: 185, ageMax: 86_400)
}

/// What a target's ARN stands for here.
package enum TargetKind: Hashable, Sendable {
  /// `arn:aws:kinesis:…:stream/NAME`
  case stream
  /// `arn:aws:redshift…` or `arn:aws:redshift-serverless…`, with `RedshiftDataParameters`.
  case statement
  /// `arn:aws:logs:…:log-group:NAME`
  case logGroup
  /// `http://127.0.0.1:PORT/PATH`, or the ARN of an API destination.
  case http
  /// `arn:aws:lambda:…:function:NAME`
  case function
  /// `arn:aws:glue:…:workflow/NAME`
  case workflow
  /// `arn:aws:events:…:event-bus/NAME`
  case bus
  /// Of another service: deliveries go to the dead-letter queue.
  case other

  package init(arn: String) {
    if arn.hasPrefix("http://") || arn.hasPrefix("https://") {
      self = .http
      return
    }
    let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == 6, parts[0] == "arn" else {
      self = .other
      return
    }
    self =
      switch (parts[2], parts[5]) {
      case ("kinesis", let name) where name.hasPrefix("stream/"): .stream
      case ("redshift", _), ("redshift-serverless", _): .statement
      case ("logs", let name) where name.hasPrefix("log-group:"): .logGroup
      case ("lambda", let name) where name.hasPrefix("function:"): .function
      case ("glue", let name) where name.hasPrefix("workflow/"): .workflow
      case ("events", let name) where name.hasPrefix("event-bus/"): .bus
      case ("events", let name) where name.hasPrefix("api-destination/"): .http
      default: .other
      }
  }

  /// What stands behind the first slash of an ARN: the name of an archive or a replay.
  static func lastName(of arn: String) -> String {
    arn.split(separator: "/", maxSplits: 1).last.map(String.init) ?? arn
  }

  /// The last part of the ARN: the name of the stream, function, workflow, group or bus.
  package static func name(of arn: String) -> String {
    let parts = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false)
    guard parts.count == 6 else { return arn }
    for head in ["log-group:", "function:", "stream/", "workflow/", "event-bus/"]
    where parts[5].hasPrefix(head) {
      let rest = parts[5].dropFirst(head.count)
      // A log group may end in `:*`, a function in its version.
      return String(head.hasSuffix(":") ? rest.prefix { $0 != ":" } : rest)
    }
    return String(parts[5])
  }
}
