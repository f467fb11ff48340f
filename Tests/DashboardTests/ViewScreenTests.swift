import Core
import Telemetry
import Testing

@testable import Dashboard

private func views(
  _ snapshot: Snapshot? = Samples.related(), _ width: Int = 120, _ height: Int = 40
) -> Model {
  var model = Samples.model(snapshot, width: width, height: height)
  let effects = model.press("<F4>")
  model.answer(effects)
  return model
}

private func later(_ seconds: Double, _ change: (inout Snapshot) -> Void = { _ in }) -> Event {
  var snapshot = Samples.related()
  snapshot.takenAt = snapshot.takenAt.advanced(bySeconds: seconds)
  change(&snapshot)
  return .snapshot(snapshot)
}

@Test func `at 80x24 the views screen has the essentials, each with its unit`() {
  let text = views(Samples.related(), 80, 24).screenText
  for words in [
    "Materialized views", "▸ orders_mv", "catching up", "734 ms ↑", "12,331 rec", "by_city",
    "nothing", "changes", "archive.old_report", "failed", "Dependencies", "is made of",
    "└─ orders", "is read by", "└─ by_city", "Lag, arrival to visible", "p99/min", "Refreshes",
    "13 ms", "1,204", "Refresh successfully updated MV",
  ] { #expect(text.contains(words), "\(words)\n\(text)") }
}

@Test func `at 200x60 every column and every panel has its place`() {
  let text = views(Samples.related(), 200, 60).screenText
  for words in [
    "stream orders", "by_city, cities", "incremental", "recompute", "broken", "5 of 17 rec",
    "19,870", "4,204,100", "Drains in", "Definition",
    "CREATE MATERIALIZED VIEW orders_mv AUTO REFRESH YES AS", "SELECT city,",
    "       count(*) AS orders,", "GROUP BY city", "11-23 09:10", "16:00:32", "1.9 s",
    "Skipped records", "5 kept; e tries them again", "shard 2", "Malformed JSON at byte 7",
  ] { #expect(text.contains(words), "\(words)\n\(text)") }
}

@Test func `a view of which nothing is known shows no zeros`() throws {
  var model = views(Samples.related(), 200, 60)
  model.press("<end>")
  let row = try #require(model.frame().rows.first { $0.contains("archive.old_report") })
  #expect(row.contains("–") && !row.contains("0 rows"))
  #expect(row.contains("broken") && row.contains("failed"))
}

@Test func `the line below the list says what the chosen view is, and why`() {
  var model = views()
  #expect(model.screenText.contains("orders_mv over stream orders, kept by what changes"))
  model.press("<down><down>")
  #expect(
    model.screenText.contains("computed anew at every refresh: window function(s) detected"))
  model.press("<down>")
  #expect(
    model.screenText.contains(
      "Refresh failed. A base table column was dropped: drop the view and create it again"))
}

@Test func `dependencies are a tree: what it is made of up to the streams, what reads it below`() {
  let snapshot = Samples.related()
  let lines = ViewTree.lines(of: snapshot.views[1], among: snapshot.views)
  #expect(
    lines.map(\.name) == ["by_city", "is made of", "orders_mv", "orders", "is read by", "ranked"])
  #expect(lines.map(\.kind) == [.chosen, .heading, .view, .stream, .heading, .view])
  #expect(lines[3].branches == [false, false])
  let ranked = ViewTree.lines(of: snapshot.views[2], among: snapshot.views)
  #expect(
    ranked.map(\.name) == [
      "ranked", "is made of", "by_city", "orders_mv", "orders", "cities",
      "is read by no other view",
    ])
  #expect(ranked[3].branches == [true, false])
}

@Test func `a circle in the catalog ends the tree, not the program`() {
  var snapshot = Samples.related()
  snapshot.views[0].bases = [ViewStatus.Base(schema: "public", name: "by_city", kind: .view)]
  let lines = ViewTree.lines(of: snapshot.views[0], among: snapshot.views)
  #expect(lines.count < 500)
  #expect(ViewTree.related(to: snapshot.views[0], among: snapshot.views).count == 2)
}

@Test func `what is shown is asked for once, and again when the snapshot has news`() {
  var model = Samples.model(Samples.related(), width: 200, height: 60)
  #expect(model.answer(model.press("<F4>")).count == 4)
  #expect(model.update(later(1)).isEmpty)
  let news = later(3) { $0.views[0].lastRefreshAt = $0.takenAt }
  let asked = model.answer(model.update(news))
  #expect(asked.count == 2 && asked[0].contains("refresh_history") && asked[1].contains("lag"))
  let tooSoon = later(4) { $0.views[0].lastRefreshAt = $0.takenAt }
  #expect(model.update(tooSoon).isEmpty)
  model.press("<F4>")
  #expect(model.update(later(9) { $0.views[0].lastRefreshAt = $0.takenAt }).isEmpty)
}

@Test func `only what has room is asked for`() {
  var model = Samples.model(Samples.related(), width: 80, height: 24)
  let asked = model.answer(model.press("<F4>"))
  #expect(!asked.contains { $0.contains("SELECT definition") })
  let more = model.answer(model.press("<enter>"))
  #expect(more.contains { $0.contains("SELECT definition") })
  #expect(model.screenText.contains("GROUP BY city"))
}

@Test func `one question is on its way at a time, and an answer for another view is dropped`() {
  var model = Samples.model(Samples.related(), width: 200, height: 60)
  let first = model.press("<F4>")
  #expect(first.count == 1)
  #expect(model.press("<down><down>").isEmpty)
  guard case .runQuery(let id, let text, .inspection) = first.first else {
    Issue.record("a question is asked")
    return
  }
  var answers = ViewAnswers()
  answers.definition = "SELECT stale_answer FROM nowhere"
  let next = answers.events(to: text, id: id).flatMap { model.update($0) }
  #expect(!model.screenText.contains("stale_answer"))
  #expect(next.count == 1)
  #expect(model.answer(next).allSatisfy { $0.contains("'ranked'") })
}

@Test func `names are quoted where they have to be`() {
  var view = Samples.related().views[0]
  view.schema = "My Schema"
  view.name = "it's\"odd"
  let name = ViewName(view)
  #expect(name.sql == "\"My Schema\".\"it's\"\"odd\"")
  #expect(ViewAction.purge(name, count: 1).sql == "CALL weir.purge_errors('My Schema.it''s\"odd')")
  #expect(
    ViewAction.refresh(ViewName(Samples.related().views[0])).sql.hasSuffix("public.orders_mv"))
}

@Test func `refresh runs at once in its own lane, shows how far it is, and can be stopped`() {
  var model = views()
  let sql = "REFRESH MATERIALIZED VIEW public.orders_mv"
  let effects = model.press("r")
  guard case .runQuery(let id, sql, .actions) = effects.first else {
    Issue.record("\(effects)")
    return
  }
  #expect(model.isAnimated)
  _ = model.update(later(2) { $0.views[0].recordsBehind = 3_082 })
  let text = model.screenText
  #expect(text.contains("refreshing orders_mv") && text.contains("75 %"), "\(text)")
  #expect(text.contains("Esc stops it") && text.contains("3,082 rec left"))
  #expect(model.press("r").isEmpty)
  #expect(model.screenText.contains("not now: refreshing orders_mv"))
  #expect(model.press("<esc>") == [.cancelQuery(id: id)])
  _ = model.update(.query(id: id, .failed(SQLError("57014", "canceled"), text: sql)))
  #expect(model.screenText.contains("stopped: refreshing orders_mv"))
}

@Test func `the outcome of a refresh is what the engine says, and the detail is asked for anew`() {
  var model = views()
  guard case .runQuery(let id, _, .actions) = model.press("r").first else { return }
  let notice = SQLNotice(severity: "INFO", message: "Materialized view orders_mv is up to date.")
  _ = model.update(.query(id: id, .output(.notice(notice))))
  let effects = model.update(.query(id: id, .finished(seconds: 0.25)))
  #expect(model.screenText.contains("Materialized view orders_mv is up to date. in 250 ms"))
  #expect(model.answer(effects).count == 4)
  _ = model.update(.tick(Samples.now.advanced(bySeconds: 60)))
  #expect(!model.frame(now: Samples.now.advanced(bySeconds: 60)).text.contains("is up to date."))
}

@Test func `a refresh that fails says why, with the hint`() {
  var model = views()
  guard case .runQuery(let id, let sql, .actions) = model.press("r").first else { return }
  let error = SQLError("55000", "Refresh failed. A column was dropped", hint: "drop the view")
  _ = model.update(.query(id: id, .failed(error, text: sql)))
  #expect(
    model.screenText.contains("not done: Refresh failed. A column was dropped; drop the view"))
}

@Test func `what changes something asks first, in words and as SQL`() {
  var model = views()
  model.press("c")
  var text = model.screenText
  #expect(text.contains("Refreshes orders_mv, by_city and ranked."), "\(text)")
  #expect(text.contains("REFRESH MATERIALIZED VIEW public.orders_mv CASCADE"))
  #expect(model.press("<esc>").isEmpty && model.overlay == nil)
  model.press("a")
  #expect(model.screenText.contains("Stop the refreshes of orders_mv?"))
  let off = model.press("y")
  #expect(
    off == [
      .runQuery(
        id: model.nextQuery - 1,
        text: "ALTER MATERIALIZED VIEW public.orders_mv AUTO REFRESH NO", lane: .actions)
    ])
  _ = model.update(.query(id: model.nextQuery - 1, .finished(seconds: 0.01)))
  #expect(model.screenText.contains("orders_mv refreshes on request only now"))
  model.press("e")
  text = model.screenText
  #expect(text.contains("Try the 5 skipped records of orders_mv again?"), "\(text)")
  let replay = model.press("<enter>")
  guard case .runQuery(let id, let sql, .actions) = replay.first else { return }
  #expect(sql == "CALL weir.replay_errors('public.orders_mv')")
  let columns = ["replayed", "left"].map { SQLColumn(name: $0, type: .bigint) }
  _ = model.update(.query(id: id, .output(.columns(columns))))
  _ = model.update(.query(id: id, .output(.rows(Samples.batch([["4", "1"]])))))
  _ = model.update(.query(id: id, .finished(seconds: 0.01)))
  #expect(model.screenText.contains("replayed 4, left 1"))
}

@Test func `a view without skipped records has none to try again`() {
  var model = views()
  model.press("<down>X")
  #expect(model.overlay == nil)
  #expect(model.screenText.contains("by_city reads no stream, and so skips no records"))
  _ = model.update(later(1) { $0.views[0].deadLetters = 0 })
  model.press("<up>e")
  #expect(model.overlay == nil)
  #expect(model.screenText.contains("orders_mv keeps no skipped records"))
}

@Test func `each panel of the views screen says what state it is in`() {
  #expect(views(nil).screenText.contains("Waiting for the first numbers"))
  let empty = views(Samples.empty()).screenText
  #expect(empty.contains("No materialized views yet.") && empty.contains("No view is chosen."))
  var loading = Samples.model(Samples.related(), width: 120, height: 40)
  let effects = loading.press("<F4>")
  #expect(loading.screenText.contains("reading…"))
  guard case .runQuery(let id, let text, _) = effects.first else { return }
  let error = SQLError("42P01", "relation does not exist")
  loading.answer(loading.update(.query(id: id, .failed(error, text: text))))
  #expect(loading.screenText.contains("It cannot be read: relation does not exist"))
  let again = loading.update(later(6))
  #expect(loading.answer(again).contains { $0.contains("SELECT definition") })
  #expect(loading.screenText.contains("GROUP BY city"))
  var lost = views()
  _ = lost.update(.disconnected("connection refused"))
  #expect(lost.screenText.contains("stale since"))
  lost.press("<down>")
  #expect(lost.screenText.contains("The engine does not answer."))
}

@Test func `a view that was never refreshed, and one that skipped nothing, say so`() {
  var model = Samples.model(Samples.related(), width: 200, height: 60)
  var answers = ViewAnswers()
  answers.refreshes = []
  answers.lag = []
  answers.errors = []
  var snapshot = Samples.related()
  snapshot.views[0].latencyHistory = []
  snapshot.views[0].skippedRecords = 0
  snapshot.views[0].deadLetters = 0
  _ = model.update(.snapshot(snapshot))
  model.answer(model.press("<F4>"), with: answers)
  let text = model.screenText
  for words in [
    "It was not refreshed yet.", "No refresh has brought rows yet.", "No record was skipped.",
  ] { #expect(text.contains(words), "\(words)\n\(text)") }
}

@Test func `the chosen view stays chosen when views come and go, and a click chooses`() {
  var model = views()
  model.press("<down><down>")
  #expect(model.chosenView?.name == "ranked")
  _ = model.update(later(1) { $0.views.removeFirst() })
  #expect(model.chosenView?.name == "ranked")
  _ = model.update(.mouse(Mouse(action: .press, x: 10, y: 3)))
  #expect(model.chosenView?.name == "by_city")
}

@Test func `minutes are merged, and gaps in between are kept`() {
  let model = views()
  let minutes = model.viewDetail?.minutes ?? []
  #expect(minutes.map(\.minute) == [29_399_998, 29_400_000])
  #expect(minutes.first?.longest == 3 && minutes.first?.rows == 4_100)
  #expect(ViewDetail.series(minutes, \.p99) == [0.7, 0, 0.09])
}

@Test func `a definition in one line gets a line for each clause, one in several stays`() {
  #expect(
    SQLLayout.lines(
      "SELECT a, f(b, c) AS d FROM t LEFT JOIN u ON t.x = u.x WHERE a BETWEEN 1 AND 2 AND d = ', from'"
    )
      == [
        "SELECT a,", "       f(b, c) AS d", "FROM t", "LEFT JOIN u ON t.x = u.x",
        "WHERE a BETWEEN 1 AND 2", "  AND d = ', from'",
      ])
  #expect(
    SQLLayout.lines("SELECT a,\n           b\n    FROM t") == ["SELECT a,", "       b", "FROM t"])
  #expect(SQLLayout.lines("") == [])
  let line = Array("SELECT json_extract_path_text(kinesis_data, 'customer_id') AS customer_id,")
  let ranges = SQLLayout.wrapped(line, width: 40)
  #expect(ranges.count > 1)
  #expect(ranges.allSatisfy { $0.count <= 40 })
}

@Test(arguments: Glyphs.allCases)
func `the tree is drawn in every set of glyphs`(glyphs: Glyphs) {
  let text = views(Samples.related()).frame(glyphs: glyphs).text
  #expect(text.contains(glyphs.isASCII ? "`- orders" : "└─ orders"))
  if glyphs.isASCII {
    #expect(text.allSatisfy { $0.isASCII || $0 == "–" || $0 == "…" }, "\(text)")
  }
}

@Test func `times are told by the day they are of`() {
  #expect(TimeText.day(of: Timestamp(seconds: 0)) == "1970-01-01")
  #expect(TimeText.day(of: Timestamp(seconds: 951_782_400)) == "2000-02-29")
  #expect(TimeText.day(of: Samples.now) == "2025-11-24")
  #expect(TimeText.short("2025-11-24 16:00:32.1", now: Samples.now) == "16:00:32")
  #expect(TimeText.short("2025-11-23 09:10:11", now: Samples.now) == "11-23 09:10")
  #expect(TimeText.short(nil, now: Samples.now) == Units.unknown)
}
