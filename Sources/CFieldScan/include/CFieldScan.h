#pragma once

#include <stdbool.h>
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

typedef enum {
  // A member's name; digits are an array's index as well.
  WEIR_STEP_EITHER = 0,
  WEIR_STEP_MEMBER,
  // An element of an array, from 0, in digits.
  WEIR_STEP_INDEX,
} weir_step_kind;

// The place that a step leads to from another one, of which 0 is the document itself. -1 without
// memory. From one place, no two steps of digits may be of different kinds.
int weir_field_set_step(
    weir_field_set *set, uint32_t from, const char *name, size_t length, weir_step_kind kind);

// Makes what is at a place a field: its number in a scan's result. `is_written`: numbers in it
// stay as they are written; else they are as a reader that goes through a double writes them.
int weir_field_set_end(weir_field_set *set, uint32_t place, bool is_written);

// What one thread needs to scan.
typedef struct weir_field_scan weir_field_scan;
weir_field_scan *weir_field_scan_make(const weir_field_set *set);
void weir_field_scan_free(weir_field_scan *scan);

// Fills the scan's fields from a document. The fields point into `bytes` and the scan's memory.
weir_scan_result weir_field_scan_run(weir_field_scan *scan, const uint8_t *bytes, size_t count);
const weir_field *weir_field_scan_fields(const weir_field_scan *scan);

// MARK: Values

// What a field's text means as a value of a type, where it is written plainly: then every reader
// agrees. False for the rest, which may well have a meaning for some.

// `-12`, of up to 18 digits.
bool weir_field_whole(const weir_field *field, int64_t min, int64_t max, int64_t *value);

// `-1.5`, in units of the scale; digits behind the scale are not plain.
bool weir_field_decimal(const weir_field *field, int width, int scale, int64_t *value);

// `-1.5`, of up to 15 digits: one division of two exact numbers.
bool weir_field_double(const weir_field *field, double *value);

// `2026-11-25 00:00:00.123456`, or with a T, a Z, or fewer digits behind the second. In
// microseconds since 1970.
bool weir_field_timestamp(const weir_field *field, int64_t *value);

bool weir_field_flag(const weir_field *field, bool *value);

#ifdef __cplusplus
}
#endif
