import Core
import Telemetry
import Testing

@testable import Dashboard

@Test func `at 80x24 the essentials are there, each with its unit`() {
  let text = Samples.model(Samples.rich()).screenText
  for words in [
    "orders", "active", "20,104 rec/s", "8.3 MB/s", "├ shard 1", "hot", "● catching up",
    "12,331 rec", "734 ms", "● failed", "● running", "● canceled", "16:00:33 UTC",
  ] { #expect(text.contains(words), "\(words)") }
}

@Test func `a small frame is this one, to the cell`() {
  var snapshot = Samples.empty()
  var shard = Samples.shard(0, rate: 20_104)
  shard.recordsHistory = []
  snapshot.streams = [StreamStatus(name: "orders", status: "ACTIVE", shards: [shard])]
  snapshot.views = [Samples.view("orders_mv", .current, behind: 0)]
  let expected = """
     weir  Overview│Streams│Views│Tiers│Query      16:00:33 UTC
    ╭─ 1 Shards ──────────────────────────────────── 1 stream ─╮
    │ Stream     State        Records      Bytes               │
    │ orders     active  20,104 rec/s   8.3 MB/s               │
    │ └ shard 0  open    20,104 rec/s   8.3 MB/s               │
    │                                                          │
    │                                                          │
    │                                                          │
    │                                                          │
    ╰──────────────────────────────────────────────────────────╯
    ╭─ 2 Views ─────────────────────────────────────── 1 view ─╮
    │ View        Health         Behind     p50     p99        │
    │ orders_mv   ● current     0 rec    212 ms  734 ms        │
    │                                                          │
    ╰──────────────────────────────────────────────────────────╯
     F2 query  F3 streams  F4 views  F7 tiers  q quit    ? help
    """
  #expect(Samples.model(snapshot, width: 60, height: 16).screenText == expected)
}

@Test func `at 200x60 graphs have scales with units`() {
  let text = Samples.model(Samples.rich(), width: 200, height: 60).screenText
  for words in [
    "5 Throughput", "25 k rec/s", "12.5 k rec/s", "0 rec/s", "6 Arrival to visible", "1.0 s",
    "500 ms", "now", "4 Messages", "skew 2.6×", "64 %", "17 rec", "metrics :9464",
    "Refresh failed. division by zero", "mem 148 MB",
  ] { #expect(text.contains(words), "\(words)") }
}

@Test func `each panel says what state it is in`() {
  #expect(Samples.model(nil).screenText.contains("Waiting for the first numbers"))
  let empty = Samples.model(Samples.empty()).screenText
  #expect(empty.contains("aws kinesis create-stream"))
  #expect(empty.contains("CREATE MATERIALIZED VIEW"))

  var lost = Samples.model(nil)
  _ = lost.update(.disconnected("connection refused"))
  #expect(lost.screenText.contains("The engine cannot be reached: connection refused"))
  #expect(lost.screenText.contains("NO ENGINE"))

  var stale = Samples.model(Samples.rich())
  _ = stale.update(.disconnected("connection refused"))
  #expect(stale.screenText.contains("stale since 16:00:33"))
  #expect(stale.screenText.contains("LOST at 16:00:33"))
  #expect(stale.screenText.contains("20,104 rec/s"), "the last numbers stay")
}

@Test func `numbers that stop coming are called stale`() {
  let model = Samples.model(Samples.rich())
  #expect(!model.frame(now: Samples.now.advanced(bySeconds: 2)).text.contains("STALE"))
  #expect(model.frame(now: Samples.now.advanced(bySeconds: 9)).text.contains("STALE 9 s"))
}

@Test func `unknown is not zero`() throws {
  var snapshot = Samples.empty()
  var unknown = Samples.view("a_mv", .stale, behind: nil)
  unknown.latencyP99 = nil
  snapshot.views = [unknown, Samples.view("b_mv", .current, behind: 0)]
  let rows = Samples.model(snapshot).frame().rows
  #expect(rows.first { $0.contains("a_mv") }?.contains("–") == true)
  #expect(rows.first { $0.contains("b_mv") }?.contains("0 rec") == true)
}

@Test func `a long directory leaves room for the rest of the header`() {
  var snapshot = Samples.rich()
  snapshot.engine.dataDirectory = String(repeating: "/a/long/way", count: 20) + "/weir"
  let header = Samples.model(snapshot, width: 120, height: 40).frame().rows[0]
  for words in ["…", "/weir  ", "sql :5439", "mem 148 MB", "16:00:33 UTC"] {
    #expect(header.contains(words), "\(words)")
  }
}

@Test func `a screen that is too small says what it has and needs`() {
  let text = Samples.model(Samples.rich(), width: 40, height: 9).screenText
  #expect(text.contains("weir needs at least 60x16"))
  #expect(text.contains("this screen has 40x9"))
}

@Test func `text from data cannot act on the terminal`() {
  var snapshot = Samples.rich()
  snapshot.streams[0].name = "a\u{1B}[2Jb\u{202E}c"
  snapshot.messages.append(
    Message(at: Samples.now, level: .error, source: "x\u{9B}", text: "one\u{0}two\u{7F}"))
  let text = Samples.model(snapshot, width: 120, height: 40).screenText
  #expect(text.contains("a␛[2Jb\u{FFFD}c"))
  #expect(text.contains("one␀two␡"))
}

@Test func `wide signs take two columns, marks none, and nothing crosses a border`() throws {
  #expect(TextCells.width(of: "日本語") == 6)
  #expect(TextCells.width(of: "가🙂") == 4)
  #expect(TextCells.width(of: "e\u{301}") == 1)
  #expect(TextCells.width(of: "\u{2764}\u{FE0F}") == 1)
  var snapshot = Samples.rich()
  snapshot.views[0].name = String(repeating: "語", count: 90)
  let frame = Samples.model(snapshot).frame()
  for y in 1..<23 {
    #expect("│╮╯".contains(frame[79, y]?.text ?? "?"))
    #expect("│╭╰".contains(frame[0, y]?.text ?? "?"))
  }
}

@Test func `ASCII glyphs draw nothing but ASCII`() {
  for snapshot in [Samples.rich(), Samples.empty()] {
    var model = Samples.model(snapshot, width: 200, height: 60)
    model.press("gg")
    #expect(model.glyphs == .ascii)
    #expect(model.screenText.utf8.allSatisfy { $0 < 0x80 })
    model.press("?")
    #expect(model.screenText.utf8.allSatisfy { $0 < 0x80 })
  }
}

@Test func `numbers read as people write them`() {
  #expect(Units.count(1_234_567) == "1,234,567")
  #expect(Units.rate(0.5, "rec/s") == "0.5 rec/s")
  #expect(Units.rate(0, "rec/s") == "0 rec/s")
  #expect(Units.rate(.nan, "rec/s") == "–")
  #expect(Units.bytes(999.0) == "999 B")
  #expect(Units.byteRate(1_234_000) == "1.2 MB/s")
  #expect(Units.duration(0.23) == "230 ms")
  #expect(Units.duration(59.96) == "1 m 00 s")
  #expect(Units.duration(125) == "2 m 05 s")
  #expect(Units.duration(3725) == "1 h 02 m")
  #expect(Units.duration(.infinity) == "–")
  #expect(Units.clock(Timestamp(microseconds: -1_000_000)) == "23:59:59")
  #expect(Units.count(.min) == "-9,223,372,036,854,775,808")
}
