internal import Crypto
internal import Foundation

/// What a server needs to check a user's password without keeping it.
///
/// Holds a SCRAM-SHA-256 verifier (RFC 5802) and, for Amazon's own driver, which fails standard
/// SCRAM, the secret of PostgreSQL's md5 method.
package struct Credential: Sendable {
  static let iterations = 4_096

  let salt: [UInt8]
  let storedKey: [UInt8]
  let serverKey: [UInt8]
  /// Hexadecimal MD5 of password and user.
  let md5Secret: String

  package init(user: String, password: String) {
    self.init(user: user, password: password, salt: Self.random(16))
  }

  init(user: String, password: String, salt: [UInt8], iterations: Int = Credential.iterations) {
    self.salt = salt
    let salted = Self.pbkdf2(Array(password.utf8), salt: salt, iterations: iterations)
    let clientKey = Self.hmac(salted, Array("Client Key".utf8))
    storedKey = Array(SHA256.hash(data: clientKey))
    serverKey = Self.hmac(salted, Array("Server Key".utf8))
    md5Secret = Self.md5(Array((password + user).utf8))
  }

  static func random(_ count: Int) -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
  }

  static func hmac(_ key: [UInt8], _ data: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: data, using: SymmetricKey(data: key)))
  }

  static func md5(_ data: [UInt8]) -> String {
    Insecure.MD5.hash(data: data).map { byte in
      let digits = String(byte, radix: 16)
      return digits.count < 2 ? "0" + digits : digits
    }.joined()
  }

  /// One block of PBKDF2 with HMAC-SHA-256 (RFC 2898).
  private static func pbkdf2(_ password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
    var block = hmac(password, salt + [0, 0, 0, 1])
    var result = block
    for _ in 1..<max(1, iterations) {
      block = hmac(password, block)
      for index in result.indices { result[index] ^= block[index] }
    }
    return result
  }
}

/// One SCRAM-SHA-256 exchange, the server's side (RFC 5802, RFC 7677). No channel binding.
struct ScramExchange {
  private let credential: Credential
  private let serverNonce: String
  private var clientFirstBare = ""
  private var serverFirst = ""
  private var nonce = ""
  private var header = ""

  init(credential: Credential, serverNonce: String? = nil) {
    self.credential = credential
    self.serverNonce = serverNonce ?? Data(Credential.random(18)).base64EncodedString()
  }

  /// Takes the client's first message; nil if it is none.
  mutating func begin(_ message: String) -> String? {
    let parts = message.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0] == "n" || parts[0] == "y" else { return nil }
    header = "\(parts[0]),\(parts[1]),"
    clientFirstBare = String(parts[2])
    guard let clientNonce = Self.value("r", in: clientFirstBare), !clientNonce.isEmpty else {
      return nil
    }
    nonce = clientNonce + serverNonce
    let salt = Data(credential.salt).base64EncodedString()
    serverFirst = "r=\(nonce),s=\(salt),i=\(Credential.iterations)"
    return serverFirst
  }

  /// Takes the client's final message.
  ///
  /// - Returns: the server's signature message, or nil if the proof is wrong.
  func finish(_ message: String) -> String? {
    guard let mark = message.range(of: ",p=", options: .backwards),
      let proof = Data(base64Encoded: String(message[mark.upperBound...])),
      Self.value("r", in: message) == nonce,
      Self.value("c", in: message) == Data(header.utf8).base64EncodedString()
    else { return nil }
    let withoutProof = message[..<mark.lowerBound]
    let exchange = Array("\(clientFirstBare),\(serverFirst),\(withoutProof)".utf8)
    let signature = Credential.hmac(credential.storedKey, exchange)
    guard proof.count == signature.count else { return nil }
    let clientKey = zip(proof, signature).map { $0 ^ $1 }
    guard isEqual(Array(SHA256.hash(data: clientKey)), credential.storedKey) else { return nil }
    let verifier = Data(Credential.hmac(credential.serverKey, exchange)).base64EncodedString()
    return "v=\(verifier)"
  }

  private static func value(_ name: String, in message: String) -> String? {
    message.split(separator: ",").first { $0.hasPrefix(name + "=") }.map {
      String($0.dropFirst(2))
    }
  }
}

/// Compares without telling by its time where the first difference is.
func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
