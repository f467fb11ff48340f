internal import CDuckDB
internal import Core

// What DuckDB calls, from its own threads. Everything here is non-isolated.

/// Carries a Swift object through a C pointer.
private final class Box<Value> {
  let value: Value
  init(_ value: Value) { self.value = value }

  static func retain(_ value: Value) -> UnsafeMutableRawPointer {
    Unmanaged.passRetained(Box(value)).toOpaque()
  }

  static func read(_ pointer: UnsafeMutableRawPointer?) -> Value? {
    pointer.map { Unmanaged<Box<Value>>.fromOpaque($0).takeUnretainedValue().value }
  }
}

private func releaseObject(_ pointer: UnsafeMutableRawPointer?) {
  guard let pointer else { return }
  Unmanaged<AnyObject>.fromOpaque(pointer).release()
}

/// The state that the threads of one statement share.
private struct ScanState {
  let source: any TableFunctionSource
  let projection: [Int]
}

extension TableFunction {
  func register(on connection: duckdb_connection) -> Bool {
    var function = duckdb_create_table_function()
    defer { duckdb_destroy_table_function(&function) }
    duckdb_table_function_set_name(function, name)
    for parameter in parameters {
      var type = parameter.makeLogicalType()
      duckdb_table_function_add_parameter(function, type)
      duckdb_destroy_logical_type(&type)
    }
    duckdb_table_function_set_extra_info(function, Box.retain(self), releaseObject)
    duckdb_table_function_supports_projection_pushdown(function, true)
    duckdb_table_function_set_bind(function, bindTableFunction)
    duckdb_table_function_set_init(function, initTableFunction)
    duckdb_table_function_set_local_init(function, initTableFunctionThread)
    duckdb_table_function_set_function(function, runTableFunction)
    return duckdb_register_table_function(connection, function) == 0
  }
}

private func bindTableFunction(_ info: duckdb_bind_info?) {
  guard let function = Box<TableFunction>.read(duckdb_bind_get_extra_info(info)) else {
    duckdb_bind_set_error(info, "the table function has gone")
    return
  }
  let arguments = (0..<duckdb_bind_get_parameter_count(info)).map { index in
    var value = duckdb_bind_get_parameter(info, index)
    defer { duckdb_destroy_value(&value) }
    guard !duckdb_is_null_value(value), let text = duckdb_get_varchar(value) else {
      return TableFunction.Argument(string: nil)
    }
    defer { duckdb_free(text) }
    return TableFunction.Argument(string: String(cString: text))
  }
  do {
    let source = try function.bind(arguments)
    for column in source.columns {
      var type = column.type.makeLogicalType()
      duckdb_bind_add_result_column(info, column.name, type)
      duckdb_destroy_logical_type(&type)
    }
    if let count = source.estimatedRowCount {
      duckdb_bind_set_cardinality(info, idx_t(max(0, count)), false)
    }
    duckdb_bind_set_bind_data(info, Box<any TableFunctionSource>.retain(source), releaseObject)
  } catch {
    duckdb_bind_set_error(info, describe(error))
  }
}

private func initTableFunction(_ info: duckdb_init_info?) {
  guard let source = Box<any TableFunctionSource>.read(duckdb_init_get_bind_data(info)) else {
    duckdb_init_set_error(info, "the table function was not bound")
    return
  }
  let projection = (0..<duckdb_init_get_column_count(info)).map {
    Int(clamping: duckdb_init_get_column_index(info, $0))
  }
  duckdb_init_set_max_threads(info, idx_t(max(1, source.threadsMax)))
  let state = ScanState(source: source, projection: projection)
  duckdb_init_set_init_data(info, Box.retain(state), releaseObject)
}

/// Here the init info has the bind data, but not the shared state; the projection is the same.
private func initTableFunctionThread(_ info: duckdb_init_info?) {
  guard let source = Box<any TableFunctionSource>.read(duckdb_init_get_bind_data(info)) else {
    duckdb_init_set_error(info, "the table function was not bound")
    return
  }
  let projection = (0..<duckdb_init_get_column_count(info)).map {
    Int(clamping: duckdb_init_get_column_index(info, $0))
  }
  let worker = source.makeWorker(projection: projection)
  duckdb_init_set_init_data(info, Box<any TableFunctionWorker>.retain(worker), releaseObject)
}

private func runTableFunction(_ info: duckdb_function_info?, _ chunk: duckdb_data_chunk?) {
  guard let chunk,
    let worker = Box<any TableFunctionWorker>.read(duckdb_function_get_local_init_data(info))
  else {
    duckdb_function_set_error(info, "the table function was not initialised")
    return
  }
  do {
    var output = OutputChunk(chunk)
    let rows = try worker.fill(&output)
    duckdb_data_chunk_set_size(chunk, idx_t(max(0, min(rows, output.capacity))))
  } catch {
    duckdb_function_set_error(info, describe(error))
  }
}

private func describe(_ error: any Error) -> String {
  (error as? SQLError)?.message ?? "\(error)"
}
