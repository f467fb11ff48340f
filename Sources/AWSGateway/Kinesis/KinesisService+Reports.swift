import AWSProtocol
import Core
import StreamLog

// What is told of requests to records.
extension KinesisService {
  /// A report without outcome; its stream is empty where the request names none.
  func draft(_ call: Call, _ request: some KinesisRequest) -> RequestReport {
    let (stream, shard) = place(of: request)
    return RequestReport(
      operation: call.operation.rawValue, stream: stream ?? "", shard: shard,
      client: call.client.flatMap(Self.firstProduct), outcome: .success, seconds: 0)
  }

  func send(_ report: RequestReport, of call: Call, after error: AWSError? = nil) {
    // Names that are no stream's would fill memory with series that nobody asked for.
    guard !report.stream.isEmpty, (try? log.outline(of: report.stream)) != nil else { return }
    var report = report
    report.seconds = call.startedAt.duration(to: .now) / .seconds(1)
    if let error {
      let isThrottled = error.type == AWSError.Kind.throughputExceeded.rawValue
      report.outcome = isThrottled ? .throttled : .failed
    }
    reporter.report(.request(report))
  }

  /// `Boto3/1.43.11 md/…` is `Boto3`.
  private static func firstProduct(of userAgent: String) -> String? {
    let product = userAgent.prefix { $0 != "/" && $0 != " " }
    return product.isEmpty ? nil : String(product.prefix(64))
  }
}
