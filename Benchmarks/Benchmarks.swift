import Foundation

@main
enum Benchmarks {
  static func main() async throws {
    let records = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 500_000
    let directory =
      FileManager.default.temporaryDirectory.path + "/weir-bench-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    try await LogToView(records: max(1, records), directory: directory).run()
  }
}
