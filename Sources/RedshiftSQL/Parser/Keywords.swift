/// Words that the grammar gives a meaning.
enum Keywords {
  /// Not to be used as a name without quotes.
  static let reserved: Set<String> = [
    "all", "and", "any", "as", "asc", "between", "both", "case", "cast", "check",
    "column", "constraint", "create", "cross", "default", "desc", "distinct", "else", "end",
    "except", "exists", "false", "for", "foreign", "from", "full", "grant", "group", "having",
    "ilike", "in", "inner", "intersect", "into", "is", "join", "leading", "left", "like", "limit",
    "minus", "natural", "not", "null", "offset", "on", "only", "or", "order", "outer", "primary",
    "qualify", "references", "right", "select", "similar", "some", "table", "then", "to", "top",
    "trailing", "true", "union", "unique", "user", "using", "when", "where", "with",
  ]

  /// Cannot follow an expression as an alias without AS: they go on with the query.
  static let noBareAlias: Set<String> = reserved.union([
    "window", "fetch", "union", "pivot", "unpivot", "tablesample", "isnull", "notnull", "over",
    "filter", "within", "ignore", "respect", "lateral", "set", "values", "returning", "exclude",
  ])

  /// For "did you mean".
  static let common: Set<String> = [
    "select", "from", "where", "group", "order", "having", "limit", "insert", "into", "values",
    "update", "delete", "create", "table", "view", "materialized", "external", "schema", "drop",
    "alter", "refresh", "auto", "join", "left", "right", "inner", "union", "distinct", "between",
    "begin", "commit", "rollback", "truncate", "explain", "kinesis", "with", "and",
  ]
}
