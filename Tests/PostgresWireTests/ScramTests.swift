import Core
import Foundation
import PostgresWire
import Testing

struct ScramTests {
  /// The example of RFC 7677, section 3.
  private static let clientNonce = "rOprNGfwEbeRWgbNEkqO"
  private static let serverNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
  private static let salt = Array(Data(base64Encoded: "W22ZaJ0SNY7soEsUEjb6gQ==") ?? Data())
  private static let clientFirst = "n,,n=user,r=\(clientNonce)"
  private static let clientFinal =
    "c=biws,r=\(clientNonce)\(serverNonce),p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="

  private func exchange(password: String = "pencil") -> ScramExchange {
    ScramExchange(
      verifier: ScramVerifier(password: password, salt: Self.salt), nonce: Self.serverNonce)
  }

  private func text(_ bytes: [UInt8]?) -> String? {
    bytes.map { String(decoding: $0, as: UTF8.self) }
  }

  @Test func `the example of RFC 7677 is answered as written there`() throws {
    var exchange = exchange()
    #expect(
      text(try exchange.begin(Array(Self.clientFirst.utf8)))
        == "r=\(Self.clientNonce)\(Self.serverNonce),s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096")
    #expect(
      text(try exchange.finish(Array(Self.clientFinal.utf8)))
        == "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
  }

  @Test func `another password's proof is refused`() throws {
    var exchange = exchange(password: "pencils")
    _ = try exchange.begin(Array(Self.clientFirst.utf8))
    #expect(try exchange.finish(Array(Self.clientFinal.utf8)) == nil)
  }

  @Test(arguments: [
    ("p=tls-unique,,n=user,r=abc", "0A000"), ("n,a=other,n=user,r=abc", "0A000"),
    ("n,,n=user", "08P01"), ("n,,n=user,r=", "08P01"), ("", "08P01"), ("x,,n=,r=a", "08P01"),
  ])
  func `a first message that is unfit is refused`(message: String, sqlState: String) {
    var exchange = exchange()
    #expect {
      try exchange.begin(Array(message.utf8))
    } throws: {
      ($0 as? SQLError)?.sqlState == sqlState
    }
  }

  @Test(arguments: [
    "", "c=biws,r=x,p=AAAA", "c=eSws,r=@,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
    "c=biws,r=@,p=AAAA", "c=biws,r=@,p=*", "c=biws,r=@",
  ])
  func `a final message that is unfit is refused`(message: String) throws {
    var exchange = exchange()
    _ = try exchange.begin(Array(Self.clientFirst.utf8))
    let whole = message.replacing("@", with: Self.clientNonce + Self.serverNonce)
    #expect {
      try exchange.finish(Array(whole.utf8))
    } throws: {
      ($0 as? SQLError)?.sqlState == "08P01"
    }
  }
}
