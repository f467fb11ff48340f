package import Core
import Crypto
import Foundation

/// What a server keeps of a password for SCRAM-SHA-256: enough to check a client's proof, not
/// enough to log in as that client.
package struct ScramVerifier: Sendable, Equatable {
  package static let iterationCount = 4096

  package let iterations: Int
  package let salt: [UInt8]
  let storedKey: [UInt8]
  let serverKey: [UInt8]

  package init(
    password: String, salt: [UInt8] = randomBytes(16),
    iterations: Int = ScramVerifier.iterationCount
  ) {
    let salted = Self.saltedPassword(Self.prepared(password), salt: salt, iterations: iterations)
    let clientKey = hmac(Array("Client Key".utf8), key: salted)
    self.iterations = iterations
    self.salt = salt
    self.storedKey = Array(SHA256.hash(data: clientKey))
    self.serverKey = hmac(Array("Server Key".utf8), key: salted)
  }

  /// A verifier that no proof satisfies: for users who do not exist, so that a stranger
  /// cannot tell them from those who do. The same user always meets the same salt.
  init(ofNobodyCalled user: String, secret: [UInt8]) {
    let digest = hmac(Array(user.utf8), key: secret)
    iterations = Self.iterationCount
    salt = Array(digest.prefix(16))
    storedKey = randomBytes(32)
    serverKey = randomBytes(32)
  }

  /// The part of SASLprep that matters for real passwords: compatibility forms are unified
  /// and every kind of space is a space.
  private static func prepared(_ password: String) -> [UInt8] {
    if password.utf8.allSatisfy({ $0 < 0x80 }) { return Array(password.utf8) }
    var text = String.UnicodeScalarView()
    for scalar in password.unicodeScalars {
      text.append(scalar.properties.generalCategory == .spaceSeparator ? " " : scalar)
    }
    return Array(String(text).precomposedStringWithCompatibilityMapping.utf8)
  }

  /// `Hi` of RFC 5802: PBKDF2 with HMAC-SHA-256 and one block of output.
  private static func saltedPassword(
    _ password: [UInt8], salt: [UInt8], iterations: Int
  ) -> [UInt8] {
    let keyed = HMAC<SHA256>(key: SymmetricKey(data: password))
    func keyedHash(_ data: [UInt8]) -> [UInt8] {
      var mac = keyed
      mac.update(data: data)
      return Array(mac.finalize())
    }
    var block = keyedHash(salt + [0, 0, 0, 1])
    var result = block
    for _ in 1..<max(2, iterations) {
      block = keyedHash(block)
      for index in result.indices { result[index] ^= block[index] }
    }
    return result
  }
}

/// The server's side of one SCRAM-SHA-256 exchange (RFC 5802, RFC 7677), without channel
/// binding.
package struct ScramExchange: Sendable, Equatable {
  package static let mechanism = "SCRAM-SHA-256"

  private let verifier: ScramVerifier
  private let serverNonce: String
  private var header = ""
  private var clientFirstBare = ""
  private var serverFirst = ""
  private var nonce = ""

  /// - Parameter nonce: printable, without commas, never used before.
  package init(verifier: ScramVerifier, nonce: String) {
    self.verifier = verifier
    self.serverNonce = nonce
  }

  /// Answers client-first-message with server-first-message.
  package mutating func begin(_ message: [UInt8]) throws(SQLError) -> [UInt8] {
    let parts = try Self.text(message).split(
      separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw Self.malformed("the message has no header") }
    guard !parts[0].hasPrefix("p=") else {
      throw SQLError(
        "0A000", "channel binding is not supported",
        hint: "connect with channel_binding=disable or channel_binding=prefer")
    }
    guard parts[0] == "n" || parts[0] == "y" else {
      throw Self.malformed("the channel binding flag is not n, y or p")
    }
    guard parts[1].isEmpty else {
      throw SQLError("0A000", "client uses authorization identity, but it is not supported")
    }
    let attributes = parts[2].split(separator: ",", omittingEmptySubsequences: false)
    guard attributes.count >= 2, attributes[0].hasPrefix("n="), attributes[1].hasPrefix("r=")
    else { throw Self.malformed("the user name or the nonce is missing") }
    let clientNonce = attributes[1].dropFirst(2)
    guard !clientNonce.isEmpty, clientNonce.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else { throw Self.malformed("the nonce is empty or not printable") }

    header = "\(parts[0]),,"
    clientFirstBare = String(parts[2])
    nonce = clientNonce + serverNonce
    let salt = Data(verifier.salt).base64EncodedString()
    serverFirst = "r=\(nonce),s=\(salt),i=\(verifier.iterations)"
    return Array(serverFirst.utf8)
  }

  /// Answers client-final-message with server-final-message, or nil if the proof is wrong.
  package func finish(_ message: [UInt8]) throws(SQLError) -> [UInt8]? {
    let text = try Self.text(message)
    guard let proofStart = text.range(of: ",p=", options: .backwards) else {
      throw Self.malformed("the proof is missing")
    }
    let withoutProof = String(text[..<proofStart.lowerBound])
    let attributes = withoutProof.split(separator: ",", omittingEmptySubsequences: false)
    guard attributes.count >= 2, attributes[0].hasPrefix("c="), attributes[1].hasPrefix("r=")
    else { throw Self.malformed("the channel binding or the nonce is missing") }
    guard attributes[0].dropFirst(2) == Data(header.utf8).base64EncodedString() else {
      throw Self.malformed("the channel binding differs from the first message")
    }
    guard attributes[1].dropFirst(2) == nonce else {
      throw Self.malformed("the nonce is not this exchange's")
    }
    guard let proof = Data(base64Encoded: String(text[proofStart.upperBound...])),
      proof.count == SHA256.byteCount
    else { throw Self.malformed("the proof is not base64 of 32 bytes") }

    let signed = Array("\(clientFirstBare),\(serverFirst),\(withoutProof)".utf8)
    let signature = hmac(signed, key: verifier.storedKey)
    let clientKey = zip(proof, signature).map { $0 ^ $1 }
    guard isEqual(Array(SHA256.hash(data: clientKey)), verifier.storedKey) else { return nil }
    let answer = Data(hmac(signed, key: verifier.serverKey)).base64EncodedString()
    return Array("v=\(answer)".utf8)
  }

  private static func text(_ message: [UInt8]) throws(SQLError) -> String {
    guard let text = String(validating: message, as: UTF8.self) else {
      throw malformed("the message is not UTF-8")
    }
    return text
  }

  private static func malformed(_ detail: String) -> SQLError {
    SQLError("08P01", "malformed SCRAM message", detail: detail)
  }
}

/// Random bytes of the system, fit for secrets.
package func randomBytes(_ count: Int) -> [UInt8] {
  var generator = SystemRandomNumberGenerator()
  return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
}

/// Compares in a time that depends only on the lengths.
package func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
  guard left.count == right.count else { return false }
  return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}

private func hmac(_ data: [UInt8], key: [UInt8]) -> [UInt8] {
  Array(HMAC<SHA256>.authenticationCode(for: data, using: SymmetricKey(data: key)))
}
