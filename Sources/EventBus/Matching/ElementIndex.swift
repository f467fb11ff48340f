/// The values of one field by the elements of arrays that they are in, so that from a long array
/// only those are looked at that can belong together.
struct ElementIndex {
  private var count = 0
  /// By array: how many of the values are in it.
  private var counts: [Int32: Int] = [:]
  /// By array and element: the values, in order.
  private var places: [UInt64: [Int32]] = [:]

  /// Lists of values up to this length are looked through as they are.
  static let fewMax = 16

  init(_ field: Int32, _ values: borrowing EventValues) {
    var next = values.first[Int(field)]
    while next >= 0 {
      let value = values.values[Int(next)]
      count += 1
      var place = value.membership
      while place >= 0 {
        let element = values.memberships[Int(place)]
        counts[element.array, default: 0] += 1
        places[WordMap.key(element.array, element.element), default: []].append(next)
        place = element.outer
      }
      next = value.next
    }
  }

  var isLong: Bool { count > Self.fewMax }

  /// The values in an element of an array; nil where not all values are in that array.
  func values(in element: EventValues.Membership) -> [Int32]? {
    guard counts[element.array] == count else { return nil }
    return places[WordMap.key(element.array, element.element)] ?? []
  }
}
