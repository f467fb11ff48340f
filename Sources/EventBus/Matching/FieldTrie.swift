/// The fields that patterns ask about, as a tree of names: what is not in it is skipped when an
/// event is read.
struct FieldTrie {
  struct Node {
    /// -1 where no pattern asks for a value here.
    var field: Int32 = -1
    var firstEdge: Int32 = 0
    var edgeCount: Int32 = 0
    /// A bit for each length of a child's name (modulo 64): most names are told apart by it.
    var lengths: UInt64 = 0
  }

  private struct Edge {
    var head: UInt64
    var hash: UInt64
    var nameStart: Int32
    var nameCount: Int32
    var node: Int32
  }

  private(set) var nodes: [Node] = []
  private var edges: [Edge] = []
  private var names: [UInt8] = []
  /// Of nodes with many children: by the hash of node and name, the first edge with it. Edges of
  /// one hash lie side by side.
  private var table = WordMap()
  private static let fewMax: Int32 = 8

  /// - Parameter paths: the place in it is the field's number.
  init(paths: [String]) {
    final class Draft {
      var field: Int32 = -1
      var children: [String: Draft] = [:]
    }
    let root = Draft()
    for (field, path) in paths.enumerated() {
      var node = root
      for name in path.split(separator: ".", omittingEmptySubsequences: false) {
        let next = node.children[String(name)] ?? Draft()
        node.children[String(name)] = next
        node = next
      }
      node.field = Int32(field)
    }
    var queue = [root]
    nodes = [Node(field: root.field)]
    var next = 0
    while next < queue.count {
      let draft = queue[next]
      let first = Int32(edges.count)
      let isLarge = draft.children.count > Int(Self.fewMax)
      let children = draft.children.map { (name: Array($0.key.utf8), draft: $0.value) }
        .map { ($0.name, Self.hash($0.name, node: Int32(next)), $0.draft) }
        .sorted { ($0.1, $0.0.count) < ($1.1, $1.0.count) }
      for (name, hash, child) in children {
        nodes[next].lengths |= 1 << UInt64(name.count & 63)
        if isLarge, table.value(hash) < 0 { table.set(hash, Int32(edges.count)) }
        let head = name.withUnsafeBufferPointer { name in
          name.baseAddress.map { ByteHash.head($0, name.count) } ?? 0
        }
        edges.append(
          Edge(
            head: head, hash: hash, nameStart: Int32(names.count), nameCount: Int32(name.count),
            node: Int32(nodes.count)))
        names += name
        nodes.append(Node(field: child.field))
        queue.append(child)
      }
      nodes[next].firstEdge = first
      nodes[next].edgeCount = Int32(edges.count) - first
      next += 1
    }
  }

  private static func hash(_ name: [UInt8], node: Int32) -> UInt64 {
    name.withUnsafeBufferPointer { name in
      name.baseAddress.map { hash($0, name.count, node: node) } ?? hash(node: node)
    }
  }

  /// One less than the value that `WordMap` cannot hold, at most.
  @inline(__always)
  private static func hash(
    _ start: UnsafePointer<UInt8>, _ count: Int, node: Int32
  ) -> UInt64 {
    ByteHash.hash(start, count, seed: UInt64(UInt32(bitPattern: node))) >> 1
  }

  private static func hash(node: Int32) -> UInt64 {
    ByteHash.finish(UInt64(UInt32(bitPattern: node))) >> 1
  }

  /// The child of a node that a name (without dots) leads to, or -1.
  @inline(__always)
  func child(of node: Int32, _ start: UnsafePointer<UInt8>, _ count: Int) -> Int32 {
    nodes.withUnsafeBufferPointer { nodes in
      let parent = nodes[Int(node)]
      guard parent.lengths & (1 << UInt64(count & 63)) != 0 else { return -1 }
      return search(parent, node, start, count)
    }
  }

  private func search(
    _ parent: Node, _ node: Int32, _ start: UnsafePointer<UInt8>, _ count: Int
  ) -> Int32 {
    let head = ByteHash.head(start, count)
    let isLarge = parent.edgeCount > Self.fewMax
    var place = parent.firstEdge
    let end = parent.firstEdge + parent.edgeCount
    var hash: UInt64 = 0
    if isLarge {
      hash = count == 0 ? Self.hash(node: node) : Self.hash(start, count, node: node)
      place = table.value(hash)
      guard place >= 0 else { return -1 }
    }
    return edges.withUnsafeBufferPointer { edges in
      while place < end, !isLarge || edges[Int(place)].hash == hash {
        let edge = edges[Int(place)]
        if edge.head == head, Int(edge.nameCount) == count, hasRest(edge, start, count) {
          return edge.node
        }
        place += 1
      }
      return -1
    }
  }

  @inline(__always)
  private func hasRest(_ edge: Edge, _ start: UnsafePointer<UInt8>, _ count: Int) -> Bool {
    guard count > 8 else { return true }
    return names.withUnsafeBufferPointer { names in
      for place in 8..<count where names[Int(edge.nameStart) + place] != start[place] {
        return false
      }
      return true
    }
  }
}
