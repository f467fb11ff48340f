internal import Core

extension Telemetry {
  /// CloudWatch's metrics as counters since the engine's start: `IncomingBytes` of a stream is
  /// `weir_stream_incoming_bytes_total`, of a shard `weir_shard_incoming_bytes_total`. Times and
  /// successes have a sum and a count, whose rates' quotient is the average.
  func writeStreamMetrics(to text: inout PrometheusText) {
    let all = streamMetrics.totals().sorted { $0.scope < $1.scope }
    for metric in StreamMetric.allCases {
      write(metric, all.filter { $0.scope.shard == nil }, family: "weir_stream_", to: &text)
      guard StreamMetric.ofShards.contains(metric) else { continue }
      write(metric, all.filter { $0.scope.shard != nil }, family: "weir_shard_", to: &text)
    }
  }

  private func write(
    _ metric: StreamMetric,
    _ scopes: [(scope: MetricScope, totals: [StreamMetric: (sum: Double, count: Double)])],
    family: String, to text: inout PrometheusText
  ) {
    let name = family + Self.snakeCase(metric.rawValue)
    let help = "CloudWatch's \(metric.rawValue), in \(metric.unit.lowercased())."
    text.family(
      metric.isSum ? name + "_total" : name, metric.isSum ? .counter : .summary, help)
    for (scope, totals) in scopes {
      guard let (sum, count) = totals[metric] else { continue }
      let labels = Self.labels(of: scope)
      if metric.isSum {
        text.sample(labels, sum)
      } else {
        text.sample(labels, suffix: "_sum", sum)
        text.sample(labels, suffix: "_count", count)
      }
    }
  }

  private static func labels(of scope: MetricScope) -> PrometheusText.Labels {
    switch (scope.shard, scope.consumer) {
    case (let shard?, _): ["stream": scope.stream, "shard": shard]
    case (nil, let consumer?): ["stream": scope.stream, "consumer": consumer]
    case (nil, nil): ["stream": scope.stream]
    }
  }

  /// `GetRecords.IteratorAgeMilliseconds` as `get_records_iterator_age_milliseconds`.
  private static func snakeCase(_ name: String) -> String {
    var result = ""
    for character in name {
      if character == "." { continue }
      if character.isUppercase, !result.isEmpty { result.append("_") }
      result += character.lowercased()
    }
    return result
  }

  func write(_ faults: [FaultTable.Entry], to text: inout PrometheusText) {
    text.family("weir_fault_matched_total", .counter, "Requests that fit a fault's rule.")
    for fault in faults { text.sample(["fault": "\(fault.id)"], fault.matched) }
    text.family("weir_fault_struck_total", .counter, "Requests that a fault struck.")
    for fault in faults { text.sample(["fault": "\(fault.id)"], fault.struck) }
    text.family("weir_fault_failed_records_total", .counter, "Records that a fault failed.")
    for fault in faults { text.sample(["fault": "\(fault.id)"], fault.recordsFailed) }
  }
}

extension MetricScope: Comparable {
  static func < (left: MetricScope, right: MetricScope) -> Bool {
    (left.stream, left.shard ?? "", left.consumer ?? "")
      < (right.stream, right.shard ?? "", right.consumer ?? "")
  }
}
