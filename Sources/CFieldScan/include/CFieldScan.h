#pragma once

#include <stddef.h>
#include <stdint.h>

// Finds some fields of a JSON document (RFC 8259, strictly) in one pass over its bytes, which
// checks all of it: structure, numbers, strings and their UTF-8.

#ifdef __cplusplus
extern "C" {
#endif

typedef struct weir_field_set weir_field_set;

typedef enum {
  WEIR_FIELD_MISSING = 0,
  WEIR_FIELD_NULL,
  // The text stands in the document as it is.
  WEIR_FIELD_IN_PLACE,
  // The text was made, and lies in the scan's own memory until the next document.
  WEIR_FIELD_MADE,
} weir_field_kind;

typedef struct {
  const uint8_t *text;
  uint32_t length;
  weir_field_kind kind;
} weir_field;

typedef enum {
  WEIR_SCAN_OK = 0,
  // The bytes are no JSON document.
  WEIR_SCAN_INVALID,
  // A document that this scan does not read: what another reader makes of it may differ.
  WEIR_SCAN_HARD,
} weir_scan_result;

// A set with no path in it. NULL without memory.
weir_field_set *weir_field_set_make(void);
void weir_field_set_free(weir_field_set *set);

// Adds the path of `count` steps; a step of digits is a member's name or an array's index.
// Returns the number of the field in a scan's result, -1 without memory.
int weir_field_set_add(
    weir_field_set *set, const char *const *steps, const size_t *lengths, size_t count);

// What one thread needs to scan.
typedef struct weir_field_scan weir_field_scan;
weir_field_scan *weir_field_scan_make(const weir_field_set *set);
void weir_field_scan_free(weir_field_scan *scan);

// Fills the scan's fields from a document. The fields point into `bytes` and the scan's memory.
weir_scan_result weir_field_scan_run(weir_field_scan *scan, const uint8_t *bytes, size_t count);
const weir_field *weir_field_scan_fields(const weir_field_scan *scan);

#ifdef __cplusplus
}
#endif
