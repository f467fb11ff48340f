import Core
import Testing

@testable import EventBus

@Suite struct PatternErrorTests {
  @Test(arguments: [
    ("[1]", "Filter is not an object", 2),
    ("{}", "Empty objects are not allowed", 3),
    (#"{"int": 42}"#, #""int" must be an object or an array"#, 11),
    (#"{"string": "my-value"}"#, #""string" must be an object or an array"#, 13),
    (#"{"a": []}"#, "Empty arrays are not allowed", 9),
    (#"{"a": [["x"]]}"#, "Match value must be String, number, true, false, or null", 9),
    (#"{"a": [{"PREFIX": true}]}"#, "Unrecognized match type PREFIX", 23),
    (#"{"a": [{"prefix": 1}]}"#, "prefix match pattern must be a string", 20),
    (#"{"a": [{"exists": 1}]}"#, "exists match pattern must be either true or false.", 20),
    (#"{"a": [{"cidr": "10.0.0.0"}]}"#, "Malformed CIDR, one '/' required", 27),
    (
      #"{"a": [{"cidr": "10.0.0.0/33"}]}"#,
      "Malformed CIDR, 10.0.0.0/33 is no address with the number of bits that count", 30
    ),
    (#"{"a": [{"numeric": 1}]}"#, "Value of numeric must be an array.", 21),
    (#"{"a": [{"numeric": ["!", 1]}]}"#, "Unrecognized numeric range operator: !", 24),
    (#"{"a": [{"numeric": [">", 0, ">", 0]}]}"#, "Bad numeric range operator: >", 32),
    (#"{"a": [{"numeric": [">", 2, "<", 1]}]}"#, "Bottom must be less than top", 36),
    (#"{"a": [{"wildcard": "a**b"}]}"#, "Consecutive wildcard characters at pos 2", 27),
    (#"{"a": [{"wildcard": "a\\b"}]}"#, "Invalid escape character at pos 2", 27),
    (
      #"{"a": [{"anything-but": ["x", 1]}]}"#,
      "Inside anything but list, either all values are number or string, "
        + "mixed type is not supported", 33
    ),
    (#"{"a": [{"anything-but": {"prefix": ""}}]}"#, "Null prefix/suffix not allowed", 38),
    (#"{"a": [{"prefix": "x", "suffix": "y"}]}"#, "Only one key allowed in match expression", 33),
    (#"{"a": ["x"}"#, "Unexpected close marker ('}' (code 125))", 11),
  ])
  func `a malformed pattern is refused with reason and place`(
    pattern: String, reason: String, column: Int
  ) {
    do throws(PatternError) {
      _ = try EventPattern(pattern)
      Issue.record("\(pattern) was taken")
    } catch {
      #expect(error.reason == reason)
      #expect((error.line, error.column) == (1, column))
    }
  }

  @Test func `the place has a line`() {
    let pattern = "{\n  \"a\": [\n    {\"prefix\": 7}\n  ]\n}"
    #expect {
      _ = try EventPattern(pattern)
    } throws: { error in
      (error as? PatternError)?.line == 3 && (error as? PatternError)?.column == 17
    }
  }

  @Test func `relationships that multiply without end are refused`() {
    let pair = #"{"a": [1]}, {"b": [2]}, {"c": [3]}, {"d": [4]}"#
    var pattern = #"{"x": [1]}"#
    for _ in 0..<6 { pattern = #"{"$or": [\#(pair), \#(pattern)], "k": {"$or": [\#(pair)]}}"# }
    #expect(throws: PatternError.self) { try EventPattern(pattern) }
  }
}
