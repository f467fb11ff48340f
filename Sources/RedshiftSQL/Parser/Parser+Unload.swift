internal import Core

// UNLOAD, as the page r_UNLOAD documents it. Options come in any order.
extension Parser {
  mutating func unload() throws(SQLError) -> Statement {
    try expect("unload")
    try expectSymbol("(")
    guard current.kind == .string else { throw unexpected("expected a query in single quotes") }
    let query = try nestedQuery(in: current)
    try checkUnlimited(query)
    advance()
    try expectSymbol(")")
    try expect("to")
    let position = position
    let destination = try expectString()
    var options = UnloadOptions()
    var given: Set<String> = []
    while current.kind == .word {
      let (name, place) = (current.text, self.position)
      if try takeAuthorization() { continue }
      try unloadOption(&options)
      given.insert(name == "format" ? options.format.rawValue : name)
      try check(options, given, at: place)
    }
    return .unload(
      Unload(query: query, destination: destination, position: position, options: options))
  }

  /// An outer LIMIT is refused, as Redshift does.
  private func checkUnlimited(_ query: Query) throws(SQLError) {
    var hasTop = false
    if case .select(let select) = query.body {
      hasTop = select.top != nil
      if select.into != nil { throw unsupported("SELECT INTO in UNLOAD") }
    }
    guard query.limit != nil || query.offset != nil || hasTop else { return }
    throw SQLError(
      "0A000", "Limit clause is not supported", hint: "put it into a subquery", position: position)
  }

  private mutating func unloadOption(_ options: inout UnloadOptions) throws(SQLError) {
    let word = current.text
    advance()
    switch word {
    case "format":
      _ = take("as")
      options.format = try unloadFormat()
    case "csv", "parquet", "json":
      options.format = UnloadOptions.Format(rawValue: word) ?? .text
    case "partition":
      try expect("by")
      options.partitionColumns = try columnList()
      options.includesPartitionColumns = take("include")
    case "manifest": options.manifest = take("verbose") ? .verbose : .plain
    case "header": options.hasHeader = true
    case "gzip", "bzip2", "zstd": options.compression = FileCompression(rawValue: word)
    case "addquotes": options.addsQuotes = true
    case "escape": options.escapes = true
    case "allowoverwrite": options.existing = .overwrite
    case "cleanpath": options.existing = .clean
    case "parallel": options.isParallel = try onOrOff()
    case "delimiter": options.delimiter = try asciiCharacter()
    case "fixedwidth":
      _ = take("as")
      options.fixedWidths = try fixedWidths()
    case "null":
      _ = take("as")
      options.nullText = try expectString()
    case "maxfilesize":
      options.fileBytesMax = try size(
        from: 5 << 20, to: UnloadOptions.fileBytesLimit, "MAXFILESIZE", "5 MB and 6.2 GB")
    case "rowgroupsize":
      options.rowGroupBytes = try size(
        from: 32 << 20, to: 128 << 20, "ROWGROUPSIZE", "32 MB and 128 MB")
    case "region":
      _ = take("as")
      options.region = try expectString()
    case "extension": options.fileExtension = try expectString()
    case "encrypted":
      _ = take("auto")
      options.isEncrypted = true
    case "kms_key_id":
      _ = try expectString()
      options.isEncrypted = true
    case "master_symmetric_key": throw unsupported("client-side encryption in UNLOAD")
    default:
      rewind(by: 1)
      throw unexpected("expected an option of UNLOAD")
    }
  }

  private mutating func unloadFormat() throws(SQLError) -> UnloadOptions.Format {
    guard current.kind == .word, let format = UnloadOptions.Format(rawValue: current.text) else {
      throw unexpected("expected CSV, PARQUET or JSON")
    }
    advance()
    return format
  }

  /// The pairs that exclude each other.
  private func check(
    _ options: UnloadOptions, _ given: Set<String>, at position: Int
  ) throws(SQLError) {
    let text = ["delimiter", "fixedwidth", "addquotes", "escape", "null", "header"]
    let excluded: [(String, [String])] = [
      ("parquet", text + ["gzip", "bzip2", "zstd"]), ("json", text),
      ("csv", ["fixedwidth", "escape", "addquotes"]),
      ("fixedwidth", ["delimiter", "header", "addquotes", "escape"]),
      ("cleanpath", ["allowoverwrite"]), ("gzip", ["bzip2", "zstd"]), ("bzip2", ["zstd"]),
      ("parquet", ["json", "csv"]), ("json", ["csv"]),
    ]
    for (word, others) in excluded where given.contains(word) {
      guard let other = others.first(where: given.contains) else { continue }
      throw SQLError(
        "42601", "\(other.uppercased()) is not supported for UNLOAD with \(word.uppercased())",
        position: position)
    }
    if given.contains("rowgroupsize"), current.kind != .word, options.format != .parquet {
      throw SQLError(
        "42601", "ROWGROUPSIZE is only supported for UNLOAD to PARQUET", position: position)
    }
  }

  // MARK: What COPY has too

  /// IAM_ROLE, CREDENTIALS, ACCESS_KEY_ID, SECRET_ACCESS_KEY, SESSION_TOKEN: objects here have no
  /// owners, so that anybody may.
  mutating func takeAuthorization() throws(SQLError) -> Bool {
    if take("with", "credentials") || take("credentials") {
      _ = take("as")
      _ = try expectString()
    } else if take("iam_role") {
      if take("default") { return true }
      _ = try expectString()
    } else if take("access_key_id") || take("secret_access_key") || take("session_token")
      || take("token")
    {
      _ = take("as")
      _ = try expectString()
    } else {
      return false
    }
    return true
  }

  mutating func onOrOff() throws(SQLError) -> Bool {
    if take("off") || take("false") { return false }
    _ = take("on") || take("true")
    return true
  }

  /// `[AS] 'c'`: one ASCII character, also as `\t`, `\\` or in octal, `\054`.
  mutating func asciiCharacter() throws(SQLError) -> UInt8 {
    _ = take("as")
    let position = position
    let text = try expectString()
    let bytes = Array(text.utf8)
    if bytes.count == 1, bytes[0] < 0x80 { return bytes[0] }
    if bytes.first == UInt8(ascii: "\\") {
      let names: [String: UInt8] = ["\\t": 9, "\\n": 10, "\\r": 13, "\\b": 8, "\\f": 12, "\\v": 11]
      if let known = names[text] { return known }
      if let octal = UInt8(text.dropFirst(), radix: 8), octal < 0x80 { return octal }
    }
    throw SQLError(
      "22023", "the character must be a single ASCII character", position: position)
  }

  /// `'id:3,name:39'`
  mutating func fixedWidths() throws(SQLError) -> [Int] {
    let position = position
    var widths: [Int] = []
    for part in try expectString().split(separator: ",") {
      let words = part.split(separator: ":", omittingEmptySubsequences: false)
      let digits = words.last.map { $0.filter { $0 != " " } } ?? ""
      guard words.count == 2, let width = Int(digits), (1...65_535).contains(width)
      else {
        throw SQLError(
          "22023", "FIXEDWIDTH takes 'label:width,label:width,…'", position: position)
      }
      widths.append(width)
    }
    guard !widths.isEmpty else {
      throw SQLError("22023", "FIXEDWIDTH takes 'label:width,…'", position: position)
    }
    return widths
  }

  private mutating func size(
    from least: Int, to most: Int, _ name: String, _ range: String
  ) throws(SQLError) -> Int {
    _ = take("as")
    let position = position
    guard current.kind == .number, let value = Double(current.text) else {
      throw unexpected("expected a size")
    }
    advance()
    let unit = take("gb") ? 1_000.0 : 1
    if unit == 1 { _ = take("mb") }
    let bytes = value * unit * Double(1 << 20)
    guard bytes >= Double(least), bytes <= Double(most) else {
      throw SQLError("22023", "\(name) must be between \(range)", position: position)
    }
    return Int(bytes)
  }
}
