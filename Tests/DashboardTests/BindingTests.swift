import Core
import Testing

@testable import Dashboard

/// Models in every context there is.
private func situations() -> [(name: String, model: Model)] {
  let scripts = [
    "", "z", "f", "fz", "?", "<F2>", "<F2><esc>", "<F2><esc>z", "<F2>x<F5>", "<F2><C-r>",
    "<F2>x<F5><S-tab>", "<F2><esc>z?", "<F3>", "<F3>z", "9", "9<tab><tab>", "<F3>s", "<F3>m",
    "<F3>c", "<F3>x", "<F3><enter>", "<F3>?", "<F3>f", "<F4>", "<F4>z", "<F4><tab>", "<F4>r",
    "<F4>a",
    "<F4>?", "<F4>f", "<F4><enter>", "<F7>", "<F7>z", "<F7>?", "<F7><enter>",
  ]
  let fitting = scripts.map { script in
    var model = Samples.model(Samples.rich())
    model.press(script)
    return (script, model)
  }
  let archive = ["", "<enter>", "ry", "e", "r", "f"].map { script in
    var model = Samples.model(Samples.rich())
    model.answerTiers(model.press("<F7>"))
    model.press(script)
    return ("tiers " + script, model)
  }
  return fitting + archive + [("too small", Samples.model(nil, width: 20, height: 5))]
}

@Test func `no two bindings that are valid at once share a key`() {
  for (name, model) in situations() {
    var seen: [Key: String] = [:]
    for binding in Bindings.valid(in: model.contexts) {
      for key in binding.keys {
        #expect(seen[key] == nil, "\(key) after \(name): \(binding.help)")
        seen[key] = binding.help
      }
    }
  }
}

@Test func `every context is reached, and every binding with it`() {
  let reached = situations().reduce(into: Set<Context>()) { $0.formUnion($1.model.contexts) }
  #expect(Set(Context.allCases).subtracting(reached) == [])
}

@Test func `the help lists every binding that is valid where it was called`() {
  for (name, model) in situations() where model.overlay == nil && Layout.fits(model.size) {
    let listed = model.helpLines()
    for binding in Bindings.valid(in: model.contexts) {
      #expect(
        listed.contains(.binding(keys: binding.label, text: binding.help)),
        "\(binding.label) after \(name)")
    }
  }
}

@Test func `the help scrolls to its last line`() {
  var model = Samples.model(Samples.rich())
  model.press("?")
  for _ in 0..<20 { model.press("<pgdn>") }
  guard case .binding(let keys, let text) = model.helpLines().last else {
    Issue.record("the help ends in a binding")
    return
  }
  #expect(model.screenText.contains(text) && model.screenText.contains(keys))
}

@Test func `the way to the help is on every footer`() {
  for width in [60, 72, 80, 200] {
    for (name, model) in situations() where Layout.fits(model.size) {
      var model = model
      _ = model.update(.resize(Size(width: width, height: 24)))
      #expect(model.frame().rows.last?.hasSuffix(" help") == true, "\(width), after \(name)")
    }
  }
}
