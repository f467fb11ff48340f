import Core
import Testing

@testable import Dashboard

private func ran(_ outputs: [SQLOutput], text: String = "select 1") -> Model {
  var model = Samples.model(nil)
  model.press("<F2>")
  _ = model.update(.paste(text))
  model.press("<F5>")
  for output in outputs { _ = model.update(.query(id: 1, .output(output))) }
  return model
}

private let columns = [
  SQLColumn(name: "region", type: .varchar), SQLColumn(name: "orders", type: .bigint),
]

@Test func `numbers stand at the right, and NULL differs from nothing`() {
  var model = ran([
    .columns(columns),
    .rows(Samples.batch([["eu", "7"], [nil, "12345"], ["", "3"]])), .complete(tag: "SELECT 3"),
  ])
  _ = model.update(.query(id: 1, .finished(seconds: 0.0342)))
  let text = model.screenText
  #expect(text.contains("│ region   orders"))
  #expect(text.contains("│ varchar  bigint"))
  #expect(text.contains("│ eu            7"))
  #expect(text.contains("│ NULL      12345"))
  #expect(text.contains("│               3"))
  #expect(text.contains("SELECT 3  in 34 ms"))
  #expect(text.contains("3 rows"))
}

@Test func `rows over the limit are counted and said`() {
  let batch = Samples.batch((0..<4000).map { ["r\($0)", "\($0)"] })
  var model = ran([
    .columns(columns), .rows(batch), .rows(batch), .rows(batch), .complete(tag: "SELECT 12000"),
  ])
  #expect(model.run?.result?.rowsKept == 10_000)
  #expect(model.screenText.contains("first 10,000 of 12,000 rows (limit 10,000)"))
  _ = model.update(.query(id: 1, .finished(seconds: 1)))
  model.press("<esc><end>")
  #expect(model.screenText.contains("–10,000 "))
  #expect(model.screenText.contains("r1999"))
}

@Test func `of several statements the last result stands, with all the tags`() {
  var model = ran([
    .complete(tag: "CREATE TABLE"), .columns(columns), .rows(Samples.batch([["a", "1"]])),
    .complete(tag: "SELECT 1"), .complete(tag: "INSERT 0 3"),
  ])
  _ = model.update(.query(id: 1, .finished(seconds: 0.5)))
  #expect(model.screenText.contains("CREATE TABLE · SELECT 1 · INSERT 0 3  in 500 ms"))
  #expect(model.screenText.contains("│ a             1"))
}

@Test func `an error shows its state, its place, and the line with a caret`() throws {
  let text = "select 1;\nselect * from ordesr;"
  var model = ran([.complete(tag: "SELECT 1")], text: text)
  let error = SQLError("42P01", "relation \"ordesr\" does not exist", hint: "orders", position: 25)
  _ = model.update(.query(id: 1, .failed(error, text: text)))
  let rows = model.frame().rows
  let head = try #require(rows.firstIndex { $0.contains("ERROR 42P01") })
  #expect(rows[head].contains("ERROR 42P01  line 2, column 15"))
  #expect(rows[head + 1].contains("relation \"ordesr\" does not exist"))
  let source = rows[head + 3]
  let caret = rows[head + 4]
  let place = try #require(source.firstRange(of: "ordesr")).lowerBound
  let column = source.distance(from: source.startIndex, to: place)
  #expect(caret[caret.index(caret.startIndex, offsetBy: column)] == "^")
  #expect(model.screenText.contains("done before it: SELECT 1"))
  #expect(model.screenText.contains("hint  orders"))
}

@Test func `a long error is shown whole, in as many lines as it takes`() {
  let text = "select 1"
  var model = ran([], text: text)
  let message = (1...30).map { "word\($0)" }.joined(separator: " ")
  _ = model.update(.query(id: 1, .failed(SQLError("XX000", message), text: text)))
  for word in 1...30 { #expect(model.screenText.contains("word\(word)")) }
}

@Test func `a running query shows how long it has been`() {
  let model = ran([])
  #expect(model.isAnimated)
  let text = model.frame(now: Samples.now.advanced(bySeconds: 2.5)).text
  #expect(text.contains("running 2.5 s"))
}

@Test func `columns scroll sideways and say which they are`() {
  let many = (0..<30).map { SQLColumn(name: "column_\($0)", type: .integer) }
  var model = ran([.columns(many), .rows(Samples.batch([(0..<30).map { "\($0)" }]))])
  _ = model.update(.query(id: 1, .finished(seconds: 0)))
  model.press("<esc><right><right><right>")
  #expect(model.screenText.contains("columns 4–"))
  #expect(!model.screenText.contains("column_2 "))
  model.press("<left>")
  #expect(model.screenText.contains("column_2 "))
}
