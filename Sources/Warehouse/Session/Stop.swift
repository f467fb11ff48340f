internal import Core

/// Why a statement is to end before its time.
enum Stop: Sendable, Equatable {
  /// Its own client asks.
  case request
  /// Another session asks, in these words.
  case message(String)
  case timeout
  /// The session itself ends.
  case termination

  var error: SQLError {
    switch self {
    case .request: SQLError("57014", "canceling statement due to user request")
    case .message(let text): SQLError("57014", text)
    case .timeout: SQLError("57014", "canceling statement due to statement timeout")
    case .termination:
      SQLError("57P01", "terminating connection due to administrator command")
    }
  }
}
