/// Which of many texts a value begins with: a tree of bytes, walked from the value's first byte
/// for as long as there is a branch. Suffixes are kept the same way, from the last byte on.
struct AffixTree {
  private var edges = WordMap()
  private var entries: [[Int32]] = [[]]
  private let isReversed: Bool

  init(isReversed: Bool) {
    self.isReversed = isReversed
  }

  var isEmpty: Bool { entries.count == 1 && entries[0].isEmpty }

  /// - Parameter entry: what is found where a value has the affix.
  mutating func add(_ affix: [UInt8], _ entry: Int32) {
    var node: Int32 = 0
    for byte in isReversed ? affix.reversed() : affix {
      let key = WordMap.key(node, Int32(byte))
      var next = edges.value(key)
      if next < 0 {
        next = Int32(entries.count)
        entries.append([])
        edges.set(key, next)
      }
      node = next
    }
    entries[Int(node)].append(entry)
  }

  func find(in text: UnsafeBufferPointer<UInt8>, _ found: (Int32) -> Void) {
    var node: Int32 = 0
    var place = 0
    while true {
      for entry in entries[Int(node)] { found(entry) }
      guard place < text.count else { return }
      let byte = text[isReversed ? text.count - 1 - place : place]
      node = edges.value(WordMap.key(node, Int32(byte)))
      guard node >= 0 else { return }
      place += 1
    }
  }
}

/// Which of many texts a value contains, in one pass over the value.
///
/// Source: Aho and Corasick, "Efficient string matching", 1975.
struct ContainedTexts {
  private var edges = WordMap()
  private var entries: [[Int32]] = [[]]
  /// The longest other text's beginning that ends where a node's text ends.
  private var fallback: [Int32] = []
  /// The nearest node on the way of fallbacks that has entries, or -1.
  private var output: [Int32] = []

  var isEmpty: Bool { entries.count == 1 }

  init(_ texts: [(text: [UInt8], entry: Int32)]) {
    var parents: [(node: Int32, byte: UInt8)] = [(-1, 0)]
    for (text, entry) in texts {
      var node: Int32 = 0
      for byte in text {
        let key = WordMap.key(node, Int32(byte))
        var next = edges.value(key)
        if next < 0 {
          next = Int32(entries.count)
          entries.append([])
          parents.append((node, byte))
          edges.set(key, next)
        }
        node = next
      }
      entries[Int(node)].append(entry)
    }
    connect(parents)
  }

  /// Breadth first: a node's fallback is nearer to the root than the node.
  private mutating func connect(_ parents: [(node: Int32, byte: UInt8)]) {
    fallback = Array(repeating: 0, count: entries.count)
    output = Array(repeating: -1, count: entries.count)
    var depths = Array(repeating: 0, count: entries.count)
    for node in parents.indices.dropFirst() { depths[node] = depths[Int(parents[node].node)] + 1 }
    for node in parents.indices.dropFirst().sorted(by: { depths[$0] < depths[$1] }) {
      let (parent, byte) = parents[node]
      if parent > 0 {
        var state = fallback[Int(parent)]
        var next = edges.value(WordMap.key(state, Int32(byte)))
        while next < 0, state > 0 {
          state = fallback[Int(state)]
          next = edges.value(WordMap.key(state, Int32(byte)))
        }
        fallback[node] = max(next, 0)
      }
      let back = Int(fallback[node])
      output[node] = entries[back].isEmpty ? output[back] : Int32(back)
    }
  }

  /// An entry may be found more than once.
  func find(in text: UnsafeBufferPointer<UInt8>, _ found: (Int32) -> Void) {
    var state: Int32 = 0
    for byte in text {
      var next = edges.value(WordMap.key(state, Int32(byte)))
      while next < 0, state > 0 {
        state = fallback[Int(state)]
        next = edges.value(WordMap.key(state, Int32(byte)))
      }
      state = max(next, 0)
      var node = entries[Int(state)].isEmpty ? output[Int(state)] : state
      while node > 0 {
        for entry in entries[Int(node)] { found(entry) }
        node = output[Int(node)]
      }
    }
  }
}
