import Testing

@testable import AWSProtocol

@Suite struct PolicyDocumentTests {
  private static let statement =
    #"{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"kinesis:GetRecords","Resource":"*"}"#

  private static func policy(_ statement: String) -> String {
    #"{"Version":"2012-10-17","Statement":\#(statement)}"#
  }

  @Test(arguments: [
    policy(statement), policy("[\(statement)]"), policy(" [ \(statement) , \(statement) ] "),
    #"{"Id":"x","Statement":[\#(statement)],"Version":"2008-10-17"}"#,
    policy(#"{"Sid":"s","Effect":"Deny","NotPrincipal":"*","NotAction":["a"],"NotResource":[]}"#),
  ])
  func `a policy has a version and statements, one alone or a list`(policy: String) {
    #expect(throws: Never.self) { try PolicyDocument.check(policy) }
  }

  @Test(arguments: [
    ("{}", "it has no Version"),
    (#"{"Statement":[\#(statement)]}"#, "it has no Version"),
    (#"{"Version":"2012-10-17"}"#, "it has no Statement"),
    (#"{"Version":"1","Statement":[\#(statement)]}"#, "its Version 1 is not 2008-10-17 or"),
    (#"{"Version":1,"Statement":[\#(statement)]}"#, "its Version is not text"),
    (policy("[]"), "its Statement is empty"),
    (policy(#""all""#), "its Statement is neither an object nor a list of objects"),
    (policy(#"["all"]"#), "statement 1 is not an object"),
    (policy("[\(statement),{}]"), "statement 2 has no Effect"),
    (
      policy(#"{"Effect":"Allow","Action":"a","Resource":"r"}"#),
      "statement 1 has no Principal or NotPrincipal"
    ),
    (policy(#"{"Effect":"Allow","Principal":"*","Resource":"r"}"#), "has no Action or NotAction"),
    (policy(#"{"Effect":"Allow","Principal":"*","Action":"a"}"#), "has no Resource or NotResource"),
    (policy(#"{"Effect":"Maybe"}"#), "the Effect of statement 1 is neither Allow nor Deny"),
  ])
  func `what a policy lacks is named in an InvalidArgumentException`(
    policy: String, words: String
  ) {
    let error = #expect(throws: AWSError.self) { try PolicyDocument.check(policy) }
    #expect(error?.kind == .invalidArgument)
    #expect(error?.message?.contains(words) == true, "\(error?.message ?? "")")
  }
}
