internal import DuckDB

/// PG_CANCEL_BACKEND and PG_TERMINATE_BACKEND of numbers that rows have:
/// `SELECT pg_cancel_backend(pid) FROM stv_recents WHERE status = 'Running'`. Each gives 1 for a
/// session that there is, else 0.
enum SignalFunctions {
  static func all(_ sessions: SessionDirectory) -> [ScalarFunction] {
    [
      signal("weir_cancel_backend") { sessions.cancel($0, message: nil) },
      signal("weir_terminate_backend") { sessions.terminate($0) },
    ]
  }

  private static func signal(
    _ name: String, _ send: @escaping @Sendable (Int) -> Bool
  ) -> ScalarFunction {
    ScalarFunction(name, [.bigint], to: .integer, isVolatile: true) { input, output in
      for row in 0..<input.rowCount where input.isValid(row) {
        output.set(row, int32: send(Int(clamping: input.int64(0, row))) ? 1 : 0)
      }
    }
  }
}
