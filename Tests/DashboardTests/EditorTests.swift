import Core
import Testing

@testable import Dashboard

private func edited(_ script: String) -> Model {
  var model = Samples.model(nil)
  model.press("<F2>" + script)
  return model
}

@Test func `a new line is indented as the one above`() {
  #expect(edited("  a<enter>b").editor.text == "  a\n  b")
  #expect(edited("a<tab>b").editor.text == "a  b")
}

@Test func `the cursor moves over lines, words and ends`() {
  var model = edited("select one<enter>two")
  model.press("<up><home><C-right>X")
  #expect(model.editor.text == "select Xone\ntwo")
  model.press("<end><right>Y<C-home>Z<C-end>!")
  #expect(model.editor.text == "Zselect Xone\nYtwo!")
  model.press("<C-left>_<C-left><C-left>-")
  #expect(model.editor.text == "Zselect Xone-\n_Ytwo!")
}

@Test func `erasing joins lines and killing takes the rest of one`() {
  #expect(edited("ab<enter>cd<home><bs>").editor.text == "abcd")
  #expect(edited("ab<enter>cd<up><end><del>").editor.text == "abcd")
  #expect(edited("ab<enter>cd<home><C-k>").editor.text == "ab\n")
  #expect(edited("ab<enter>cd<up><end><C-k>").editor.text == "abcd")
}

@Test func `undo takes back a run of typing, a paste, and a statement from history`() {
  var model = edited("abc")
  _ = model.update(.paste("1\r\n2\t3\u{1B}"))
  #expect(model.editor.text == "abc1\n2  3")
  model.press("<C-z>")
  #expect(model.editor.text == "abc")
  model.press("<C-p><C-z>")
  #expect(model.editor.text == "abc")
  model.press("<C-z><C-z><C-z>")
  #expect(model.editor.text.isEmpty)
}

@Test func `keywords, strings, numbers and comments differ, over lines too`() {
  var highlighter = SQLHighlighter()
  func kinds(_ text: String) -> [SQLHighlighter.Kind] { highlighter.kinds(of: Array(text)) }
  #expect(
    kinds("SELECT a1, 4.5 'x -- y") == Array(repeating: .keyword, count: 6)
      + Array(repeating: .plain, count: 5) + Array(repeating: .number, count: 3) + [.plain]
      + Array(repeating: .string, count: 7))
  #expect(kinds("z' /* a") == [.string, .string, .plain] + Array(repeating: .comment, count: 4))
  #expect(kinds("*/ -- from")[3...].allSatisfy { $0 == .comment })
}

@Test func `the cursor stands where the next letter will`() throws {
  var model = edited("日本")
  let cursor = try #require(model.frame().cursor)
  model.press("x")
  let frame = model.frame()
  #expect(frame[cursor.x, cursor.y]?.text == "x")
}
