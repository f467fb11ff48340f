internal import Core
internal import EventBus
internal import Foundation
internal import Warehouse

/// The event buses beside the other parts: who takes events, and how SQL sees them.
extension Engine {
  static func openEvents(
    _ configuration: EngineConfiguration, _ directory: DataDirectory, _ clock: any WallClock
  ) throws -> EventBroker {
    var settings = BusConfiguration()
    settings.region = configuration.region
    settings.account = configuration.accountID
    do {
      return try EventBroker(directory: directory.events, configuration: settings, clock: clock)
    } catch {
      throw EngineError("\(directory.events)/events.sqlite cannot be used: \(error)")
    }
  }

  func connectEvents(_ configuration: EngineConfiguration) {
    events.register(StreamTarget(log: log), for: .stream)
    events.register(StatementTarget(warehouse: warehouse), for: .statement)
    events.register(LogGroupTarget(folder: directory.logs, clock: clock), for: .logGroup)
    events.register(HTTPTarget(events), for: .http)
    events.register(BusTarget(events), for: .bus)
    let functions = FunctionTarget(
      configuration.functions, folder: directory.events + "/functions"
    ) { [weak self] in
      // What a function of AWS finds, too; the keys may be any.
      var environment = [
        "AWS_REGION": configuration.region, "AWS_DEFAULT_REGION": configuration.region,
        "AWS_ACCESS_KEY_ID": "weir", "AWS_SECRET_ACCESS_KEY": "weir",
      ]
      environment["AWS_ENDPOINT_URL"] = self?.ports.aws.map { "http://127.0.0.1:\($0)" }
      return environment
    }
    events.register(functions, for: .function)
    provideEvents()
    for procedure in EventProcedures.all(events) { warehouse.register(procedure) }
  }

  /// So many rows of events and deliveries are shown.
  private static let rowsMax = 10_000

  private func provideEvents() {
    let events = events
    warehouse.provide(.events) {
      try await events.events(limit: Self.rowsMax).map { fact in
        [
          .integer(fact.sequence), .text(fact.id), .text(fact.bus), .text(fact.source),
          .text(fact.detailType), .time(fact.time.microseconds),
          .time(fact.acceptedAt.microseconds), .text(optional: fact.replay),
          .integer(Int64(fact.rulesMatched)), .integer(Int64(fact.pending)),
          .text(String(decoding: fact.body, as: UTF8.self)),
        ]
      }
    }
    warehouse.provide(.rules) {
      try await events.ruleFacts().map { fact in
        [
          .text(fact.rule.bus), .text(fact.rule.name), .text(fact.rule.state),
          .text(optional: fact.rule.pattern), .text(optional: fact.rule.schedule),
          .integer(Int64(fact.targets)), .integer(Int64(fact.pending)),
          .integer(Int64(fact.deadLetters)), .integer(Int64(fact.delivered)),
          .integer(Int64(fact.failed)), .time(optional: fact.lastDeliveredAt?.microseconds),
          fact.lastMilliseconds.map { .double($0) } ?? .null,
        ]
      }
    }
    warehouse.provide(.deliveries) {
      try await events.deliveries(limit: Self.rowsMax).map { fact in
        [
          .integer(fact.sequence), .text(fact.eventID), .text(fact.bus), .text(fact.rule),
          .text(fact.target), .text(optional: fact.targetARN), .integer(Int64(fact.attempts)),
          .time(fact.acceptedAt.microseconds), .time(fact.dueAt.microseconds),
          .text(optional: fact.errorCode), .text(optional: fact.error),
        ]
      }
    }
    warehouse.provide(.deadLetters) {
      try await events.deadLetters().map { letter in
        [
          .integer(letter.id), .text(letter.eventID), .text(letter.bus), .text(letter.rule),
          .text(letter.target), .text(optional: letter.targetARN), .text(letter.source),
          .text(letter.detailType), .time(letter.eventTime.microseconds),
          .time(letter.acceptedAt.microseconds), .time(letter.diedAt.microseconds),
          .integer(Int64(letter.attempts)), .text(letter.errorCode), .text(letter.error),
          .text(optional: letter.exhausted),
          .text(String(decoding: letter.event, as: UTF8.self)),
        ]
      }
    }
  }
}
