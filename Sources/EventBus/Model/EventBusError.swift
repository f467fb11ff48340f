/// Why an operation on buses, rules or events was refused.
package enum EventBusError: Error, Equatable, Sendable, CustomStringConvertible {
  case notFound(String)
  case exists(String)
  case invalid(String)
  case invalidPattern(PatternError)
  case invalidState(String)
  case illegalStatus(String)
  case limitExceeded(String)
  case modified(String)
  /// The disk did not take it, or is no database of ours.
  case storage(String)
  case unknownFormat(String)

  package var description: String {
    switch self {
    case .notFound(let text), .exists(let text), .invalid(let text), .invalidState(let text),
      .illegalStatus(let text), .limitExceeded(let text), .modified(let text),
      .unknownFormat(let text):
      text
    case .invalidPattern(let error): error.description
    case .storage(let text): "the events are not stored: \(text)"
    }
  }
}
