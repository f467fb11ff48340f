internal import Logging
internal import StreamLog

extension Engine {
  /// Tells whoever watches the program's log which shards cannot be read in full; the dashboard
  /// has it among the messages.
  func logDamage() {
    for (stream, error) in log.brokenStreams.sorted(by: { $0.key < $1.key }) {
      logger.warning("stream \(stream) cannot be opened: \(error)")
    }
    for name in log.streamNames() {
      for shard in (try? log.summary(of: name))?.shards ?? [] {
        guard let reason = shard.degraded else { continue }
        logger.warning("\(shard.id) of stream \(name) is degraded: \(reason)")
      }
    }
  }
}
