/// The values of one event that patterns ask about, and where they stand.
///
/// Kept from event to event, so that reading one allocates nothing.
struct EventValues {
  enum Kind: UInt8 {
    case string, number, null, `true`, `false`
  }

  struct Value {
    var field: Int32
    /// The next value of the same field, or -1.
    var next: Int32 = -1
    var kind: Kind
    /// Whether the bytes are in `arena`: a string that had escapes. Otherwise in the event.
    var isUnescaped = false
    var isForgotten = false
    var start: Int
    var count: Int
    /// Which elements of which arrays it is in: a place in `memberships`, or -1.
    var membership: Int32
    /// Of a string, without the case of its letters, in `arena`; -1 until it was asked for.
    var foldedStart = -1
    var foldedCount = 0
    /// Of a number, once it was asked for.
    var number = Double.nan
    var hasNumber = false
  }

  /// An element of an array, and the element of another array that this array is in.
  struct Membership: Hashable {
    var outer: Int32
    var array: Int32
    var element: Int32
  }

  /// A member of an object, and the values that came from it.
  struct Member {
    var object: Int64 = 0
    var first: Int32 = 0
    var end: Int32 = 0
  }

  var values: [Value] = []
  /// By field: its first and last value, or -1.
  var first: [Int32]
  var last: [Int32]
  var memberships: [Membership] = []
  var arena: [UInt8] = []
  var arrayCount: Int32 = 0
  /// Counts the objects of all events, so that nothing of `met` has to be cleared.
  var objectCount: Int64 = 0
  /// By node of the trie: where it was met last.
  var met: [Member]

  init(fieldCount: Int, nodeCount: Int) {
    first = Array(repeating: -1, count: fieldCount)
    last = first
    met = Array(repeating: Member(), count: nodeCount)
  }

  mutating func clear() {
    for value in values { first[Int(value.field)] = -1 }
    values.removeAll(keepingCapacity: true)
    memberships.removeAll(keepingCapacity: true)
    arena.removeAll(keepingCapacity: true)
    arrayCount = 0
  }

  @inline(__always)
  mutating func append(_ value: Value) {
    values.append(value)
    link(Int32(values.count - 1), field: Int(value.field))
  }

  /// Forgets the values of a member whose name was given again.
  mutating func forget(_ node: Int32) {
    let member = met[Int(node)]
    guard member.first < member.end else { return }
    for place in member.first..<member.end { values[Int(place)].isForgotten = true }
    for value in values { first[Int(value.field)] = -1 }
    for place in values.indices where !values[place].isForgotten {
      values[place].next = -1
      link(Int32(place), field: Int(values[place].field))
    }
  }

  @inline(__always)
  private mutating func link(_ place: Int32, field: Int) {
    if first[field] < 0 {
      first[field] = place
    } else {
      values[Int(last[field])].next = place
    }
    last[field] = place
  }
}
