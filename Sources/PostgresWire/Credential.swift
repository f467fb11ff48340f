import Crypto
import Foundation

/// What the server keeps of a user's password: a SCRAM verifier, and the md5 hash for the one
/// driver that cannot do SCRAM.
package struct Credential: Sendable, Equatable {
  package let scram: ScramVerifier
  /// Lower-case hexadecimal of md5(password + user).
  let md5: String

  /// Takes some milliseconds: make it once, not for each connection.
  package init(user: String, password: String) {
    scram = ScramVerifier(password: password)
    md5 = hexadecimalMD5(Array(password.utf8) + Array(user.utf8))
  }

  /// One that nothing satisfies; see `ScramVerifier.init(ofNobodyCalled:secret:)`.
  init(ofNobodyCalled user: String, secret: [UInt8]) {
    scram = ScramVerifier(ofNobodyCalled: user, secret: secret)
    md5 = hexadecimalMD5(randomBytes(32))
  }

  /// Checks the answer to AuthenticationMD5Password.
  func isSatisfied(byMD5 answer: [UInt8], salt: [UInt8]) -> Bool {
    isEqual(answer, Array("md5\(hexadecimalMD5(Array(md5.utf8) + salt))".utf8))
  }
}

func hexadecimalMD5(_ bytes: [UInt8]) -> String {
  let digits = Array("0123456789abcdef".utf8)
  var text: [UInt8] = []
  for byte in Insecure.MD5.hash(data: bytes) {
    text.append(digits[Int(byte >> 4)])
    text.append(digits[Int(byte & 15)])
  }
  return String(decoding: text, as: UTF8.self)
}
