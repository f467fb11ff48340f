import Core
import Testing

@testable import Telemetry

@Suite struct Prometheus {
  @Test func `the text is what Prometheus reads, families whole and unknown values left out`() {
    let bench = Bench()
    bench.append(5, bytes: 50)
    bench.telemetry.report(.read(stream: "s", shard: "shardId-0", records: 5, bytes: 50))
    bench.refresh(rows: 4, latency: 0.5...0.5)
    bench.query(1, .success, seconds: 0.25)
    bench.query(2, .running)
    let text = bench.telemetry.prometheus(
      bench.snapshot(views: [bench.facts(behind: 3)]))
    let lines = text.split(separator: "\n")
    for line in [
      "# HELP weir_shard_records_total Records appended since the shard was made.",
      "# TYPE weir_shard_records_total counter",
      #"weir_shard_records_total{stream="s",shard="shardId-0"} 7"#,
      #"weir_shard_read_bytes_total{stream="s",shard="shardId-0"} 50"#,
      #"weir_view_records_behind{schema="public",view="v"} 3"#,
      #"weir_view_refreshes_total{schema="public",view="v",result="success"} 1"#,
      #"weir_view_latency_seconds_sum{schema="public",view="v"} 2.0"#,
      #"weir_view_latency_seconds_count{schema="public",view="v"} 4"#,
      #"weir_queries_total{status="success"} 1"#,
      "weir_queries_running 1",
      "weir_start_time_seconds 1700000000.0",
    ] {
      #expect(lines.contains(Substring(line)), "\(line)")
    }
    #expect(!text.contains("weir_view_rows{"))
    #expect(!text.contains("weir_process_resident_bytes"))
    #expect(text.hasSuffix("\n"))
  }

  @Test func `a shard that is degraded is told from one that is not`() {
    let bench = Bench()
    var streams = bench.streams(["a", "b"])
    streams[0].shards[1].degraded = "no space left on device"
    let text = bench.telemetry.prometheus(
      bench.telemetry.snapshot(engine: bench.engine, streams: streams, views: []))
    let lines = text.split(separator: "\n")
    #expect(lines.contains(#"weir_shard_degraded{stream="s",shard="a"} 0"#))
    #expect(lines.contains(#"weir_shard_degraded{stream="s",shard="b"} 1"#))
  }

  @Test func `every family is described once, before its samples`() {
    let bench = Bench(usage: SystemProcessUsage())
    bench.refresh(rows: 4, latency: 0.5...0.5)
    let text = bench.telemetry.prometheus(
      bench.snapshot(shards: ["a", "b"], views: [bench.facts(behind: 3)]))
    var described: Set<Substring> = []
    var current = Substring()
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if line.hasPrefix("# HELP ") {
        current = words[2]
        #expect(described.insert(current).inserted, "\(current) is described twice")
      } else if line.hasPrefix("# TYPE ") {
        #expect(words[2] == current)
      } else {
        let name = line.prefix { $0 != "{" && $0 != " " }
        #expect(["", "_sum", "_count"].contains { name == current + $0 }, "\(line)")
      }
    }
  }

  @Test func `labels are escaped`() {
    var text = PrometheusText()
    text.family("a", .gauge, "back\\slash\nline")
    text.sample(["l": "say \"hi\"\\\n"], .infinity)
    #expect(
      text.text == """
        # HELP a back\\\\slash\\nline
        # TYPE a gauge
        a{l="say \\"hi\\"\\\\\\n"} +Inf

        """)
  }
}
