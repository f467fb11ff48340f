extension Bindings {
  static let tiers = [
    Binding(
      .tiers, [.function(7)], "F7", "overview", "to the overview", .go(.overview), rank: 80),
    Binding(
      .overview, [.function(7)], "F7", "tiers", "to the tiers screen", .go(.tiers), rank: 76),
    Binding(
      .streams, [.function(7)], "F7", "tiers", "to the tiers screen", .go(.tiers), rank: 76),
    Binding(.views, [.function(7)], "F7", "tiers", "to the tiers screen", .go(.tiers), rank: 76),
    Binding(.query, [.function(7)], "F7", "tiers", "to the tiers screen", .go(.tiers), rank: 40),
    Binding(
      .tiers, [.function(2)], "F2", "query", "to the query screen", .go(.query), rank: 78),
    Binding(
      .tiers, [.function(3)], "F3", "streams", "to the streams screen", .go(.streams), rank: 58),
    Binding(
      .tiers, [.function(4)], "F4", "views", "to the views screen", .go(.views), rank: 57),
    Binding(
      .tierRows, [.enter], "Enter", "calendar", "to the months of the chosen table",
      .tier(.calendar), rank: 90),
    Binding(
      .calendar, [.left, .character("h")], "Left h", "month", "the month before",
      .scroll(.left), rank: 68),
    Binding(
      .calendar, [.right, .character("l")], "Right l", "month", "the next month",
      .scroll(.right)),
    Binding(
      .tierBusy, [.escape], "Esc", "stop", "stop what is being done to the archive",
      .tier(.cancel), rank: 110),
    Binding(
      .tiers, [.character("r")], "r", "run now",
      "archive the months that are old enough, now (asks first)", .tier(.run), rank: 95),
    Binding(
      .tiers, [.character("o")], "o", "restore",
      "bring the chosen month back into the table (asks first)", .tier(.restore), rank: 94),
    Binding(
      .tiers, [.character("c")], "c", "compact",
      "make one file of several in each folder of the archive (asks first)", .tier(.compact),
      rank: 66),
    Binding(
      .tiers, [.character("x")], "x", "stop run",
      "stop the run that is under way, also a scheduled one (asks first)", .tier(.stop), rank: 64),
    Binding(
      .tiers, [.character("e")], "e", "edit",
      "months kept, schedule and state of the policy", .tier(.edit), rank: 93),
  ]
}
