/// Tells keywords, strings, numbers and comments apart, line by line. For the eye only: the
/// engine's own parser decides what the text means.
struct SQLHighlighter {
  enum Kind: Equatable { case plain, keyword, string, number, comment }

  /// What a line begins in.
  private enum Mode: Equatable {
    case code
    case string(quote: Character)
    case comment(depth: Int)
  }

  private var mode = Mode.code
  private var kinds: [Kind] = []

  /// The kind of each character of the next line.
  mutating func kinds(of line: [Character]) -> [Kind] {
    kinds = []
    kinds.reserveCapacity(line.count)
    while kinds.count < line.count {
      switch mode {
      case .code: code(line)
      case .string(let quote): string(line, quote)
      case .comment(let depth): comment(line, depth)
      }
    }
    return kinds
  }

  private mutating func add(_ kind: Kind, _ count: Int = 1) {
    for _ in 0..<count { kinds.append(kind) }
  }

  private mutating func code(_ line: [Character]) {
    let start = kinds.count
    let next = start + 1 < line.count ? line[start + 1] : " "
    switch line[start] {
    case "-" where next == "-": add(.comment, line.count - start)
    case "/" where next == "*":
      add(.comment, 2)
      mode = .comment(depth: 1)
    case "'", "\"":
      add(.string)
      mode = .string(quote: line[start])
    case let digit where digit.isASCII && digit.isNumber:
      let end = line[start...].firstIndex { !$0.isLetter && !$0.isNumber && $0 != "." }
      add(.number, (end ?? line.count) - start)
    case let letter where letter.isLetter || letter == "_":
      let end =
        line[start...].firstIndex { !$0.isLetter && !$0.isNumber && $0 != "_" } ?? line.count
      let word = String(line[start..<end]).lowercased()
      add(Self.keywords.contains(word) ? .keyword : .plain, end - start)
    default: add(.plain)
    }
  }

  private mutating func string(_ line: [Character], _ quote: Character) {
    let end = line[kinds.count...].firstIndex(of: quote)
    add(.string, (end.map { $0 + 1 } ?? line.count) - kinds.count)
    if end != nil { mode = .code }
  }

  private mutating func comment(_ line: [Character], _ depth: Int) {
    let place = kinds.count
    let next = place + 1 < line.count ? line[place + 1] : " "
    if line[place] == "*" && next == "/" {
      add(.comment, 2)
      mode = depth > 1 ? .comment(depth: depth - 1) : .code
    } else if line[place] == "/" && next == "*" {
      add(.comment, 2)
      mode = .comment(depth: depth + 1)
    } else {
      add(.comment)
    }
  }

  private static let keywords: Set<String> = Set(
    """
    abort add all alter analyze and any array as asc authorization auto backup begin between by
    cascade case cast catalog check column comment commit copy create cross current_date
    current_timestamp current_user database date default delete desc describe distinct
    distkey diststyle drop else encode end escape except exists explain external false fetch
    filter following for foreign format from full function grant group having iam_role if
    ilike in inner insert intersect interval into is isnull join kinesis left like limit
    materialized natural no not notnull null nulls offset on only or order outer over
    partition partitioned preceding primary range recursive refresh references rename
    replace revoke right rollback row rows schema secret_arn select set show sortkey
    start stored super table temp temporary then timestamp timestamptz to transaction true
    truncate unbounded union unique unload update user using vacuum values varbyte varchar view
    when where window with work yes boolean bigint integer int smallint real double precision
    numeric decimal char text time
    """.split(whereSeparator: \.isWhitespace).map { String($0) })
}
