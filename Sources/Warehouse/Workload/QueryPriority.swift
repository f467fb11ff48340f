/// Who goes first among those who wait: Redshift's names for it.
enum QueryPriority: String, CaseIterable, Comparable {
  case lowest, low, normal, high, highest, critical

  private var rank: Int { Self.allCases.firstIndex(of: self) ?? 0 }

  static func < (left: QueryPriority, right: QueryPriority) -> Bool { left.rank < right.rank }

  /// Of a session: its `query_priority`; where that is normal, its `query_group`, if that is
  /// the name of a priority.
  static func of(priority: String, group: String) -> QueryPriority {
    let own = QueryPriority(rawValue: priority.lowercased()) ?? .normal
    guard own == .normal else { return own }
    return QueryPriority(rawValue: group.lowercased()) ?? .normal
  }
}
