import ArgumentParser
import Engine

struct URLCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "url",
    abstract: "Print where the running engine answers.",
    discussion: """
      psql "$(weir url sql)"
      AWS_ENDPOINT_URL="$(weir url aws)" aws kinesis list-streams
      """)

  enum Endpoint: String, ExpressibleByArgument, CaseIterable { case aws, sql }

  @Argument(help: "`aws` or `sql` (with the password).")
  var endpoint: Endpoint = .sql
  @OptionGroup var options: DataOptions

  func run() async throws {
    try await reportingFailure {
      let address = try options.running()
      try standardOutput((endpoint == .aws ? address.awsURL : address.sqlURL) + "\n")
    }
  }
}
