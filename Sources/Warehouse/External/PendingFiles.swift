internal import Core
internal import DuckDB
internal import ObjectStore
internal import Synchronization

/// Files that statements are adding to external tables. Readers see all files of a statement or
/// none of them: what is listed here is passed over.
///
/// Objects appear one by one, and only the catalog changes at once. So the addresses are noted here
/// (and in `weir.external_pending`, for those who open the database after a crash) before the first
/// object is made, and settled after the catalog's commit.
final class PendingFiles: Sendable {
  private struct State {
    var mark = 0
    var pending: Set<String> = []
    /// Settled at which mark; of a reader that began before it, they are none.
    var settled: [String: Int] = [:]
    /// What a crash left.
    var orphans: Set<String> = []
  }

  /// Nobody reads for as long as so many files take to be written.
  private static let settledMax = 50_000

  private let state = Mutex(State())

  /// What a reader notes before its snapshot begins.
  var mark: Int { state.withLock { $0.mark } }

  func begin(_ addresses: [String]) {
    state.withLock { $0.pending.formUnion(addresses) }
  }

  /// The catalog says now what they are.
  func settle(_ addresses: [String]) {
    state.withLock { state in
      state.mark += 1
      if state.settled.count > Self.settledMax {
        let oldest = state.mark - Self.settledMax / 100
        state.settled = state.settled.filter { $0.value > oldest }
      }
      for address in addresses {
        state.pending.remove(address)
        state.settled[address] = state.mark
      }
    }
  }

  /// They are no objects any more.
  func forget(_ addresses: [String]) {
    state.withLock { state in
      state.pending.subtract(addresses)
      state.orphans.subtract(addresses)
    }
  }

  /// - Parameter mark: the reader's.
  func hides(_ address: String, since mark: Int) -> Bool {
    state.withLock { $0.pending.contains(address) || $0.settled[address, default: 0] > mark }
  }

  /// At start.
  func adopt(_ addresses: [String]) {
    state.withLock { state in
      state.pending.formUnion(addresses)
      state.orphans.formUnion(addresses)
    }
  }

  var orphans: [String] { state.withLock { $0.orphans.sorted() } }
}

extension Warehouse {
  /// Removes objects of statements that a crash cut short.
  func clearPendingFiles() async throws {
    for location in pendingFiles.orphans {
      if let address = try? ObjectAddress(parsing: location) {
        do throws(ObjectStoreError) {
          try await objects.delete(address)
        } catch .noSuchObject {}
      }
      _ = try await onCatalog { catalog in
        try catalog.connection.execute(
          "DELETE FROM weir.external_pending WHERE location = \(literal(location))")
      }
      pendingFiles.forget([location])
    }
  }
}
