import Core
import Telemetry
import Testing

@testable import Dashboard

private func tiers(
  _ width: Int = 120, _ height: Int = 40, _ answers: TierAnswers = TierAnswers(),
  snapshot: Snapshot? = Samples.rich()
) -> Model {
  var model = Samples.model(snapshot, width: width, height: height)
  model.answerTiers(model.press("<F7>"), with: answers)
  return model
}

private func later(_ seconds: Double) -> Event {
  var snapshot = Samples.rich()
  snapshot.takenAt = snapshot.takenAt.advanced(bySeconds: seconds)
  return .snapshot(snapshot)
}

private var idle: TierAnswers {
  var answers = TierAnswers()
  answers.runs.removeFirst()
  return answers
}

@Test func `at 80x24 the tiers screen has the essentials, each with its unit`() {
  let text = tiers(80, 24).screenText
  for words in [
    "Tiers", "▸ sales", "warehouse", "812 MB", "20,000,000", "$18.15", "lake.sales_history",
    "archive", "1.9 GB", "$40.70", "postgres_live", "live", "–", "Months of sales",
    "w warehouse, a archive, + both", "2025-11", "Archive runs", "2024-07", "running", "verified",
  ] { #expect(text.contains(words), "\(words)\n\(text)") }
}

@Test func `at 120x40 and 200x60 runs, policy, partitions and files have their place`() {
  for (width, height) in [(120, 40), (200, 60)] {
    let text = tiers(width, height).screenText
    for words in [
      "In tier above", "$75.62", "51 MB", "Policy sales", "by sold_at", "15 whole months",
      "before 2024-08 is old", "s3://lake/sales/", "rate(1 day)", "on, last run 02:00:01",
      "Partitions and files", "year=2024/month=10", "2 partitions, 2 files", "month 2 of 3",
      "Jan", "Dec", "2022", "2025",
    ] { #expect(text.contains(words), "\(words)\n\(text)") }
  }
}

@Test func `what is not known is a dash, never a zero`() throws {
  let model = tiers(200, 60)
  let row = try #require(model.frame().rows.first { $0.contains("postgres_live") })
  #expect(row.contains("–") && !row.contains(" 0 ") && !row.contains("$0"))
}

@Test func `a month has the letter and the colour of its tier, both is a plus`() throws {
  let model = tiers(200, 60)
  let frame = model.frame()
  let row = try #require(frame.rows.first { $0.contains(" 2024 ") })
  #expect(row.contains("a") && row.contains("+") && row.contains("w"))
  #expect(frame.style(of: "a░")?.foreground == Theme.fallback[.sqlNumber])
  #expect(frame.style(of: "w░")?.foreground == Theme.fallback[.accent])
}

@Test func `months are chosen by keys, and the line below says what is where`() {
  var model = tiers(120, 40)
  model.press("<enter>")
  #expect(model.focus == .tierCalendar)
  #expect(model.screenText.contains("2025-11  warehouse 5,000,000 rows, 51 MB"))
  model.press("<left><up>")
  #expect(model.shownMonth?.text == "2024-10")
  model.press("<home>")
  #expect(model.shownMonth?.text == "2022-01")
  #expect(model.screenText.contains("2022-01  no rows"))
  for _ in 0..<11 { model.press("l") }
  #expect(model.screenText.contains("2022-12  archive 5,400,000 rows, 95 MB, 1 file"))
}

@Test func `the screen asks every few seconds while it is shown, and not when it stands still`() {
  var model = tiers()
  #expect(model.update(later(0.2)).isEmpty)
  let asked = model.answerTiers(model.update(later(4)))
  #expect(asked.contains { $0.contains("sys_weir_tiers") })
  #expect(asked.contains { $0.contains("archive_runs") })
  model.press("f")
  #expect(model.update(later(9)).isEmpty)
  model.press("f<F7>")
  #expect(model.update(later(19)).isEmpty)
}

@Test func `another table is asked for when it is chosen`() {
  var model = tiers(120, 40, idle)
  #expect(model.answerTiers(model.press("<down>"), with: idle).isEmpty)
  model.answerTiers(model.press("<down>"), with: idle)
  #expect(model.screenText.contains("postgres_live has no archive policy."))
  #expect(model.screenText.contains("CALL weir.create_archive_policy(…) makes one."))
  var answers = idle
  answers.files = []
  let asked = model.answerTiers(model.press("<down>"), with: answers)
  #expect(asked.contains { $0.contains("table_name = 'flow_logs'") })
  #expect(model.screenText.contains("The catalog has no list of its files."))
}

@Test func `running now asks first, then shows how far it is, and can be stopped`() {
  var model = tiers(200, 60)
  model.press("r")
  #expect(model.screenText.contains("Archive sales now?"))
  #expect(model.screenText.contains("2 months are old enough and will move, one by one."))
  guard case .runQuery(let id, "CALL weir.archive('sales')", .actions) = model.press("y").first
  else {
    Issue.record("the archive is asked to run")
    return
  }
  #expect(model.isAnimated)
  let text = model.screenText
  #expect(text.contains("archiving sales") && text.contains("Esc stops it"), "\(text)")
  #expect(text.contains("archive month 2 of 3 (2024-07), verified"), "\(text)")
  #expect(text.contains("1,250,000 rows/s"), "\(text)")
  model.press("c")
  #expect(model.screenText.contains("not now: archiving sales"))
  #expect(model.press("<esc>") == [.cancelQuery(id: id)])
  _ = model.update(.query(id: id, .failed(SQLError("57014", "canceled"), text: "")))
  #expect(model.screenText.contains("stopped: archiving sales"))
}

@Test func `the outcome of a run says how many months and rows, and everything is asked anew`() {
  var model = tiers(120, 40, idle)
  model.press("r")
  guard case .runQuery(let id, _, .actions) = model.press("y").first else { return }
  let names = ["batch_id", "month", "state", "rows", "files", "bytes"]
  let columns = names.map { SQLColumn(name: $0, type: .varchar) }
  _ = model.update(.query(id: id, .output(.columns(columns))))
  let rows = [["1", "2024-06", "done", "400", "1", "9"], ["2", "2024-07", "done", "2", "1", "9"]]
  _ = model.update(.query(id: id, .output(.rows(Samples.batch(rows)))))
  let effects = model.update(.query(id: id, .finished(seconds: 1.5)))
  #expect(model.screenText.contains("2 months, 402 rows moved to the archive in 1.5 s"))
  #expect(model.answerTiers(effects, with: idle).count == 5)
}

@Test func `a month that is in the archive can be brought back, another one not`() {
  var model = tiers(120, 40, idle)
  model.press("o")
  #expect(model.overlay == nil)
  #expect(model.screenText.contains("2025-11 is not in the archive"))
  model.press("<enter><up><up>o")
  #expect(model.screenText.contains("Bring 2023-11 of sales back?"))
  guard case .runQuery(_, let sql, .actions) = model.press("<enter>").first else { return }
  #expect(sql == "CALL weir.restore_archive('sales', '2023-11')")
}

@Test func `a policy is edited in a dialog: months, schedule, state`() {
  var model = tiers(120, 40, idle)
  model.press("e")
  #expect(model.screenText.contains("Nothing is changed yet."))
  #expect(model.press("<enter>").isEmpty && model.overlay != nil)
  model.press("9999")
  #expect(model.screenText.contains("Months kept go from 0 to 1,200."))
  model.press("<bs><bs><bs><bs>24<down><right><down><left>")
  let text = model.screenText
  #expect(text.contains("24 whole months stay"), "\(text)")
  #expect(text.contains("It is off: it runs by hand only."), "\(text)")
  guard case .runQuery(let id, let sql, .actions) = model.press("<enter>").first else {
    Issue.record("the policy is changed")
    return
  }
  #expect(sql == "CALL weir.alter_archive_policy('sales', 24, 'rate(7 days)', 'off')")
  _ = model.update(.query(id: id, .failed(SQLError("22023", "no", hint: "try"), text: sql)))
  #expect(model.screenText.contains("not done: no; try"))
}

@Test func `each panel of the tiers screen says what state it is in`() {
  #expect(tiers(snapshot: nil).screenText.contains("Waiting for the first numbers"))
  var none = TierAnswers()
  none.tiers = []
  let empty = tiers(80, 24, none).screenText
  #expect(empty.contains("No table has an archive policy yet."))
  #expect(empty.contains("CALL weir.create_archive_policy('sales', 'sales', 'sold_at', 15,"))
  var loading = Samples.model(Samples.rich(), width: 120, height: 40)
  let effects = loading.press("<F7>")
  #expect(loading.screenText.contains("reading…"))
  guard case .runQuery(let id, let text, .inspection) = effects.first else { return }
  let error = SQLError("42P01", "no such relation")
  loading.answerTiers(loading.update(.query(id: id, .failed(error, text: text))))
  #expect(loading.screenText.contains("It cannot be read: no such relation"))
  loading.answerTiers(loading.update(later(6)))
  #expect(loading.screenText.contains("lake.sales_history"))
  _ = loading.update(.disconnected("connection refused"))
  #expect(loading.screenText.contains("stale since"))
}

@Test(arguments: Glyphs.allCases)
func `the calendar is drawn in every set of glyphs`(glyphs: Glyphs) {
  let text = tiers(120, 40).frame(glyphs: glyphs).text
  #expect(text.contains(glyphs.isASCII ? "a." : "a░"), "\(text)")
}

@Test func `dollars are told to the cent, and what is less says so`() {
  #expect(Units.dollars(nil) == Units.unknown)
  #expect(Units.dollars(0) == "$0.00")
  #expect(Units.dollars(0.0004) == "<$0.01")
  #expect(Units.dollars(12.345) == "$12.35")
  #expect(Units.dollars(12_345) == "$12,345")
}
