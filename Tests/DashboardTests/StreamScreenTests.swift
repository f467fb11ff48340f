import Core
import Telemetry
import Testing

@testable import Dashboard

private func streams(_ snapshot: Snapshot? = Samples.busy(), _ width: Int = 120, _ height: Int = 40)
  -> Model
{
  var model = Samples.model(snapshot, width: width, height: height)
  model.press("<F3>")
  return model
}

@Test func `at 80x24 the streams screen has the essentials, each with its unit`() {
  let text = streams(Samples.busy(), 80, 24).screenText
  for words in [
    "9 Streams", "0 Shards of orders", "1,235 rec/s", "of 3,000 rec/s", "hot",
    "shard 2 takes 73 % of the records", "▸ shard 1", "4.2 s", "degraded", "3 open",
  ] { #expect(text.contains(words), "\(words)\n\(text)") }
}

@Test func `at 200x60 readers, faults and changes have their place`() {
  let text = streams(Samples.busy(), 200, 60).screenText
  for words in [
    "Readers of orders", "billing", "fan-out", "GetRecords", "view", "Faults and changes",
    "fault 1 struck 812 of 4,120, 812 rec failed", "throttle: PutRecords on orders",
    "is over", "split shard 0 → shard 1, shard 2",
    "by itself", "31 rec/s", "25 %", "1 d 00 h", "on demand",
    "waits for shard 0 to be drained", "is throttled",
  ] { #expect(text.contains(words), "\(words)") }
}

@Test func `each way of not being read has its words`() throws {
  let stream = try #require(Samples.busy().streams.first)
  func obstacle(_ index: Int) -> String? {
    StreamReading.obstacle(stream.shards[index], now: Samples.now)
  }
  #expect(obstacle(0) == nil)
  #expect(obstacle(1) == "orders_mv waits for shard 0 to be drained")
  #expect(obstacle(2) == nil)
  #expect(obstacle(3) == "Boto3 is throttled")
  var alone = Samples.shard(4, rate: 5)
  #expect(StreamReading.obstacle(alone, now: Samples.now) == "no reader")
  alone.recordsTotal = 0
  #expect(StreamReading.obstacle(alone, now: Samples.now) == nil)
  alone.readers = [Samples.reader("Boto3", .client, throttled: true, ago: 20)]
  #expect(StreamReading.obstacle(alone, now: Samples.now) == "Boto3 is throttled")
  alone.readers = [Samples.reader("Boto3", .client, ago: 95)]
  #expect(StreamReading.obstacle(alone, now: Samples.now) == "Boto3 silent for 1 m 35 s")
  var view = Samples.reader("v", .view, behind: 5)
  view.isAutomatic = false
  alone.readers = [view]
  #expect(StreamReading.obstacle(alone, now: Samples.now) == "v has no auto refresh")
}

@Test func `a reader with nothing unread gets on, however long it is silent`() throws {
  var shard = Samples.shard(4, rate: 0)
  shard.readers = [Samples.reader("idle", .client, seconds: 0, ago: 250)]
  #expect(StreamReading.obstacle(shard, now: Samples.now) == nil)
  var snapshot = Samples.busy()
  snapshot.streams[0].shards = [shard]
  let text = streams(snapshot, 200, 60).screenText
  #expect(!text.contains("silent for") && !text.contains("not getting on"), "\(text)")
  // What came in the second of its last read, it may have read; what came after, it has not.
  shard.recordsHistory[shard.recordsHistory.count - 60] = 1
  shard.readers = [Samples.reader("idle", .client, seconds: 0, ago: 60)]
  #expect(StreamReading.obstacle(shard, now: Samples.now) == nil)
  shard.readers = [Samples.reader("idle", .client, seconds: 0, ago: 61)]
  #expect(StreamReading.obstacle(shard, now: Samples.now) == "idle silent for 1 m 01 s")
  shard.recordsHistory = []
  shard.readers = [Samples.reader("idle", .client, seconds: 75, ago: 60)]
  #expect(StreamReading.obstacle(shard, now: Samples.now) == "idle silent for 1 m 00 s")
}

@Test func `each panel of the streams screen says what state it is in`() {
  #expect(streams(nil).screenText.contains("Waiting for the first numbers"))
  let empty = streams(Samples.empty()).screenText
  #expect(empty.contains("aws kinesis create-stream"))
  #expect(empty.contains("No stream is chosen."))
  #expect(empty.contains("No fault is set"))
  var bare = Samples.busy()
  bare.streams[0].shards = []
  #expect(streams(bare).screenText.contains("The stream has no shards yet."))
  var lost = streams()
  _ = lost.update(.disconnected("connection refused"))
  #expect(lost.screenText.contains("stale since"))
}

@Test func `unknown rates are not zero`() {
  var snapshot = Samples.busy()
  for index in snapshot.streams[0].shards.indices {
    snapshot.streams[0].shards[index].recordsPerSecond = nil
    snapshot.streams[0].shards[index].bytesPerSecond = nil
  }
  let text = streams(snapshot).screenText
  #expect(text.contains("in – of 3,000 rec/s, – of"))
}

@Test func `a chosen shard stays chosen when rows come and go`() {
  var model = streams()
  #expect(model.chosenShard?.id == "shardId-000000000001")
  model.press("<down>")
  #expect(model.chosenShard?.id == "shardId-000000000002")
  var snapshot = Samples.busy()
  snapshot.streams[0].shards.removeFirst(2)
  _ = model.update(.snapshot(snapshot))
  #expect(model.chosenShard?.id == "shardId-000000000002")
  model.press("9<down>")
  #expect(model.chosenStream?.name == "clicks")
  #expect(model.press("<enter>").isEmpty)
  #expect(model.focus == .streamShards)
}

@Test func `a split asks first, in words, and runs as SQL`() {
  var model = streams()
  model.press("s")
  let text = model.screenText
  #expect(text.contains("Split shard 1 of orders?"))
  #expect(text.contains("Shard 1 closes. Two new shards take over its hash keys"))
  #expect(text.contains("CALL weir.split_shard('orders', 'shardId-000000000001')"))
  #expect(model.press("<esc>").isEmpty)
  #expect(model.overlay == nil)
  model.press("s")
  let sql = "CALL weir.split_shard('orders', 'shardId-000000000001')"
  #expect(model.press("<enter>") == [.runQuery(id: 1, text: sql)])
  #expect(model.screenText.contains("Split shard 1 of orders"))
  let notice = SQLNotice(severity: "NOTICE", message: "1 closed, 2 opened")
  _ = model.update(.query(id: 1, .output(.notice(notice))))
  _ = model.update(.query(id: 1, .finished(seconds: 0.1)))
  #expect(model.screenText.contains("1 closed, 2 opened"))
  #expect(model.run == nil, "the query screen keeps its own result")
}

@Test func `a change that fails says why`() {
  var model = streams()
  model.press("sy")
  _ = model.update(.query(id: 1, .failed(SQLError("55006", "is being changed"), text: "")))
  #expect(model.screenText.contains("not done: is being changed"))
  model.press("sy")
  let lost = SQLError("08006", "server closed the connection\n\tThis probably means")
  _ = model.update(.query(id: 2, .failed(lost, text: "")))
  #expect(model.screenText.contains("not done: server closed the connection This probably"))
}

@Test func `a degraded shard that is read is not said to be unread`() {
  var snapshot = Samples.busy()
  snapshot.streams[0].shards[3].readers = [Samples.reader("billing", .consumer, seconds: 0)]
  let text = streams(snapshot, 200, 60).screenText
  #expect(text.contains("shard 3 is degraded: no space left on the device"))
  #expect(!text.contains("shard 3 is not read"))
}

@Test func `that no shard was split is said of the time since the engine's start`() {
  var snapshot = Samples.busy()
  snapshot.faults = []
  snapshot.scalings = []
  let text = streams(snapshot, 120, 40).screenText
  #expect(text.contains("No shard changed since the engine started;"))
}

@Test func `merge takes the neighbour in the order of the hash keys`() {
  var model = streams()
  model.press("<down>m")
  #expect(
    model.overlay
      == .confirm(
        .stream(
          .merge(
            stream: "orders", shard: "shardId-000000000002", neighbour: "shardId-000000000003"))))
  model.press("<esc><down>m")
  #expect(
    model.overlay
      == .confirm(
        .stream(
          .merge(
            stream: "orders", shard: "shardId-000000000003", neighbour: "shardId-000000000002"))))
  model.press("<esc><down>m")
  #expect(model.overlay == nil, "a closed shard is not merged")
}

@Test func `scale takes a number that is typed or stepped to`() {
  var model = streams()
  model.press("c")
  #expect(model.screenText.contains("The stream goes from 3 to 6 open shards"))
  model.press("<bs>")
  #expect(model.screenText.contains("From 3 it goes to 2 to 6 open shards, not to nothing."))
  #expect(model.press("<enter>").isEmpty)
  model.press("q5")
  #expect(
    model.press("<enter>")
      == [.runQuery(id: 1, text: "CALL weir.update_shard_count('orders', 5)")])
  model.press("c<left><left><left>")
  #expect(model.screenText.contains("has 3 open shards already"))
}

@Test func `the first digit takes the place of the proposed number`() {
  var model = streams()
  model.press("c9")
  #expect(model.screenText.contains("One change goes from half to double of them: 2 to 6."))
  model.press("9")
  #expect(model.screenText.contains("From 3 it goes to 2 to 6 open shards, not to 99."))
  #expect(model.press("<enter>").isEmpty)
  model.press("<bs><bs>4")
  #expect(
    model.press("<enter>")
      == [.runQuery(id: 1, text: "CALL weir.update_shard_count('orders', 4)")])
}

@Test func `the dialog counts the shards anew when they change beneath it`() {
  var model = streams()
  model.press("c")
  var snapshot = Samples.busy()
  snapshot.streams[0].shards[3].isOpen = false
  _ = model.update(.snapshot(snapshot))
  #expect(model.screenText.contains("The stream goes from 2 to 4 open shards"))
  model.press("3")
  _ = model.update(.snapshot(Samples.busy()))
  #expect(model.screenText.contains("has 3 open shards already"))
}

@Test func `a fault is put together field by field`() {
  var model = streams()
  model.press("x")
  #expect(model.screenText.contains("All requests of orders wait for 250ms longer."))
  model.press("<right><down><bs><bs><bs><bs><bs><bs><bs><bs><bs><bs><bs><bs><bs><bs><bs>")
  model.press("NoSuch")
  #expect(model.screenText.contains("is no error type of Kinesis"))
  #expect(model.press("<enter>").isEmpty)
  model.press("<right><down><right><down><left><down><right><right>")
  #expect(
    model.press("<enter>").last
      == .runQuery(
        id: 1,
        text: "CALL weir.set_fault('error', 'AccessDeniedException', 'PutRecord', 'orders', "
          + "'shardId-000000000001', 0.2, NULL)"))
  model.press("X")
  #expect(model.screenText.contains("Clear all 2 faults?"))
  #expect(model.press("y") == [.runQuery(id: 2, text: "CALL weir.clear_faults()")])
}

@Test func `Enter on a shard shows its newest records, with control bytes visible`() {
  var model = streams()
  let sql = "CALL weir.peek_shard('orders', 'shardId-000000000001', 100)"
  #expect(model.press("<enter>") == [.runQuery(id: 1, text: sql)])
  #expect(model.screenText.contains("reading"))
  let names = [
    "sequence_number", "approximate_arrival_timestamp", "partition_key", "bytes", "data",
  ]
  _ = model.update(
    .query(id: 1, .output(.columns(names.map { SQLColumn(name: $0, type: .varchar) }))))
  let rows: [[String?]] = [
    ["4962", "2025-11-24 16:00:32.123456", "k\u{1B}[31m", "2048", "{\"a\":1}\n\u{7}end"],
    ["4961", "2025-11-24 16:00:31.5", "other", "7", "plain"],
  ]
  _ = model.update(.query(id: 1, .output(.rows(Samples.batch(rows)))))
  _ = model.update(.query(id: 1, .finished(seconds: 0.01)))
  let text = model.screenText
  for words in [
    "Records of shard 1 in orders", "2 records, the newest first", "16:00:32.123", "k␛[31m",
    "2 kB", "␇end", "sequence 4962",
  ] { #expect(text.contains(words), "\(words)\n\(text)") }
  model.press("<down>")
  #expect(model.screenText.contains("sequence 4961"))
  #expect(model.press("r") == [.runQuery(id: 2, text: sql)])
  model.press("<esc>")
  #expect(model.overlay == nil)
}

@Test func `that records are too large to show all is said where they are shown`() {
  var model = streams()
  model.press("<enter>")
  _ = model.update(
    .query(id: 1, .output(.columns([SQLColumn(name: "sequence_number", type: .varchar)]))))
  _ = model.update(.query(id: 1, .output(.rows(Samples.batch([["4962"]])))))
  let notice = SQLNotice(severity: "NOTICE", message: "the newest 1 of 100 records")
  _ = model.update(.query(id: 1, .output(.notice(notice))))
  _ = model.update(.query(id: 1, .finished(seconds: 0.01)))
  #expect(model.screenText.contains("the newest 1 of 100 records"))
}

@Test func `the map of hash keys gives each open shard its part`() {
  let frame = streams(Samples.busy(), 120, 40).frame()
  let row = frame.rows.first { $0.contains("shard 1") && $0.contains("shard 3") }
  #expect(row?.contains("shard 2") == true)
}
