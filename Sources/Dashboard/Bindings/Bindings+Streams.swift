extension Bindings {
  static let streams = [
    Binding(
      .streamRows, [.enter], "Enter", "shards", "to the shards of the chosen stream", .toShards,
      rank: 92),
    Binding(
      .shardRows, [.enter, .character("p")], "Enter", "records",
      "the newest records of the chosen shard", .peek, rank: 94),
    Binding(
      .streams, [.character("s")], "s", "split", "split the chosen shard in two (asks first)",
      .split, rank: 66),
    Binding(
      .streams, [.character("m")], "m", "merge",
      "merge the chosen shard with its neighbour (asks first)", .merge, rank: 65),
    Binding(
      .streams, [.character("c")], "c", "scale",
      "another number of shards for the chosen stream (asks first)", .scale, rank: 64),
    Binding(
      .streams, [.character("x")], "x", "fault",
      "make requests fail on purpose: latency, errors, throttles", .setFault, rank: 63),
    Binding(
      .streams, [.character("X")], "X", "clear faults", "clear all faults (asks first)",
      .clearFaults, rank: 25),
  ]

  static let dialogs = [
    Binding(
      .confirm, [.enter, .character("y")], "Enter y", "do it", "do what is described", .confirm,
      rank: 100),
    Binding(
      .confirm, [.escape, .character("n"), .character("q")], "Esc n", "leave it",
      "close without doing anything", .close, rank: 90),
    Binding(
      .dialog, [.enter], "Enter", "do it", "do what is described", .confirm, rank: 100),
    Binding(
      .dialog, [.escape], "Esc", "leave it", "close without doing anything", .close, rank: 90),
    Binding(
      .dialog, [.up, .backTab], "Up", "field before", "to the field above", .form(.fieldUp),
      rank: 41),
    Binding(
      .dialog, [.down, .tab], "Down", "next field", "to the field below", .form(.fieldDown),
      rank: 42),
    Binding(
      .dialog, [.left], "Left", "value before", "the value before", .form(.valueBefore),
      rank: 51),
    Binding(
      .dialog, [.right], "Right", "next value", "the next value", .form(.valueAfter), rank: 52),
    Binding(
      .dialog, [.backspace, .delete, .ctrl("h")], "Backspace", "erase",
      "erase what was typed", .form(.erase)),
    Binding(
      .peek, [.escape, .character("q")], "Esc", "close", "close the records", .close, rank: 100),
    Binding(
      .peek, [.character("r"), .enter], "r", "read again", "read the newest records again", .peek,
      rank: 90),
    Binding(
      .peek, [.up, .character("k")], "Up k", "newer", "a newer record", .scroll(.up), rank: 50),
    Binding(
      .peek, [.down, .character("j")], "Down j", "older", "an older record", .scroll(.down),
      rank: 51),
    Binding(.peek, [.pageUp], "PgUp", "page up", "a page up", .scroll(.pageUp)),
    Binding(.peek, [.pageDown], "PgDn", "page down", "a page down", .scroll(.pageDown)),
    Binding(.peek, [.home], "Home", "newest", "to the newest", .scroll(.start)),
    Binding(.peek, [.end], "End", "oldest", "to the oldest that was read", .scroll(.end)),
  ]
}
