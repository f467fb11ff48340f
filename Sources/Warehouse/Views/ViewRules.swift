internal import Core
internal import RedshiftSQL

/// What decides how a view can be kept fresh.
enum ViewRules {
  /// Functions whose value changes though no row does.
  static let mutableFunctions: Set<String> = [
    "getdate", "sysdate", "random", "now", "current_timestamp", "current_date", "current_time",
    "current_user", "session_user", "user", "timeofday", "localtime", "localtimestamp",
    "clock_timestamp", "statement_timestamp", "transaction_timestamp", "gen_random_uuid", "uuid",
    "pg_backend_pid", "current_schema", "current_setting", "nextval",
  ]

  /// Aggregates to whose result the values of new rows cannot be added.
  private static let unfoldable: Set<String> = [
    "listagg", "median", "stddev", "stddev_samp", "stddev_pop", "variance", "var_samp", "var_pop",
    "any_value", "percentile_cont", "percentile_disc", "approximate_percentile_disc", "bit_and",
    "bit_or", "bool_and", "bool_or", "listaggdistinct", "string_agg", "array_agg", "every",
    "approx_count_distinct", "hll", "hll_create_sketch", "hll_combine",
  ]

  static func isAggregate(_ call: FunctionCall) -> Bool {
    let name = call.simpleName ?? ""
    return call.over == nil
      && (FoldBuilder.aggregates.contains(name) || unfoldable.contains(name)
        || call.isApproximate || call.withinGroup != nil)
  }

  static func isUnfoldable(_ call: FunctionCall) -> Bool {
    isAggregate(call)
      && (!FoldBuilder.aggregates.contains(call.simpleName ?? "") || call.isDistinct
        || call.isApproximate || call.withinGroup != nil || call.filter != nil
        || !call.orderBy.isEmpty)
  }

  static func hasAggregates(_ select: Select) -> Bool {
    any(in: Query(body: .select(select))) { value in
      if case .call(let call) = value.kind { return isAggregate(call) }
      return false
    }
  }

  static func isMutable(_ query: Query) -> Bool {
    any(in: query) { value in
      if case .call(let call) = value.kind {
        return mutableFunctions.contains(call.simpleName ?? "")
      }
      return false
    }
  }

  /// Whether an expression anywhere in the query passes the test.
  static func any(in query: Query, where test: (Expression) -> Bool) -> Bool {
    withoutActuallyEscaping(test) { test in
      var found = false
      var map = TreeMap(
        expression: { value throws(SQLError) in
          if test(value) { found = true }
          return nil
        })
      _ = try? map.map(query)
      return found
    }
  }
}

/// The columns of a view must have names, each its own.
enum ViewNames {
  static func check(_ items: [SelectItem]) throws(SQLError) {
    var names: Set<String> = []
    for item in items where !names.insert(item.outputName).inserted {
      throw SQLError(
        "42701", "column \"\(item.outputName)\" specified more than once",
        hint: "name the columns with AS",
        position: item.expression.position > 0 ? item.expression.position : nil)
    }
  }
}
