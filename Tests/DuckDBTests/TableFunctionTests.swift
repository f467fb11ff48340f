import Core
import DuckDB
import Synchronization
import Testing

/// Words in one buffer, handed out in place, as a segment of the stream log is.
private final class Words: TableFunctionSource {
  static let count = 300_000
  private static let width = 24
  // Never moved or freed while the source lives.
  private nonisolated(unsafe) let buffer: UnsafeMutableBufferPointer<UInt8>
  let next = Atomic<Int>(0)
  let projections = Mutex<[[Int]]>([])

  init() {
    buffer = .allocate(capacity: Self.count * Self.width)
    for index in 0..<Self.count {
      let word = Array(Self.word(index).utf8)
      for offset in 0..<Self.width { buffer[index * Self.width + offset] = word[offset] }
    }
  }

  deinit { buffer.deallocate() }

  static func word(_ index: Int) -> String {
    let digits = String((index * 7919) % count)
    return "word-" + String(repeating: "0", count: 19 - digits.count) + digits
  }

  func bytes(_ index: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(rebasing: buffer[(index * Self.width)..<((index + 1) * Self.width)])
  }

  var columns: [TableColumn] {
    [TableColumn(name: "n", type: .bigint), TableColumn(name: "word", type: .varchar)]
  }
  var estimatedRowCount: Int? { Self.count }
  var threadsMax: Int { 4 }

  func makeWorker(projection: [Int]) -> any TableFunctionWorker {
    projections.withLock { $0.append(projection) }
    return WordsWorker(words: self, projection: projection)
  }
}

private final class WordsWorker: TableFunctionWorker {
  let words: Words
  let projection: [Int]

  init(words: Words, projection: [Int]) {
    self.words = words
    self.projection = projection
  }

  func fill(_ chunk: inout OutputChunk) throws -> Int {
    let start = words.next.wrappingAdd(chunk.capacity, ordering: .relaxed).oldValue
    let count = max(0, min(chunk.capacity, Words.count - start))
    for row in 0..<count {
      for (place, column) in projection.enumerated() {
        if column == 0 {
          chunk.setInt64(column: place, row: row, Int64(start + row))
        } else {
          chunk.setStringInPlace(column: place, row: row, words.bytes(start + row))
        }
      }
    }
    return count
  }
}

@Suite struct TableFunctionTests {
  private func connect() throws -> Connection {
    let database = try Database(path: nil, options: ["threads": "2"])
    try database.register(
      TableFunction(name: "words", parameters: [.varchar]) { arguments in
        if arguments.first?.string == "bad" { throw SQLError("22023", "no such words") }
        return Words()
      })
    return try database.connect()
  }

  @Test func `strings in place survive sort, group and insert`() throws {
    let connection = try connect()
    try connection.execute("CREATE TABLE kept AS SELECT * FROM words('') ORDER BY word DESC")
    let expected = (0..<Words.count).map(Words.word)
    let rows = try connection.rows("SELECT word FROM kept ORDER BY n")
    #expect(rows.map { $0[0] ?? "" } == expected)
    let groups = try connection.scalar(
      "SELECT count(*) FROM (SELECT word FROM words('') GROUP BY word)")
    #expect(groups == Int64(Words.count))
  }

  @Test func `a worker is asked only for the columns that the statement needs`() throws {
    let connection = try connect()
    #expect(
      try connection.scalar("SELECT sum(n) FROM words('')")
        == Int64(Words.count) * Int64(Words.count - 1) / 2)
  }

  @Test func `what bind throws is the statement's error`() throws {
    let connection = try connect()
    do {
      _ = try connection.query("SELECT * FROM words('bad')")
      Issue.record("no error")
    } catch {
      #expect(error.message.contains("no such words"))
    }
  }
}
