import Foundation

@main
enum Benchmarks {
  /// Arguments: how many records go through the view; `scale=0.1` for a tenth of the tiers' rows;
  /// then names of the benchmarks to run, all of them if there is none.
  static func main() async throws {
    let arguments = CommandLine.arguments.dropFirst()
    let records = arguments.first.flatMap { Int($0) } ?? 500_000
    let scale =
      arguments.first { $0.hasPrefix("scale=") }.flatMap { Double($0.dropFirst(6)) } ?? 1
    let chosen = Set(arguments.filter { Int($0) == nil && !$0.hasPrefix("scale=") })
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
    if runs("cost") { try await ArchiveCost(directory: directory, scale: scale).run() }
    if runs("tiers") { try await ThreeTiers(directory: directory, scale: scale).run() }
    if runs("events") { try EventMatching().run() }
    if runs("tpch") { try await TPCH(directory: directory).run() }
  }
}
