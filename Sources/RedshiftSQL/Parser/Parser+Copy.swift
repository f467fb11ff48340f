internal import Core

// COPY, as the pages r_COPY and copy-parameters-* document it. Options come in any order.
extension Parser {
  mutating func copy() throws(SQLError) -> Statement {
    try expect("copy")
    let table = try objectName()
    let columns = isSymbol("(") ? try columnList() : []
    try expect("from")
    let position = position
    let source = try expectString()
    guard source.lowercased().hasPrefix("s3://") else {
      let scheme = source.prefix { $0 != ":" }
      throw unsupported(
        "COPY from \(scheme.isEmpty ? "this source" : scheme + "://…")", at: position)
    }
    var options = CopyOptions()
    var given: Set<String> = []
    while current.kind == .word {
      let (name, place) = (current.text, self.position)
      if try takeAuthorization() { continue }
      try copyOption(&options, at: place)
      given.insert(name)
      try check(options, given, at: place)
    }
    return .copy(
      CopyFrom(
        table: table, columns: columns, source: source, position: position, options: options))
  }

  private mutating func copyOption(
    _ options: inout CopyOptions, at position: Int
  ) throws(SQLError) {
    if try copyFormat(&options, at: position) { return }
    if copyFlag(&options) { return }
    let word = current.text
    advance()
    switch word {
    case "delimiter": options.delimiter = try asciiCharacter()
    case "quote": options.quote = try asciiCharacter()
    case "ignoreheader":
      _ = take("as")
      options.headerLines = try expectInteger()
    case "null":
      _ = take("as")
      options.nullText = Self.nullText(try expectString())
    case "acceptinvchars":
      _ = take("as")
      options.invalidReplacement =
        current.kind == .string ? try asciiCharacter() : UInt8(ascii: "?")
    case "dateformat": options.dateForm = try dateForm()
    case "timeformat": options.timeForm = try dateForm()
    case "encoding":
      _ = take("as")
      options.encoding = try encoding()
    case "maxerror":
      _ = take("as")
      options.errorsMax = try expectInteger()
      guard options.errorsMax <= 100_000 else {
        throw SQLError("22023", "MAXERROR must be between 0 and 100000", position: position)
      }
    case "comprows": _ = try expectInteger()
    case "compupdate": if !take("preset") { _ = try onOrOff() }
    case "statupdate": _ = try onOrOff()
    case "region":
      _ = take("as")
      options.region = try expectString()
    case "readratio", "ssh", "lzop", "encrypted", "master_symmetric_key", "job":
      throw unsupported("\(word.uppercased()) in COPY", at: position)
    default:
      rewind(by: 1)
      throw unexpected("expected an option of COPY")
    }
  }

  private mutating func copyFormat(
    _ options: inout CopyOptions, at position: Int
  ) throws(SQLError) -> Bool {
    if take("format") {
      _ = take("as")
      guard try copyFormat(&options, at: position) else {
        throw unexpected("expected CSV, JSON, PARQUET, FIXEDWIDTH or DELIMITER")
      }
      return true
    }
    guard current.kind == .word else { return false }
    let word = current.text
    switch word {
    case "csv", "parquet", "text":
      advance()
      options.format = word == "csv" ? .csv : word == "parquet" ? .parquet : .text
    case "json":
      advance()
      _ = take("as")
      options.format = .json(try jsonMapping())
    case "fixedwidth":
      advance()
      _ = take("as")
      options.format = .fixedWidth(try fixedWidths())
    case "avro", "orc", "shapefile", "rcfile", "sequencefile":
      throw unsupported("COPY from \(word.uppercased())", at: position)
    default: return false
    }
    return true
  }

  private mutating func jsonMapping() throws(SQLError) -> CopyOptions.JSONMapping {
    guard current.kind == .string else { return .auto(ignoresCase: false) }
    let position = position
    let text = try expectString()
    switch text.lowercased() {
    case "auto": return .auto(ignoresCase: false)
    case "auto ignorecase": return .auto(ignoresCase: true)
    case "noshred": return .noShred
    default:
      guard text.lowercased().hasPrefix("s3://") else {
        throw SQLError(
          "22023", "JSON takes 'auto', 'auto ignorecase', 'noshred' or the address of a file",
          position: position)
      }
      return .paths(text)
    }
  }

  private mutating func copyFlag(_ options: inout CopyOptions) -> Bool {
    guard current.kind == .word else { return false }
    switch current.text {
    case "manifest": options.isManifest = true
    case "gzip", "bzip2", "zstd": options.compression = FileCompression(rawValue: current.text)
    case "ignoreblanklines": options.ignoresBlankLines = true
    case "emptyasnull": options.emptyIsNull = true
    case "blanksasnull": options.blanksAreNull = true
    case "acceptanydate": options.acceptsAnyDate = true
    case "truncatecolumns": options.truncates = true
    case "trimblanks": options.trimsBlanks = true
    case "fillrecord": options.fillsRecords = true
    case "removequotes": options.removesQuotes = true
    case "escape": options.escapes = true
    case "explicit_ids": options.hasExplicitIDs = true
    case "roundec": options.roundsDecimals = true
    case "ignoreallerrors": options.ignoresAllErrors = true
    case "noload": options.isOnlyChecked = true
    default: return false
    }
    advance()
    return true
  }

  private mutating func dateForm() throws(SQLError) -> CopyOptions.DateForm {
    _ = take("as")
    let text = try expectString()
    switch text {
    case "auto": return .auto
    case "epochsecs": return .epochSeconds
    case "epochmillisecs": return .epochMilliseconds
    default: return .template(text)
    }
  }

  private mutating func encoding() throws(SQLError) -> CopyOptions.Encoding {
    guard current.kind == .word || current.kind == .string,
      let encoding = CopyOptions.Encoding(
        rawValue: current.text.lowercased().filter { $0 != "-" })
    else { throw unexpected("expected UTF8, UTF16, UTF16LE or UTF16BE") }
    advance()
    return encoding
  }

  /// `'\0'` and `'\000'` are the character NUL.
  private static func nullText(_ text: String) -> String {
    ["\\0", "\\000"].contains(text) ? "\0" : text
  }

  private func check(
    _ options: CopyOptions, _ given: Set<String>, at position: Int
  ) throws(SQLError) {
    func refuse(_ what: String, _ with: String) -> SQLError {
      SQLError("42601", "\(what.uppercased()) cannot be used with \(with)", position: position)
    }
    if given.isSuperset(of: ["maxerror", "ignoreallerrors"]) {
      throw refuse("MAXERROR", "IGNOREALLERRORS")
    }
    let text = ["delimiter", "quote", "escape", "removequotes"]
    let excluded: [String]
    switch options.format {
    case .csv: excluded = ["escape", "removequotes", "fixedwidth"]
    case .text: excluded = []
    case .fixedWidth: excluded = text
    case .json: excluded = text + ["fillrecord", "ignoreheader"]
    case .parquet:
      excluded =
        text + [
          "gzip", "bzip2", "zstd", "maxerror", "ignoreallerrors", "ignoreheader", "noload",
          "dateformat", "timeformat", "encoding", "null", "emptyasnull", "blanksasnull",
          "ignoreblanklines", "trimblanks", "truncatecolumns", "acceptanydate", "roundec",
        ]
    }
    if let word = excluded.first(where: given.contains) {
      throw refuse(word, "\(options.format.name.uppercased()) in COPY")
    }
  }
}
