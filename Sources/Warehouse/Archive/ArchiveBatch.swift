internal import Core

/// One month of one policy on its way between two tiers.
struct ArchiveBatch: Sendable {
  enum Kind: String, Sendable {
    /// Rows of the table become files.
    case archive
    /// Many files of the month become one per folder.
    case compact
    /// Files become rows of the table again.
    case restore
  }

  var id: Int64
  var runID: Int64
  var policy: ArchivePolicy
  var month: ArchiveMonth
  var kind: Kind

  /// How the names of its objects begin, in whatever folder: what is to be cleared away if it is
  /// cut short.
  var objectName: String { Self.objectName(id) }

  static func objectName(_ id: Int64) -> String {
    let digits = String(id)
    return "weir-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits + "-"
  }
}

/// The steps of a batch, in their order. Whoever kills the process between any two of them finds
/// every row in exactly one tier.
package enum ArchiveStep: String, Sendable, CaseIterable {
  case intended
  case staged
  case verified
  case published
  case deleted
  case committed
}

/// How a batch ended.
struct ArchiveResult: Sendable {
  enum State: String, Sendable {
    case done
    /// It was cut short, or stopped; nothing has changed.
    case undone
    case failed
  }

  var state: State
  var rowCount = 0
  var fileCount = 0
  var byteCount = 0
  var checksum: String?
  var message: String?

  /// `41667 rows, 1 file`
  var summary: String {
    "\(rowCount) row\(rowCount == 1 ? "" : "s"), \(fileCount) file\(fileCount == 1 ? "" : "s")"
  }
}
