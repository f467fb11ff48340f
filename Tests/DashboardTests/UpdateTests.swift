import Core
import Telemetry
import Testing

@testable import Dashboard

@Test func `F5 runs the whole text once and remembers it`() {
  var model = Samples.model(Samples.rich())
  model.press("<F2>select 1<enter>from t")
  let effects = model.press("<F5>")
  #expect(
    effects == [.remember("select 1\nfrom t"), .runQuery(id: 1, text: "select 1\nfrom t")])
  #expect(model.press("<C-j>").isEmpty, "a second one waits for the first")
}

@Test func `the same statement is remembered once`() {
  var model = Samples.model(nil)
  model.press("<F2>select 1")
  _ = model.press("<F5>")
  _ = model.update(.query(id: 1, .finished(seconds: 0.1)))
  #expect(model.press("<C-j>") == [.runQuery(id: 2, text: "select 1")])
}

@Test func `Esc stops a running query, asks once, and leaves the editor otherwise`() {
  var model = Samples.model(nil)
  model.press("<F2>select 1<F5>")
  #expect(model.press("<esc>") == [.cancelQuery(id: 1)])
  #expect(model.press("<esc>").isEmpty)
  #expect(model.screenText.contains("cancelling"))
  _ = model.update(.query(id: 1, .failed(SQLError("57014", "canceled"), text: "select 1")))
  #expect(model.screenText.contains("canceled"))
  model.press("<esc>")
  #expect(model.focus == .results)
}

@Test func `answers to an older query are not shown`() {
  var model = Samples.model(nil)
  model.press("<F2>select 1<F5>")
  _ = model.update(.query(id: 9, .finished(seconds: 1)))
  #expect(model.run?.isRunning == true)
}

@Test func `letters type in the editor and command everywhere else`() {
  var model = Samples.model(Samples.rich())
  model.press("<F2>qftz?1")
  #expect(model.editor.text == "qftz?1")
  #expect(model.press("<esc>q") == [.quit])
}

@Test func `Ctrl-C quits from anywhere`() {
  for script in ["", "?", "<F2>", "<F2><C-r>", "z", "<F2>x<F5>"] {
    var model = Samples.model(Samples.rich())
    model.press(script)
    #expect(model.press("<C-c>") == [.quit], "after \(script)")
  }
}

@Test func `Tab goes through the panels that are on the screen and comes back`() {
  var model = Samples.model(Samples.rich())
  #expect(model.focus == .shards)
  model.press("<tab><tab>")
  #expect(model.focus == .queries)
  model.press("<tab>")
  #expect(model.focus == .shards)
  model.press("<S-tab>")
  #expect(model.focus == .queries)
}

@Test func `a panel that has no room comes up alone by its digit`() {
  var model = Samples.model(Samples.rich())
  #expect(!model.screenText.contains("Messages"))
  model.press("4")
  #expect(model.screenText.contains("4 Messages"))
  #expect(!model.screenText.contains("1 Shards"))
  model.press("<esc>1")
  #expect(model.screenText.contains("2 Views"))
}

@Test func `freezing keeps the numbers until it is taken back`() {
  var model = Samples.model(Samples.rich())
  model.press("f")
  var later = Samples.rich()
  later.takenAt = Samples.now.advanced(bySeconds: 30)
  later.streams[0].name = "renamed"
  _ = model.update(.snapshot(later))
  #expect(model.screenText.contains("FROZEN since 16:00:33"))
  #expect(!model.screenText.contains("renamed"))
  #expect(model.screenText.contains("f go on"))
  model.press("f")
  #expect(model.screenText.contains("renamed"))
  #expect(!model.screenText.contains("FROZEN"))
}

@Test func `themes and glyphs go round`() {
  var model = Samples.model(nil)
  model.press("t")
  #expect(model.themeName == "weir-light")
  model.press("tggg")
  #expect(model.themeName == "weir-dark")
  #expect(model.glyphs == .braille)
  model.press("g")
  #expect(model.glyphs == .block)
}

@Test func `history goes back to what was being typed`() {
  var model = Samples.model(nil)
  model.press("<F2>draft<C-p>")
  #expect(model.editor.text == "SELECT 2")
  model.press("<C-p><C-p>")
  #expect(model.editor.text == "SELECT 1")
  model.press("<C-n><C-n>")
  #expect(model.editor.text == "draft")
}

@Test func `the statement that was just run is no step back`() {
  var model = Samples.model(nil)
  model.press("<F2>select 3<F5><C-p>")
  #expect(model.editor.text == "SELECT 2")
}

@Test func `the editor comes up alone and goes back`() {
  var model = Samples.model(nil)
  model.press("<F2><F6>")
  #expect(!model.screenText.contains("8 Result"))
  model.press("<esc>")
  #expect(model.screenText.contains("8 Result"))
  #expect(model.focus == .editor)
}

@Test func `a statement is taken from the list of history`() {
  var model = Samples.model(nil)
  model.press("<F2><C-r><down>")
  #expect(model.screenText.contains("2 statements"))
  model.press("<enter>")
  #expect(model.editor.text == "SELECT 1")
  #expect(model.overlay == nil)
}

@Test func `on a screen that is too small only quitting works`() {
  var model = Samples.model(Samples.rich(), width: 59, height: 16)
  #expect(model.press("f?z2").isEmpty)
  #expect(!model.isFrozen && model.overlay == nil && model.focus == .shards)
  #expect(model.press("q") == [.quit])
  _ = model.update(.resize(Size(width: 60, height: 16)))
  #expect(model.screenText.contains("Shards"))
}

@Test func `a click focuses and the wheel scrolls what is under it`() throws {
  var model = Samples.model(Samples.rich())
  let rect = try #require(model.layout(model.size).rect(of: .queries))
  _ = model.update(.mouse(Mouse(action: .press, x: rect.x + 2, y: rect.y + 1)))
  #expect(model.focus == .queries)
  _ = model.update(.mouse(Mouse(action: .wheelDown, x: 3, y: 3)))
  #expect(model.offset(.shards) > 0)
  #expect(model.focus == .queries)
}

@Test func `a view that drains says how long it will take, one that grows says so`() {
  var trend = LagTrend()
  for second in 0..<5 {
    trend.add(1000 - second * 100, at: Samples.now.advanced(bySeconds: Double(second)))
  }
  #expect(trend.direction == .falling)
  #expect(trend.drainSeconds == 6)
  for second in 5..<30 {
    trend.add(600 + second * 100, at: Samples.now.advanced(bySeconds: Double(second)))
  }
  #expect(trend.direction == .rising)
  #expect(trend.drainSeconds == nil)
}
