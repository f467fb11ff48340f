package enum ObjectStoreError: Error, Equatable, CustomStringConvertible {
  case invalidAddress(String, String)
  case noSuchObject(ObjectAddress)
  case alreadyExists(ObjectAddress)
  /// The store refused, or could not be reached; what was asked for may have been done or not.
  case failed(String, reason: String)

  package var description: String {
    switch self {
    case .invalidAddress(let text, let reason): "\(text) is no address of an object: \(reason)"
    case .noSuchObject(let address): "\(address) does not exist"
    case .alreadyExists(let address): "\(address) exists already"
    case .failed(let what, let reason): "\(what): \(reason)"
    }
  }
}
