internal import Core

/// Another bus of this broker: the event is accepted there as it is, under its id.
package struct BusTarget: EventTarget {
  private let broker: EventBroker

  package init(_ broker: EventBroker) {
    self.broker = broker
  }

  /// Events that go round in circles between buses end here.
  private static let hopsMax = 5

  package func deliver(_ delivery: Delivery) async throws(DeliveryError) {
    let name = TargetKind.name(of: delivery.target.arn)
    guard case .object(let event)? = try? JSONValue(parsing: delivery.event),
      let source = event["source"]?.text, let type = event["detail-type"]?.text,
      let detail = event["detail"]
    else { throw DeliveryError(.invalidJSON, "the event has no envelope", isRetryable: false) }
    // Each hop adds one mark to the id.
    let hops = delivery.eventID.split(separator: "+").count
    guard hops <= Self.hopsMax else {
      throw DeliveryError(
        .resourceLimitExceeded, "the event was passed on \(Self.hopsMax) times",
        isRetryable: false)
    }
    do throws(EventBusError) {
      _ = try await broker.bus(name)
      _ = try await broker.put([
        NewEvent(
          bus: name, source: source, detailType: type, detail: detail.serializedText,
          resources: event["resources"]?.elements?.compactMap(\.text) ?? [],
          time: event["time"]?.text.flatMap { ISO8601.time($0) },
          id: delivery.eventID + "+\(hops)")
      ])
    } catch {
      if case .notFound(let text) = error {
        throw DeliveryError(.noResource, text, isRetryable: false)
      }
      throw DeliveryError(.internalError, error.description)
    }
  }
}
