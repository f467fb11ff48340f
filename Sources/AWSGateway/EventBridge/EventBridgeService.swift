import AWSProtocol
import Core
import EventBus
import NIOCore

/// Amazon EventBridge's operations, bound to the broker of events.
struct EventBridgeService: AWSService {
  let broker: EventBroker
  let clock: any WallClock

  typealias Answer = JSONObject

  func owns(_ head: RequestHead) -> Bool {
    head.targetParts.map { $0.service == EventBridgeOperation.service } ?? false
  }

  func answer(_ head: RequestHead, _ body: ByteBuffer) async -> ServiceReply {
    do throws(AWSError) {
      // A web page of some browser on this machine must not get through; see `RequestRoute`.
      guard head.origin == nil else {
        throw AWSError(.accessDenied, "Requests from web pages are not accepted.")
      }
      let name = head.targetParts.map { String($0.operation) } ?? ""
      guard head.method == "POST", let operation = EventBridgeOperation(rawValue: name) else {
        throw AWSError(.unknownOperation, "Operation \(name) is not served here.")
      }
      var request = try EventBridgeRequest(body.readableBytesView)
      let answer = try await perform(operation, &request)
      let bytes = answer.map { JSONValue.object($0).serialized } ?? []
      return .whole(.success(bytes, as: .json))
    } catch {
      return .whole(.failure(error, as: .json))
    }
  }

  /// - Returns: nil where the operation answers nothing.
  private func perform(
    _ operation: EventBridgeOperation, _ request: inout EventBridgeRequest
  ) async throws(AWSError) -> Answer? {
    switch operation {
    case .putEvents: try await putEvents(&request)
    case .testEventPattern: try testEventPattern(&request)
    case .putRule: try await putRule(&request)
    case .describeRule: try await describeRule(&request)
    case .listRules: try await listRules(&request)
    case .deleteRule: try await deleteRule(&request)
    case .enableRule: try await setRule(&request, enabled: true)
    case .disableRule: try await setRule(&request, enabled: false)
    case .putTargets: try await putTargets(&request)
    case .removeTargets: try await removeTargets(&request)
    case .listTargetsByRule: try await listTargetsByRule(&request)
    case .listRuleNamesByTarget: try await listRuleNamesByTarget(&request)
    case .createEventBus: try await createEventBus(&request)
    case .updateEventBus: try await updateEventBus(&request)
    case .deleteEventBus: try await deleteEventBus(&request)
    case .describeEventBus: try await describeEventBus(&request)
    case .listEventBuses: try await listEventBuses(&request)
    case .putPermission: try await putPermission(&request)
    case .removePermission: try await removePermission(&request)
    case .tagResource: try await tagResource(&request)
    case .untagResource: try await untagResource(&request)
    case .listTagsForResource: try await listTagsForResource(&request)
    case .createArchive: try await createArchive(&request)
    case .updateArchive: try await updateArchive(&request)
    case .deleteArchive: try await deleteArchive(&request)
    case .describeArchive: try await describeArchive(&request)
    case .listArchives: try await listArchives(&request)
    case .startReplay: try await startReplay(&request)
    case .cancelReplay: try await cancelReplay(&request)
    case .describeReplay: try await describeReplay(&request)
    case .listReplays: try await listReplays(&request)
    case .createConnection, .updateConnection:
      try await putConnection(&request, isNew: operation == .createConnection)
    case .deauthorizeConnection: try await deauthorizeConnection(&request)
    case .deleteConnection: try await deleteConnection(&request)
    case .describeConnection: try await describeConnection(&request)
    case .listConnections: try await listConnections(&request)
    case .createApiDestination, .updateApiDestination:
      try await putAPIDestination(&request, isNew: operation == .createApiDestination)
    case .deleteApiDestination: try await deleteAPIDestination(&request)
    case .describeApiDestination: try await describeAPIDestination(&request)
    case .listApiDestinations: try await listAPIDestinations(&request)
    case .listEndpoints: ["Endpoints": []]
    case .listEventSources: ["EventSources": []]
    case .listPartnerEventSources: ["PartnerEventSources": []]
    case .listPartnerEventSourceAccounts: ["PartnerEventSourceAccounts": []]
    default: throw Self.unavailable(operation)
    }
  }

  /// Partners and other regions: what one machine does not have.
  private static func unavailable(_ operation: EventBridgeOperation) -> AWSError {
    switch operation {
    case .describeEndpoint, .deleteEndpoint, .updateEndpoint:
      AWSError(.resourceNotFound, "Endpoint does not exist.")
    case .describeEventSource, .describePartnerEventSource:
      AWSError(.resourceNotFound, "Event source does not exist.")
    default:
      AWSError(
        type: "OperationDisabledException", status: 400,
        message: "\(operation.rawValue) is not available: there are no partners and no other "
          + "regions here.")
    }
  }

  // MARK: The broker

  /// Runs an operation of the broker, with its errors as AWS has them.
  func run<Value>(
    _ body: () async throws(EventBusError) -> Value
  ) async throws(AWSError) -> Value {
    do throws(EventBusError) {
      return try await body()
    } catch {
      throw Self.error(error)
    }
  }

  static func error(_ error: EventBusError) -> AWSError {
    func make(_ type: String) -> AWSError {
      AWSError(type: type, status: 400, message: error.description)
    }
    switch error {
    case .notFound: return make("ResourceNotFoundException")
    case .exists: return make("ResourceAlreadyExistsException")
    case .invalid: return make("ValidationException")
    case .invalidPattern: return make("InvalidEventPatternException")
    case .invalidState: return make("InvalidStateException")
    case .illegalStatus: return make("IllegalStatusException")
    case .limitExceeded: return make("LimitExceededException")
    case .modified: return make("ConcurrentModificationException")
    case .storage, .unknownFormat:
      return AWSError(type: "InternalException", status: 500, message: error.description)
    }
  }

  // MARK: Lists

  /// One page of a list, by the members Limit and NextToken.
  func page<Element>(
    _ elements: [Element], _ request: inout EventBridgeRequest, limit: Int = 100
  ) throws(AWSError) -> (elements: [Element], token: JSONValue?) {
    let count = request.number("Limit", in: 1...100) ?? limit
    let token = request.optional("NextToken", max: 2_048)
    try request.finish()
    var first = 0
    if let token {
      guard let place = Self.place(token) else {
        throw AWSError(.validation, "The token is not valid.")
      }
      first = min(place, elements.count)
    }
    let page = Array(elements[first...].prefix(count))
    let end = first + page.count
    return (page, end < elements.count ? .string("weir:\(end)") : nil)
  }

  private static func place(_ token: String) -> Int? {
    guard token.hasPrefix("weir:"), let place = Int(token.dropFirst(5)), place >= 0 else {
      return nil
    }
    return place
  }
}

extension Timestamp {
  /// Seconds, as EventBridge's JSON has times.
  var json: JSONValue { .number("\(Double(microseconds / 1_000) / 1_000)") }
}
