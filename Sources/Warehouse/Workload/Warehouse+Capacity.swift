internal import Core
internal import DuckDB

// DuckDB's limits, which follow the slots that are open.
extension Warehouse {
  /// Has DuckDB's memory limit and threads follow the open slots, off the way of the statements
  /// that open them.
  func followCapacity() throws {
    let limits = workload.limits
    let perSlot: Int
    if let bytes = limits.memoryPerSlot {
      perSlot = bytes
    } else {
      do throws(DuckDBError) {
        perSlot = try Self.memoryLimit(of: housekeeping) / max(1, limits.slotsMax)
      } catch {
        throw error.sqlError
      }
    }
    workload.admission.follow { [queue, housekeeping, admission = workload.admission] _ in
      Task {
        try? await queue.run {
          // The newest number: an older step may come behind a newer one.
          let slots = admission.slots
          try housekeeping.execute(
            """
            SET GLOBAL memory_limit = '\(max(perSlot * slots, 64 << 20))B';
            SET GLOBAL threads = \(limits.threads(at: slots))
            """)
        }
      }
    }
  }

  /// Bytes that DuckDB takes for its limit, of the text `18.4 GiB`.
  private static func memoryLimit(of connection: Connection) throws(DuckDBError) -> Int {
    let text = try connection.rows("SELECT current_setting('memory_limit')").first?.first ?? nil
    let words = (text ?? "").split(separator: " ")
    let units = ["bytes": 0, "KiB": 10, "MiB": 20, "GiB": 30, "TiB": 40]
    guard words.count == 2, let number = Double(words[0]), let shift = units[String(words[1])]
    else { throw DuckDBError(kind: .settings, message: "unknown memory limit \(text ?? "")") }
    return Int(number * Double(1 << shift))
  }
}
