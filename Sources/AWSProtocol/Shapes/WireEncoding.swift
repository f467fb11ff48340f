/// What requests and responses are written in.
package enum WireEncoding: Sendable, CaseIterable {
  /// What boto3, the AWS command line and most SDKs send.
  case json
  /// What the Java SDKs, and the libraries built on them, send to Kinesis.
  case cbor

  package var contentType: String {
    switch self {
    case .json: ContentType.json
    case .cbor: ContentType.cbor
    }
  }
}
