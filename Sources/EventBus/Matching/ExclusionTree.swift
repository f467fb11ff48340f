/// Which of many anything-buts hold for a value.
///
/// Each is a path of what it excludes, the most common exclusions of all first, so that many share
/// the beginnings of their paths: where something that is excluded holds, all behind it fail at
/// once. What is walked over otherwise leads to anything-buts that hold.
struct ExclusionTree {
  struct Test {
    var value: ValueTest
    /// In the machine's table.
    var number: Int32
  }

  private struct Node {
    var test: Int32
    var children: [Int32] = []
    var entries: [Int32] = []
  }

  private var nodes = [Node(test: -1)]

  init(_ exclusions: [(tests: [Test], entry: Int32)]) {
    var counts: [ValueTest: Int] = [:]
    for test in exclusions.flatMap(\.tests) { counts[test.value, default: 0] += 1 }
    // Ties are broken by who came first, so that equal exclusions share their paths.
    var order: [ValueTest: Int] = [:]
    for test in exclusions.flatMap(\.tests) where order[test.value] == nil {
      order[test.value] = order.count
    }
    var children: [WordPair: Int32] = [:]
    for (tests, entry) in exclusions {
      var node: Int32 = 0
      let path = tests.map { (counts[$0.value] ?? 0, order[$0.value] ?? 0, $0.number) }
        .sorted { ($1.0, $0.1) < ($0.0, $1.1) }
      for (_, place, number) in path {
        let key = WordPair(node: node, test: Int32(place))
        let next = children[key] ?? Int32(nodes.count)
        if children[key] == nil {
          children[key] = next
          nodes.append(Node(test: number))
          nodes[Int(node)].children.append(next)
        }
        node = next
      }
      nodes[Int(node)].entries.append(entry)
    }
  }

  private struct WordPair: Hashable {
    var node: Int32
    var test: Int32
  }

  func find(_ value: inout ValueView, _ table: TestTable, _ found: (Int32) -> Void) {
    walk(0, &value, table, found)
  }

  /// As deep as the longest list of exclusions.
  private func walk(
    _ number: Int32, _ value: inout ValueView, _ table: TestTable, _ found: (Int32) -> Void
  ) {
    let node = nodes[Int(number)]
    for entry in node.entries { found(entry) }
    for child in node.children where !table.holds(nodes[Int(child)].test, for: &value) {
      walk(child, &value, table, found)
    }
  }
}
