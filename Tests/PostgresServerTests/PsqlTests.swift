import Core
import TestSupport
import Testing

@Suite(.enabled(if: Psql.isInstalled, "psql is not installed"), .timeLimit(.minutes(5)))
struct PsqlTests {
  @Test func `psql shows rows, and NULL apart from the empty string`() async throws {
    try await ServerFixture.run { server in
      let result = try await Psql.run(server.url(), ["rows"], options: ["-P", "null=∅"])
      #expect(result.errors == "")
      #expect(result.output == " n | text \n---+------\n 1 | ä\n 2 | \n 3 | ∅\n(3 rows)\n\n")
      #expect(result.status == 0)
    }
  }

  @Test func `psql draws the caret under the place of an error`() async throws {
    try await ServerFixture.run { server in
      let result = try await Psql.run(server.url(), ["rows; fail x"])
      #expect(
        result.errors == """
          ERROR:  column "nope" does not exist
          LINE 1: rows; fail x
                             ^
          DETAIL:  none at all
          HINT:  look again

          """)
      #expect(result.status == 1)
    }
  }

  @Test func `several statements in one message each give their result`() async throws {
    try await ServerFixture.run { server in
      let result = try await Psql.run(server.url(), ["begin; rows; notice; set", ""])
      #expect(result.output.hasPrefix("BEGIN\n n | text"))
      #expect(result.output.hasSuffix("(3 rows)\n\nNOTICE\nSET\n"))
      #expect(result.errors == "WARNING:  mind\n")
      #expect(result.status == 0)
    }
  }

  @Test func `a wrong password and a missing database are told`() async throws {
    try await ServerFixture.run { server in
      let wrong = try await Psql.run(server.url(password: "nope"), ["rows"])
      #expect(wrong.status == 2)
      #expect(
        wrong.errors.contains("FATAL:  password authentication failed for user \"weir\""))
      let missing = try await Psql.run(server.url(database: "missing"), ["rows"])
      #expect(missing.status == 2)
      #expect(missing.errors.contains("FATAL:  database \"missing\" does not exist"))
    }
  }

  @Test func `the extended protocol is declined and psql goes on`() async throws {
    try await ServerFixture.run { server in
      // psql sends \bind only from version 16 on; \gdesc uses Parse and Describe in all.
      let result = try await Psql.run(server.url(), script: "rows \\gdesc\nbegin;\n")
      #expect(result.errors.contains("the extended query protocol is not supported"))
      #expect(result.output == "BEGIN\n")
    }
  }
}
