/// The tests of one field, at a place where many rules part by it: finds those that may hold
/// without trying each.
///
/// Exact values are not in here: the machine finds them by their hash.
final class ValueIndex: Sendable {
  /// A test that may hold, and where it leads to.
  struct Entry: Sendable {
    /// What has to be tried yet, or -1.
    var test: Int32
    var target: Int32
  }

  private let entries: [Entry]
  private let prefixes: AffixTree
  private let foldedPrefixes: AffixTree
  private let suffixes: AffixTree
  private let foldedSuffixes: AffixTree
  private let contained: ContainedTexts
  private let ranges: RangeIndex
  private let addresses: AddressIndex
  private let exclusions: ExclusionTree
  private let others: [Int32]

  /// - Parameter table: has the tests under the numbers of the entries.
  init(_ tests: [(test: ValueTest, entry: Entry)], _ table: TestTable) {
    var entries: [Entry] = []
    var prefixes = AffixTree(isReversed: false)
    var foldedPrefixes = AffixTree(isReversed: false)
    var suffixes = AffixTree(isReversed: true)
    var foldedSuffixes = AffixTree(isReversed: true)
    var contained: [(text: [UInt8], entry: Int32)] = []
    var ranges: [(range: NumericRange, entry: Int32)] = []
    var addresses = AddressIndex()
    var exclusions: [(tests: [ExclusionTree.Test], entry: Int32)] = []
    var others: [Int32] = []
    for (test, entry) in tests {
      let number = Int32(entries.count)
      var entry = entry
      switch test {
      case .prefix(let text, .sensitive): prefixes.add(Array(text.utf8), number)
      case .prefix(let text, .insensitive): foldedPrefixes.add(Array(text.folded.utf8), number)
      case .suffix(let text, .sensitive): suffixes.add(Array(text.utf8), number)
      case .suffix(let text, .insensitive): foldedSuffixes.add(Array(text.folded.utf8), number)
      case .numeric(let range): ranges.append((range, number))
      case .address(let range): addresses.add(range, number)
      case .wildcard(let wildcard):
        let longest = wildcard.chunks.indices.max {
          wildcard.chunks[$0].count < wildcard.chunks[$1].count
        }
        entries.append(entry)
        let chunk = longest.map { wildcard.chunks[$0] } ?? []
        if chunk.isEmpty {
          others.append(number)
        } else if longest == 0 {
          prefixes.add(chunk, number)
        } else if longest == wildcard.chunks.count - 1 {
          suffixes.add(chunk, number)
        } else {
          contained.append((chunk, number))
        }
        continue
      case .anythingBut(let excluded):
        let first = table.tests[Int(entry.test)].start
        exclusions.append(
          (
            excluded.enumerated().map {
              ExclusionTree.Test(value: $0.element, number: first + Int32($0.offset))
            }, number
          ))
      case .string, .number, .literal, .equalsIgnoringCase, .present, .absent:
        entries.append(entry)
        others.append(number)
        continue
      }
      // What the index finds of these holds.
      entry.test = -1
      entries.append(entry)
    }
    self.entries = entries
    (self.prefixes, self.foldedPrefixes) = (prefixes, foldedPrefixes)
    (self.suffixes, self.foldedSuffixes) = (suffixes, foldedSuffixes)
    self.contained = ContainedTexts(contained)
    self.ranges = RangeIndex(ranges)
    self.addresses = addresses
    self.exclusions = ExclusionTree(exclusions)
    self.others = others
  }

  /// Gives the entries that hold for a value; one may be given more than once.
  func find(_ value: inout ValueView, _ table: TestTable, _ found: (Int32) -> Void) {
    var candidates: [Int32] = others
    if let text = value.text {
      if !prefixes.isEmpty { prefixes.find(in: text) { candidates.append($0) } }
      if !suffixes.isEmpty { suffixes.find(in: text) { candidates.append($0) } }
      if !contained.isEmpty { contained.find(in: text) { candidates.append($0) } }
      if !foldedPrefixes.isEmpty || !foldedSuffixes.isEmpty, let folded = value.folded {
        foldedPrefixes.find(in: folded) { candidates.append($0) }
        foldedSuffixes.find(in: folded) { candidates.append($0) }
      }
      if !addresses.isEmpty, let address = value.address {
        addresses.find(address) { candidates.append($0) }
      }
    } else if !ranges.isEmpty, let number = value.number {
      ranges.find(number) { candidates.append($0) }
    }
    exclusions.find(&value, table) { candidates.append($0) }
    for candidate in candidates {
      let entry = entries[Int(candidate)]
      if entry.test < 0 || table.holds(entry.test, for: &value) { found(entry.target) }
    }
  }
}
