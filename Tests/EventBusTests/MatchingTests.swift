import Core
import Testing

@testable import EventBus

@Suite struct MatchingTests {
  private func matched(_ patterns: [EventPattern], _ event: String) -> Set<Int32> {
    var matcher = Matcher(patterns)
    var found: Set<Int32> = []
    Array(event.utf8).withUnsafeBufferPointer { event in
      matcher.match(event) { rule in
        #expect(found.insert(rule).inserted, "rule \(rule) was found twice")
      }
    }
    return found
  }

  @Test(arguments: 0..<40)
  func `any patterns over any events match as their definition says`(batch: Int) throws {
    for seed in (batch * 10)..<(batch * 10 + 10) {
      var generator = PatternGenerator(seed: UInt64(seed))
      var patterns: [EventPattern] = []
      for _ in 0..<(seed % 4 == 0 ? 120 : 12) {
        let text = generator.pattern().serializedText
        patterns.append(try EventPattern(text))
      }
      var matcher = Matcher(patterns)
      for _ in 0..<20 {
        let event = generator.event()
        var found: Set<Int32> = []
        event.serialized.withUnsafeBufferPointer { bytes in
          matcher.match(bytes) { found.insert($0) }
        }
        let expected = Set(
          patterns.indices.filter { PlainMatcher.matches(patterns[$0], event) }.map(Int32.init))
        let difference = found.symmetricDifference(expected)
        #expect(
          difference.isEmpty,
          """
          seed \(seed): \(event.serializedText) and \
          \(difference.map { "\(patterns[Int($0)].branches)" })
          """)
      }
    }
  }

  @Test(arguments: [
    (#"{"a": ["x"]}"#, #"{"a": "x"}"#, true),
    (#"{"a": ["x"]}"#, #"{"a": ["y", "x"]}"#, true),
    (#"{"a": [300]}"#, #"{"a": 3.0e2}"#, true),
    (#"{"a": [300]}"#, #"{"a": "300"}"#, false),
    (#"{"a": [null]}"#, #"{"a": null}"#, true),
    (#"{"a": [null]}"#, #"{"b": 1}"#, false),
    (#"{"a": [""]}"#, #"{"a": ""}"#, true),
    (#"{"a": [{"anything-but": "x"}]}"#, #"{"b": 1}"#, false),
    (#"{"a": [{"anything-but": "x"}]}"#, #"{"a": null}"#, true),
    (#"{"a": [{"exists": false}]}"#, #"{"a": {"b": 1}}"#, true),
    (#"{"a": [{"exists": false}]}"#, #"{"a": []}"#, true),
    (#"{"a": {"b": ["x"]}}"#, #"{"a.b": "x"}"#, true),
    (#"{"a.b": ["x"]}"#, #"{"a": {"b": "x"}}"#, true),
    (#"{"a": ["y"]}"#, #"{"a": "x", "a": "y"}"#, true),
    (#"{"a": ["x"]}"#, #"{"a": "x", "a": "y"}"#, false),
    (#"{"a": {"b": [1]}}"#, #"{"a": {"b": 1}, "c": 1, "a": {"c": 2}}"#, false),
    (#"{"a": ["\"q\u00e4"]}"#, #"{"a": "\"q\u00e4"}"#, true),
    (#"{"a": ["😀"]}"#, #"{"a": "\ud83d\ude00"}"#, true),
    (#"{"\u0061": ["x"]}"#, #"{"\u0061": "x"}"#, true),
    (#"{"a": [{"wildcard": "a\\*c*"}]}"#, #"{"a": "a*cd"}"#, true),
    (#"{"a": [{"wildcard": "a\\*c*"}]}"#, #"{"a": "abcd"}"#, false),
    (#"{"a": ["x"], "$or": [{"b": [1]}, {"c": [2]}]}"#, #"{"a": "x", "c": 2}"#, true),
    (#"{"a": ["x"], "$or": [{"b": [1]}, {"c": [2]}]}"#, #"{"a": "x", "b": 2}"#, false),
    (#"{"$or": ["x"]}"#, #"{"$or": "x"}"#, true),
    (#"{"$or": [{"prefix": "x"}, {"prefix": "y"}]}"#, #"{"$or": "yes"}"#, true),
  ])
  func `a pattern matches an event or not`(pattern: String, event: String, result: Bool) throws {
    #expect(matched([try EventPattern(pattern)], event) == (result ? [0] : []))
  }

  @Test func `two fields are not taken from different elements of one array`() throws {
    let pattern = try EventPattern(#"{"list": {"a": [1], "b": [2]}}"#)
    #expect(matched([pattern], #"{"list": [{"a": 1, "b": 3}, {"a": 0, "b": 2}]}"#) == [])
    #expect(matched([pattern], #"{"list": [{"a": 0}, {"b": 2, "a": 1}]}"#) == [0])
    #expect(matched([pattern], #"{"list": [[{"a": 1}, {"b": 2}], {"a": 1}]}"#) == [])
  }

  @Test(arguments: [
    "", "{", #"{"a"#, #"{"a":"#, #"{"a":"\"#, #"{"a":"\u12"#, "[[[[", #"{"a":tru"#, "{]}", "{,,,",
    #"{"a":[1,2"#, #"{"a" 1}"#, "\u{0}",
  ])
  func `an event that is cut or no JSON matches nothing and harms nothing`(event: String) throws {
    let patterns = [try EventPattern(#"{"a": [{"exists": true}]}"#)]
    #expect(matched(patterns, event).count <= 1)
    let deep = String(repeating: #"{"a":["#, count: 5_000)
    #expect(matched(patterns, deep) == [])
  }

  @Test func `every beginning of an event can be read`() throws {
    let event = Array(
      #"{"a":{"b":["x\u00e4\n",1.5e3,{"c":null}]},"d":"10.0.0.1","e":[true,false]}"#.utf8)
    let patterns = [
      try EventPattern(#"{"a":{"b":{"c":[null]}},"d":[{"cidr":"10.0.0.0/8"}],"e":[true]}"#)
    ]
    var matcher = Matcher(patterns)
    for count in event.indices {
      Array(event[..<count]).withUnsafeBufferPointer { matcher.match($0) { _ in } }
    }
    var found = false
    event.withUnsafeBufferPointer { matcher.match($0) { _ in found = true } }
    #expect(found)
  }

  @Test func `rules are added, changed and removed while others stay`() throws {
    var rules = RuleSet<String>()
    for number in 0..<500 { rules.set("r\(number)", try EventPattern(#"{"n": [\#(number)]}"#)) }
    #expect(rules.match(Array(#"{"n": 7}"#.utf8)) == ["r7"])
    rules.set("r7", try EventPattern(#"{"n": [8]}"#))
    rules.set("new", try EventPattern(#"{"n": [{"numeric": ["<", 9]}, "x"]}"#))
    #expect(rules.match(Array(#"{"n": 7}"#.utf8)) == ["new"])
    #expect(Set(rules.match(Array(#"{"n": 8}"#.utf8))) == ["r7", "r8", "new"])
    rules.set("r8", nil)
    rules.set("new", nil)
    #expect(rules.match(Array(#"{"n": 8}"#.utf8)) == ["r7"])
    #expect(rules.count == 499)
  }
}
