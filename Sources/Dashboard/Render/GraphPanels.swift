import Telemetry

extension Painter {
  mutating func paintThroughput(_ rect: Rect) {
    let streams = model.snapshot?.streams ?? []
    let samples = SampleSeries.sum(streams.map(\.recordsHistory))
    let rates = streams.compactMap(\.recordsPerSecond)
    let now = rates.isEmpty ? nil : rates.reduce(0, +)
    let inside = box(
      .throughput, rect,
      note: note(
        samples.isEmpty
          ? []
          : [
            "now \(Units.rate(now, "rec/s"))", "peak \(Units.rate(samples.max(), "rec/s"))",
          ]))
    let empty = ["No records yet.", "weir put orders orders.jsonl"]
    if paintState(inside, isEmpty: samples.isEmpty, empty: empty) { return }
    canvas.chart(samples, in: inside, gradient: .rate) { Units.axis($0) + " rec/s" }
  }

  mutating func paintLatency(_ rect: Rect) {
    let views = model.snapshot?.views ?? []
    let samples = SampleSeries.worst(views.map(\.latencyHistory))
    let p50 = views.compactMap(\.latencyP50).max()
    let p99 = views.compactMap(\.latencyP99).max()
    let inside = box(
      .latency, rect,
      note: note(
        samples.isEmpty
          ? [] : ["worst p50 \(Units.duration(p50))", "p99 \(Units.duration(p99))"]))
    let empty = ["No view has read a record yet.", "The time from a record's arrival to its row."]
    if paintState(inside, isEmpty: samples.isEmpty, empty: empty) { return }
    // Twice the second that a streaming view promises is red, whatever the scale.
    canvas.chart(samples, in: inside, gradient: .lag, hot: 2) { Units.duration($0) }
  }
}
