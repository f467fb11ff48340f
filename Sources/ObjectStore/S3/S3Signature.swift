internal import Crypto
internal import Foundation

/// Signs requests: AWS Signature Version 4, as the page "Create a signed AWS API request" says.
struct S3Signature {
  let configuration: S3Configuration

  /// - Parameters:
  ///   - path: percent-encoded.
  ///   - query: percent-encoded, in the order of their names.
  ///   - time: `20260102T030405Z`
  /// - Returns: the headers to send beside `Host`.
  func headers(
    method: String, path: String, query: String, payloadHash: String, time: String,
    further: [String: String] = [:]
  ) -> [String: String] {
    var headers = further
    headers["x-amz-content-sha256"] = payloadHash
    headers["x-amz-date"] = time
    var signed = headers
    signed["host"] = configuration.host
    let names = signed.keys.sorted()
    let list = names.joined(separator: ";")
    let canonical =
      [method, path, query].joined(separator: "\n") + "\n"
      + names.map { "\($0):\(signed[$0] ?? "")\n" }.joined() + "\n\(list)\n\(payloadHash)"
    let scope = "\(time.prefix(8))/\(configuration.region)/s3/aws4_request"
    let text =
      "AWS4-HMAC-SHA256\n\(time)\n\(scope)\n" + Self.hex(SHA256.hash(data: Data(canonical.utf8)))
    var key = Array("AWS4\(configuration.secretKey)".utf8)
    for part in [String(time.prefix(8)), configuration.region, "s3", "aws4_request", text] {
      key = Array(
        HMAC<SHA256>.authenticationCode(for: Data(part.utf8), using: SymmetricKey(data: key)))
    }
    headers["authorization"] =
      "AWS4-HMAC-SHA256 Credential=\(configuration.accessKey)/\(scope), "
      + "SignedHeaders=\(list), Signature=\(Self.hex(key))"
    return headers
  }

  static func hash(_ bytes: Data) -> String { hex(SHA256.hash(data: bytes)) }

  static func hex(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// Everything but letters, digits and `-._~` as `%XX`; slashes stay where they part a path.
  static func encoded(_ text: String, keepsSlashes: Bool) -> String {
    var out = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "_"), UInt8(ascii: "~"):
        out.unicodeScalars.append(Unicode.Scalar(byte))
      case UInt8(ascii: "/") where keepsSlashes: out += "/"
      default: out += "%" + hex([byte]).uppercased()
      }
    }
    return out
  }
}
