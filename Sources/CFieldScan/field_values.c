#include "CFieldScan.h"

#include <string.h>

static const int64_t powers[] = {
    1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000,
    100000000000, 1000000000000, 10000000000000, 100000000000000, 1000000000000000,
    10000000000000000, 100000000000000000, 1000000000000000000};

typedef struct {
  // The digits before and behind the point, as one number.
  int64_t digits;
  int count;
  // Digits behind the point.
  int part_count;
  bool is_negative;
} plain_number;

// `-?[0-9]+(\.[0-9]+)?`, of up to 18 digits in all.
static bool read_number(const weir_field *field, plain_number *number) {
  const uint8_t *at = field->text, *end = at + field->length;
  *number = (plain_number){0};
  if (at < end && *at == '-') {
    number->is_negative = true;
    at++;
  }
  if (end - at > 19) return false;
  const uint8_t *start = at;
  // 19 digits fit without a sign, and are refused behind.
  uint64_t value = 0;
  while (at < end && (uint8_t)(*at - '0') <= 9) value = value * 10 + (uint64_t)(*at++ - '0');
  number->count = (int)(at - start);
  if (number->count == 0) return false;
  if (at < end) {
    if (*at != '.') return false;
    const uint8_t *part = ++at;
    while (at < end && (uint8_t)(*at - '0') <= 9) value = value * 10 + (uint64_t)(*at++ - '0');
    number->part_count = (int)(at - part);
    number->count += number->part_count;
    if (number->part_count == 0 || at < end) return false;
  }
  number->digits = (int64_t)value;
  return number->count <= 18;
}

static bool has_text(const weir_field *field) {
  return field->kind == WEIR_FIELD_IN_PLACE || field->kind == WEIR_FIELD_MADE;
}

bool weir_field_whole(const weir_field *field, int64_t min, int64_t max, int64_t *value) {
  plain_number number;
  if (!has_text(field) || !read_number(field, &number) || number.part_count > 0) return false;
  *value = number.is_negative ? -number.digits : number.digits;
  return *value >= min && *value <= max;
}

bool weir_field_decimal(const weir_field *field, int width, int scale, int64_t *value) {
  plain_number number;
  if (width < 1 || width > 18 || scale < 0 || scale > width) return false;
  if (!has_text(field) || !read_number(field, &number) || number.part_count > scale) return false;
  // Without overflow: what is multiplied is below 10^(18 - scale + part_count).
  int64_t limit = powers[width];
  int64_t factor = powers[scale - number.part_count];
  if (number.digits >= limit / factor) return false;
  *value = (number.is_negative ? -number.digits : number.digits) * factor;
  return true;
}

bool weir_field_double(const weir_field *field, double *value) {
  plain_number number;
  if (!has_text(field) || !read_number(field, &number) || number.count > 15) return false;
  // Zero has a sign here.
  if (number.digits == 0 && number.is_negative) return false;
  double digits = (double)(number.is_negative ? -number.digits : number.digits);
  *value = digits / (double)powers[number.part_count];
  return true;
}

static bool read_digits(const uint8_t *at, int count, int *value) {
  *value = 0;
  for (int i = 0; i < count; i++) {
    uint8_t digit = (uint8_t)(at[i] - '0');
    if (digit > 9) return false;
    *value = *value * 10 + digit;
  }
  return true;
}

// Days from 1970-01-01 in the Gregorian calendar; March is the first month of its year.
static int64_t days_of(int year, int month, int day) {
  int64_t y = month <= 2 ? year - 1 : year;
  int64_t era = y / 400;
  int64_t of_era = y - era * 400;
  int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
  return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_in(int year, int month) {
  static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return month == 2 && is_leap ? 29 : days[month - 1];
}

bool weir_field_timestamp(const weir_field *field, int64_t *value) {
  if (!has_text(field) || field->length < 19 || field->length > 27) return false;
  const uint8_t *at = field->text, *end = at + field->length;
  int year, month, day, hour, minute, second;
  if (!read_digits(at, 4, &year) || at[4] != '-' || !read_digits(at + 5, 2, &month) ||
      at[7] != '-' || !read_digits(at + 8, 2, &day) || (at[10] != ' ' && at[10] != 'T') ||
      !read_digits(at + 11, 2, &hour) || at[13] != ':' || !read_digits(at + 14, 2, &minute) ||
      at[16] != ':' || !read_digits(at + 17, 2, &second)) {
    return false;
  }
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in(year, month) ||
      hour > 23 || minute > 59 || second > 59) {
    return false;
  }
  at += 19;
  if (end > at && end[-1] == 'Z') end--;
  int64_t micros = 0;
  if (at < end) {
    int part, count = (int)(end - at) - 1;
    if (*at != '.' || count < 1 || count > 6 || !read_digits(at + 1, count, &part)) return false;
    micros = part * powers[6 - count];
  }
  int64_t seconds = days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second;
  *value = seconds * 1000000 + micros;
  return true;
}

bool weir_field_flag(const weir_field *field, bool *value) {
  if (!has_text(field)) return false;
  *value = field->length == 4;
  return (*value && memcmp(field->text, "true", 4) == 0) ||
         (field->length == 5 && memcmp(field->text, "false", 5) == 0);
}
