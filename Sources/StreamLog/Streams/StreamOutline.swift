package import Core

/// What is known of a stream without looking at its shards: for what every request asks, however
/// many shards there are.
package struct StreamOutline: Sendable {
  package var name: String
  package var arn: String
  package var id: String
  package var status: StreamSummary.Status
  package var mode: StreamSummary.Mode
  package var createdAt: Timestamp
  /// Data and partition key of one record.
  package var recordBytesMax: Int
  package var settings: StreamSettings
}

extension StreamLog {
  package func outline(of name: String) throws(StreamLogError) -> StreamOutline {
    let state = try stream(name)
    let description = state.content.description
    return StreamOutline(
      name: name, arn: arn(of: name), id: description.id, status: state.status,
      mode: description.mode, createdAt: description.createdAt,
      recordBytesMax: description.recordBytesMax, settings: description.settings)
  }

  package func arn(of name: String) -> String {
    "arn:aws:kinesis:\(configuration.region):\(configuration.accountID):stream/\(name)"
  }
}
