import Core

/// A text that was sent to the engine, and what came of it so far.
struct QueryRun: Sendable {
  enum State: Sendable, Equatable {
    case running
    /// Cancelling was asked for; the engine has not answered yet.
    case cancelling
    case finished
    case failed(SQLError)
  }

  let id: Int
  let text: String
  let startedAt: Timestamp?
  var state = State.running
  var seconds: Double?
  var endedAt: Timestamp? {
    seconds.flatMap { seconds in startedAt?.advanced(bySeconds: seconds) }
  }
  /// Tags of the statements that are done, in order.
  private(set) var tags: [String] = []
  private(set) var notices: [SQLNotice] = []
  /// Of the last statement that returned columns.
  private(set) var result: ResultSet?
  /// Columns of the running statement are in, its tag is not.
  private var isOpen = false
  private(set) var isEmpty = false

  private static let listsMax = 1000

  init(id: Int, text: String, startedAt: Timestamp?) {
    self.id = id
    self.text = text
    self.startedAt = startedAt
  }

  var isRunning: Bool { state == .running || state == .cancelling }

  mutating func receive(_ output: SQLOutput) {
    switch output {
    case .columns(let columns):
      result = ResultSet(columns: columns)
      isOpen = true
    case .rows(let batch):
      result?.add(batch)
    case .complete(let tag):
      if tags.count < Self.listsMax { tags.append(tag) }
      if isOpen { result?.tag = tag }
      isOpen = false
    case .notice(let notice):
      if notices.count < Self.listsMax { notices.append(notice) }
    case .empty: isEmpty = true
    case .parameter: break
    }
  }
}

/// Rows of one statement: the first of them kept, all of them counted.
struct ResultSet: Sendable {
  static let rowsMax = 10_000
  private static let bytesMax = 64 << 20
  /// Rows that decide how wide a column is.
  private static let measuredMax = 1000
  static let widthMax = 200

  let columns: [SQLColumn]
  var tag: String?
  private(set) var rowsReceived = 0
  private(set) var rowsKept = 0
  /// The widest value of each column among the first rows, in columns of the screen.
  private(set) var widths: [Int]
  private var batches: [(first: Int, batch: RowBatch)] = []
  private var bytesKept = 0

  init(columns: [SQLColumn]) {
    self.columns = columns
    widths = columns.map { _ in 0 }
  }

  mutating func add(_ batch: RowBatch) {
    rowsReceived += batch.rowCount
    guard rowsKept < Self.rowsMax, bytesKept < Self.bytesMax, !batch.isEmpty else { return }
    if rowsKept < Self.measuredMax { measure(batch) }
    batches.append((rowsKept, batch))
    bytesKept += batch.byteCount
    rowsKept = min(Self.rowsMax, rowsKept + batch.rowCount)
  }

  private mutating func measure(_ batch: RowBatch) {
    for row in 0..<min(batch.rowCount, Self.measuredMax) {
      for column in columns.indices {
        let text = batch.text(row: row, column: column) ?? "NULL"
        widths[column] = max(widths[column], TextCells.width(of: text, limit: Self.widthMax))
      }
    }
  }

  /// Nil is NULL, or a place outside.
  func text(row: Int, column: Int) -> String? {
    guard row >= 0, row < rowsKept else { return nil }
    var low = 0
    var high = batches.count
    while high - low > 1 {
      let middle = (low + high) / 2
      if batches[middle].first <= row { low = middle } else { high = middle }
    }
    guard low < batches.count else { return nil }
    return batches[low].batch.text(row: row - batches[low].first, column: column)
  }
}
