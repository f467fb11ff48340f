import Core
import Telemetry

@testable import Dashboard

/// What an engine answers to the questions of the tiers screen.
struct TierAnswers {
  static let policy = [
    "sales", "public.sales", "sold_at", "15", "s3://lake/sales/", "month", "lake.sales_history",
    "rate(1 day)", "t", "2025-11-24 02:00:01",
  ]

  var tiers: [[String?]] = [
    [
      "warehouse", "sales", "public.sales", "20000000", "812000000", "16", "2024-08-01",
      "2025-11-24", "51000000", "18.15", "75.62",
    ],
    [
      "archive", "sales", "lake.sales_history", "100000000", "1900000000", "20", "2022-12-01",
      "2024-07-31", "95000000", "40.7", "42.5",
    ],
    ["live", nil, "postgres_live", nil, nil, nil, nil, nil, nil, nil, nil],
    ["archive", nil, "lake.flow_logs", nil, nil, nil, nil, nil, nil, nil, nil],
  ]
  var months: [[String?]] = TierAnswers.allMonths
  var runs: [[String?]] = [
    [
      "9", "archive", "2024-07", "running", "verified", "0", "0", "0", nil, "2025-11-24 16:00:20",
      nil,
    ],
    [
      "9", "archive", "2024-06", "done", "committed", "5000000", "1", "95000000", nil,
      "2025-11-24 16:00:10", "4000000",
    ],
    [
      "4", "archive", "2024-05", "failed", "staged", "0", "0", "0", "the disk is full",
      "2025-11-23 02:00:10", "900000",
    ],
  ]
  var policies: [[String?]] = [policy]
  var files: [[String?]] = [
    ["year=2024/month=2", "s3://lake/sales/year=2024/month=2/weir-00000003-0.parquet", "5", "900"],
    [
      "year=2024/month=10", "s3://lake/sales/year=2024/month=10/weir-00000004-0.parquet", "7",
      "1200",
    ],
  ]

  /// 2022-12 to 2024-07 in the archive, 2024-06 to 2025-11 in the warehouse.
  private static var allMonths: [[String?]] {
    (2022 * 12 + 11...2025 * 12 + 10).flatMap { number -> [[String?]] in
      let day = MonthNumber(number: number).text + "-01"
      let rows = "\(1_000_000 + number % 12 * 400_000)"
      var cells: [[String?]] = []
      if number <= 2024 * 12 + 6 { cells.append([day, "archive", rows, "95000000", "1"]) }
      if number >= 2024 * 12 + 5 { cells.append([day, "warehouse", rows, "51000000", nil]) }
      return cells
    }
  }

  func events(to text: String, id: Int) -> [Event] {
    let rows: [[String?]] =
      if text.contains("sys_weir_tiers") {
        tiers
      } else if text.contains("tier_months") {
        months
      } else if text.contains("archive_runs") {
        runs
      } else if text.contains("archive_policies") {
        policies
      } else {
        files
      }
    let columns = (0..<(rows.first?.count ?? 1)).map { SQLColumn(name: "c\($0)", type: .varchar) }
    return [.query(id: id, .output(.columns(columns)))]
      + (rows.isEmpty ? [] : [.query(id: id, .output(.rows(Samples.batch(rows))))])
      + [.query(id: id, .finished(seconds: 0.001))]
  }
}

extension Model {
  /// Answers what the tiers screen asks for, until it asks for nothing more.
  @discardableResult
  mutating func answerTiers(
    _ first: [Effect], with answers: TierAnswers = TierAnswers()
  ) -> [String] {
    var asked: [String] = []
    var effects = first
    while !effects.isEmpty {
      var next: [Effect] = []
      for case .runQuery(let id, let text, .inspection) in effects {
        asked.append(text)
        for event in answers.events(to: text, id: id) { next += update(event) }
      }
      effects = next
    }
    return asked
  }
}
