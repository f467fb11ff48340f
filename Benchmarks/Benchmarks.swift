import Foundation

@main
enum Benchmarks {
  /// Arguments: how many records go through the view; then names of the benchmarks to run, all
  /// of them if there is none.
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    let records = arguments.first.flatMap { Int($0) } ?? 500_000
    let chosen = Set(arguments.filter { Int($0) == nil })
    let directory =
      FileManager.default.temporaryDirectory.path + "/weir-bench-\(UUID().uuidString)"
    try FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    func runs(_ name: String) -> Bool { chosen.isEmpty || chosen.contains(name) }

    if runs("append") { try await LogAppend(directory: directory).run() }
    if runs("read") { try await LogRead(directory: directory).run() }
    if runs("retention") { try await LogRetention(directory: directory).run() }
    if runs("put") { try await PutOverNetwork(directory: directory).run() }
    if runs("queries") { try await QueriesBesideRefresh(directory: directory).run() }
    if runs("view") {
      try await LogToView(records: max(1, records), directory: directory).run()
    }
    if runs("freshness") { try await Freshness(directory: directory).run() }
    if runs("archive") { try await ArchiveScan(directory: directory).run() }
    if runs("events") { try EventMatching().run() }
    if runs("tpch") { try await TPCH(directory: directory).run() }
  }
}
