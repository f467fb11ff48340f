// Opens DuckDB, runs `select 42` and loads the extension files named as arguments.
// Exits 0 if all of it worked.
#include <stdint.h>
#include <stdio.h>

typedef struct {
  uint64_t columns, rows, changed;
  void *deprecated;
  char *error;
  void *internal;
} result;

extern const char *duckdb_library_version(void);
extern int duckdb_open(const char *path, void **database);
extern int duckdb_connect(void *database, void **connection);
extern int duckdb_query(void *connection, const char *sql, result *result);
extern const char *duckdb_result_error(result *result);
extern void *duckdb_fetch_chunk(result result);
extern void *duckdb_data_chunk_get_vector(void *chunk, uint64_t column);
extern void *duckdb_vector_get_data(void *vector);
extern void duckdb_destroy_data_chunk(void **chunk);
extern void duckdb_destroy_result(result *result);
extern void duckdb_disconnect(void **connection);
extern void duckdb_close(void **database);

static int run(void *connection, const char *sql, result *result) {
  if (duckdb_query(connection, sql, result) == 0) return 0;
  const char *error = duckdb_result_error(result);
  fprintf(stderr, "%s: %s\n", sql, error ? error : "failed");
  return 1;
}

int main(int count, char **arguments) {
  void *database = NULL, *connection = NULL;
  if (duckdb_open(NULL, &database) || duckdb_connect(database, &connection)) {
    fprintf(stderr, "DuckDB does not open\n");
    return 1;
  }
  result answer;
  if (run(connection, "select 42::integer", &answer)) return 1;
  void *chunk = duckdb_fetch_chunk(answer);
  if (!chunk) return 1;
  int32_t *values = duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk, 0));
  if (!values || *values != 42) {
    fprintf(stderr, "select 42 gave another answer\n");
    return 1;
  }
  duckdb_destroy_data_chunk(&chunk);
  duckdb_destroy_result(&answer);

  for (int i = 1; i < count; i++) {
    char sql[4096];
    result loaded;
    if (snprintf(sql, sizeof sql, "LOAD '%s'", arguments[i]) >= (int)sizeof sql) return 1;
    if (run(connection, sql, &loaded)) return 1;
    duckdb_destroy_result(&loaded);
  }
  duckdb_disconnect(&connection);
  duckdb_close(&database);
  return 0;
}
