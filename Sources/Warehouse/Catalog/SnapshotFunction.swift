internal import DuckDB
internal import Synchronization

/// Who makes the snapshot that `weir_snapshot()` returns.
final class SnapshotSource: Sendable {
  let provider = Mutex<(@Sendable () -> String?)?>(nil)
}

/// The table function `weir_snapshot()`: the dashboard's newest snapshot as one JSON document, so
/// that a dashboard in another process shows the same numbers.
enum SnapshotFunction {
  static func make(_ source: SnapshotSource) -> TableFunction {
    TableFunction(name: "weir_snapshot", parameters: []) { _ in
      Document(text: source.provider.withLock { $0 }?())
    }
  }

  private final class Document: TableFunctionSource {
    let text: String?
    let columns = [TableColumn(name: "snapshot", type: .varchar)]
    let estimatedRowCount: Int? = 1
    let threadsMax = 1

    init(text: String?) {
      self.text = text
    }

    func makeWorker(projection: [Int]) -> any TableFunctionWorker {
      Writer(text: text, isWanted: !projection.isEmpty)
    }
  }

  private final class Writer: TableFunctionWorker {
    private var text: String?
    private let isWanted: Bool

    init(text: String?, isWanted: Bool) {
      self.text = text
      self.isWanted = isWanted
    }

    func fill(_ chunk: inout OutputChunk) throws -> Int {
      guard var document = text else { return 0 }
      text = nil
      if isWanted {
        document.withUTF8 { chunk.setStringCopy(column: 0, row: 0, $0) }
      }
      return 1
    }
  }
}
