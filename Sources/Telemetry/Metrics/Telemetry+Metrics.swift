package import Core

/// CloudWatch's view of what was reported: one-minute statistics of the last three hours.
extension Telemetry: MetricSource {
  package func metrics() -> [MetricIdentity] {
    let minute = clock.now().wholeMinute
    let own = streamMetrics.scopes(at: minute).flatMap { scope, metrics in
      metrics.filter { Self.isPublished($0, of: scope) }.map { Self.identity($0, of: scope) }
    }
    return own + custom.metrics(at: minute)
  }

  package func minutes(
    of metric: MetricIdentity, from start: Timestamp, to end: Timestamp
  ) -> [(start: Timestamp, statistics: MetricStatistics)]? {
    guard let series = series(of: metric) else { return nil }
    // A minute belongs to the span that its start lies in.
    let first = start.wholeMinute + (start.isWholeMinute ? 0 : 1)
    let last = end.wholeMinute + (end.isWholeMinute ? 0 : 1)
    return series.minutes(from: first, before: last).map {
      (Timestamp(microseconds: $0.minute * 60_000_000), $0.1)
    }
  }

  package func unit(of metric: MetricIdentity) -> String {
    if let own = Self.own(metric) { return own.metric.unit }
    return custom.unit(of: metric) ?? "None"
  }

  package func record(
    _ statistics: MetricStatistics, of metric: MetricIdentity, unit: String?, at time: Timestamp
  ) -> Bool {
    custom.record(
      statistics, of: metric, unit: unit, at: time.wholeMinute, now: clock.now().wholeMinute)
  }

  private func series(of metric: MetricIdentity) -> MinuteSeries? {
    guard let own = Self.own(metric) else { return custom.series(of: metric) }
    return streamMetrics.series(own.metric, of: own.scope)
  }

  private static func isPublished(_ metric: StreamMetric, of scope: MetricScope) -> Bool {
    scope.shard == nil || StreamMetric.ofShards.contains(metric)
  }

  private static func identity(_ metric: StreamMetric, of scope: MetricScope) -> MetricIdentity {
    var dimensions = ["StreamName": scope.stream]
    dimensions["ShardId"] = scope.shard
    dimensions["ConsumerName"] = scope.consumer
    return MetricIdentity(
      namespace: StreamMetric.namespace, name: metric.rawValue, dimensions: dimensions)
  }

  /// The metric of ours that is meant; nil for a client's own.
  private static func own(_ identity: MetricIdentity) -> (metric: StreamMetric, scope: MetricScope)?
  {
    guard identity.namespace == StreamMetric.namespace,
      let metric = StreamMetric(rawValue: identity.name),
      let stream = identity.dimensions["StreamName"],
      identity.dimensions.keys.allSatisfy({
        ["StreamName", "ShardId", "ConsumerName"].contains($0)
      })
    else { return nil }
    let scope = MetricScope(
      stream: stream, shard: identity.dimensions["ShardId"],
      consumer: identity.dimensions["ConsumerName"])
    return isPublished(metric, of: scope) ? (metric, scope) : nil
  }
}

extension Timestamp {
  var wholeMinute: Int64 { wholeSecond >= 0 ? wholeSecond / 60 : (wholeSecond - 59) / 60 }
  var isWholeMinute: Bool { microseconds % 60_000_000 == 0 }
}
