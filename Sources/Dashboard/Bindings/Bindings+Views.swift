extension Bindings {
  static let views = [
    Binding(
      .viewRows, [.enter], "Enter", "definition", "the definition of the chosen view",
      .view(.definition), rank: 60),
    Binding(
      .viewBusy, [.escape], "Esc", "cancel", "stop what is being done to a view",
      .view(.cancel), rank: 110),
    Binding(
      .views, [.character("r")], "r", "refresh", "refresh the chosen view now (Esc stops it)",
      .view(.refresh), rank: 95),
    Binding(
      .views, [.character("c")], "c", "cascade",
      "refresh it with all that it is made of, and all made of it (asks first)",
      .view(.cascade), rank: 93),
    Binding(
      .views, [.character("a")], "a", "auto",
      "let it refresh by itself, or no more (asks first)", .view(.auto), rank: 94),
    Binding(
      .views, [.character("e")], "e", "replay",
      "try its skipped records again (asks first)", .view(.replay), rank: 66),
    Binding(
      .views, [.character("X")], "X", "purge",
      "throw its skipped records away (asks first)", .view(.purge), rank: 25),
  ]
}
