import Core
import Testing

@testable import AWSProtocol

@Suite struct RouteTests {
  private let json = "application/x-amz-json-1.1"

  private func route(
    _ method: String = "POST", type: String?, target: String?, origin: String? = nil,
    isEmpty: Bool = false
  ) -> RequestRoute {
    RequestRoute(
      RequestHead(method: method, contentType: type, target: target, origin: origin),
      bodyIsEmpty: isEmpty)
  }

  private func refusal(_ route: RequestRoute) -> (status: Int, body: String)? {
    switch route {
    case .refused(let reply):
      (reply.status, String(decoding: reply.body, as: UTF8.self))
    case .kinesis: nil
    }
  }

  @Test func `faults may name the operations that are served`() {
    #expect(FaultRule.operations == KinesisOperation.allCases.map(\.rawValue).sorted())
  }

  @Test(arguments: KinesisOperation.allCases)
  func `an operation is found by its target`(operation: KinesisOperation) {
    let target = "Kinesis_20131202.\(operation.rawValue)"
    #expect(route(type: json, target: target) == .kinesis(operation, .json))
    #expect(route(type: json + "; charset=utf-8", target: target) == .kinesis(operation, .json))
    #expect(route(type: "application/x-amz-cbor-1.1", target: target) == .kinesis(operation, .cbor))
  }

  @Test(arguments: ["GET", "PUT", "DELETE", "OPTIONS", "HEAD"])
  func `other methods are denied as Kinesis does`(method: String) {
    let refused = refusal(route(method, type: nil, target: nil, isEmpty: true))
    #expect(refused?.status == 403)
    #expect(
      refused?.body == "<AccessDeniedException>\n  <Message>Unable to determine service/operation "
        + "name to be authorized</Message>\n</AccessDeniedException>\n")
  }

  @Test(arguments: [nil, "", "x", "Kinesis_20131202.", "Kinesis_20131202.X", "X.ListStreams"])
  func `a target that is not served is an unknown operation`(target: String?) {
    let refused = refusal(route(type: json, target: target))
    #expect(refused?.status == 400)
    #expect(refused?.body.hasPrefix(#"{"__type":"UnknownOperationException""#) == true)
  }

  @Test func `wrong content types and absent bodies are told apart`() {
    let target = "Kinesis_20131202.ListStreams"
    #expect(refusal(route(type: "text/plain", target: target))?.status == 404)
    #expect(refusal(route(type: "text/plain", target: nil))?.status == 403)
    #expect(refusal(route(type: nil, target: target))?.body == "<UnknownOperationException/>\n")
    #expect(
      refusal(route(type: "application/json", target: target))?.body
        == #"{"Output":{"__type":"com.amazon.coral.service#UnknownOperationException"},"Version":"1.0"}"#
    )
    #expect(
      refusal(route(type: json, target: target, isEmpty: true))?.body
        == #"{"__type":"SerializationException"}"#)
    let cbor = refusal(route(type: ContentType.cbor, target: "x"))
    #expect(cbor?.body.contains("UnknownOperationException") == true)
    #expect(cbor?.body.hasPrefix("{") == false)
  }

  @Test(
    arguments: [
      (nil, "/", nil), ("AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=x, Signature=0", "/", nil),
      (
        "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=x, Signature=0", "/?X-Amz-Algorithm=y",
        "InvalidSignatureException"
      ),
      ("AWS4-HMAC-SHA256 Credential=a/b", "/", "IncompleteSignatureException"),
      (nil, "/?X-Amz-Algorithm=y", "IncompleteSignatureException"),
      (nil, "/?X-Amz-Algorithm", "IncompleteSignatureException"), (nil, "/?X-Amz-Date=y", nil),
      ("X", "/?X-Amz-Algorithm", "InvalidSignatureException"),
    ] as [(String?, String, String?)])
  func `a signature of the wrong form is told, a missing one is not`(
    authorization: String?, path: String, type: String?
  ) {
    let head = RequestHead(
      method: "POST", path: path, contentType: json, target: "Kinesis_20131202.ListStreams",
      authorization: authorization, hasDate: true)
    let body = refusal(RequestRoute(head, bodyIsEmpty: false))?.body
    if let type {
      #expect(body?.hasPrefix(#"{"__type":"\#(type)","message":""#) == true, "\(body ?? "")")
    } else {
      #expect(body == nil)
    }
  }

  @Test func `a body that is no JSON is told before an operation that is not served`() {
    func refused(_ type: String) -> String? {
      let head = RequestHead(method: "POST", contentType: type, target: "Kinesis_20131202.X")
      return refusal(RequestRoute(head, bodyIsEmpty: false, bodyIsStructure: { false }))?.body
    }
    #expect(refused(json) == #"{"__type":"SerializationException"}"#)
    #expect(
      refused("application/json")
        == #"{"Output":{"__type":"com.amazon.coral.service#SerializationException"},"Version":"1.0"}"#
    )
  }

  @Test func `a web page is refused`() {
    let refused = refusal(
      route(type: json, target: "Kinesis_20131202.ListStreams", origin: "http://example.com"))
    #expect(refused?.status == 403)
  }
}
