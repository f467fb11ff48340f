internal import Core
internal import EventBus
internal import StreamLog

/// A stream: PutRecord with the event as data. `KinesisParameters.PartitionKeyPath` names the
/// partition key in the event; without it that is the event's id.
struct StreamTarget: EventTarget {
  let log: StreamLog

  func concurrency(of target: TargetDefinition) -> Int { 64 }

  func deliver(_ delivery: Delivery) async throws(DeliveryError) {
    let stream = TargetKind.name(of: delivery.target.arn)
    var key = delivery.eventID
    if let path = delivery.target.json["KinesisParameters"]?["PartitionKeyPath"]?.text {
      guard let event = try? JSONValue(parsing: delivery.event),
        let value = JSONPath(path)?.value(in: event)
      else {
        throw DeliveryError(
          .invalidParameter, "the event has nothing at \(path)", isRetryable: false)
      }
      key = value.text ?? value.serializedText
    }
    do throws(StreamLogError) {
      _ = try await log.append(
        [NewRecord(partitionKey: String(key.prefix(256)), data: delivery.input)], to: stream)
    } catch {
      throw Self.failure(error, stream)
    }
  }

  private static func failure(_ error: StreamLogError, _ stream: String) -> DeliveryError {
    switch error {
    case .streamNotFound:
      DeliveryError(.noResource, "there is no stream \(stream)", isRetryable: false)
    case .throttled: DeliveryError(.throttling, "\(error)")
    case .invalidArgument(let what): DeliveryError(.invalidParameter, what, isRetryable: false)
    default: DeliveryError(.errorFromTarget, "\(error)")
    }
  }
}
