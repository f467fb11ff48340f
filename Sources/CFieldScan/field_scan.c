#include "CFieldScan.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// MARK: Paths

typedef struct {
  char *name;
  uint32_t length;
  weir_step_kind kind;
  // The step as an array's index, or -1.
  int64_t index;
  // The node that the step leads to.
  uint32_t node;
} edge;

typedef struct {
  edge *edges;
  uint32_t count;
  // Whether a step could mean an array's element.
  bool has_indices;
  // The number of the field that ends here, or -1.
  int32_t field;
  // Whether the field's numbers are to stay as they are written.
  bool is_written;
  // Steps from the document.
  uint32_t depth;
} node;

struct weir_field_set {
  node *nodes;
  uint32_t node_count;
  uint32_t field_count;
  // Fields that can lie within each other.
  uint32_t nesting_max;
};

static int add_node(weir_field_set *set) {
  node *nodes = realloc(set->nodes, (set->node_count + 1) * sizeof(node));
  if (!nodes) return -1;
  set->nodes = nodes;
  nodes[set->node_count] = (node){.edges = NULL, .count = 0, .has_indices = false, .field = -1, .depth = 0};
  return (int)set->node_count++;
}

weir_field_set *weir_field_set_make(void) {
  weir_field_set *set = calloc(1, sizeof(weir_field_set));
  if (set && add_node(set) < 0) {
    free(set);
    return NULL;
  }
  return set;
}

void weir_field_set_free(weir_field_set *set) {
  if (!set) return;
  for (uint32_t i = 0; i < set->node_count; i++) {
    for (uint32_t j = 0; j < set->nodes[i].count; j++) free(set->nodes[i].edges[j].name);
    free(set->nodes[i].edges);
  }
  free(set->nodes);
  free(set);
}

static int64_t index_of(const char *step, size_t length) {
  if (length == 0 || length > 9) return -1;
  int64_t value = 0;
  for (size_t i = 0; i < length; i++) {
    if (step[i] < '0' || step[i] > '9') return -1;
    value = value * 10 + (step[i] - '0');
  }
  return value;
}

int weir_field_set_step(
    weir_field_set *set, uint32_t from, const char *name, size_t length, weir_step_kind kind) {
  int64_t index = kind == WEIR_STEP_MEMBER ? -1 : index_of(name, length);
  // A name that is no number is a member's, however it was asked for.
  if (kind == WEIR_STEP_EITHER && index < 0) kind = WEIR_STEP_MEMBER;
  for (uint32_t i = 0; i < set->nodes[from].count; i++) {
    const edge *known = &set->nodes[from].edges[i];
    if (known->kind == kind && known->length == length &&
        memcmp(known->name, name, length) == 0) {
      return (int)known->node;
    }
  }
  int to = add_node(set);
  if (to < 0) return -1;
  node *start = &set->nodes[from];
  set->nodes[to].depth = start->depth + 1;
  edge *edges = realloc(start->edges, (start->count + 1) * sizeof(edge));
  if (!edges) return -1;
  start->edges = edges;
  char *copy = malloc(length + 1);
  if (!copy) return -1;
  memcpy(copy, name, length);
  edges[start->count++] = (edge){
      .name = copy, .length = (uint32_t)length, .kind = kind, .index = index,
      .node = (uint32_t)to};
  if (index >= 0) start->has_indices = true;
  return to;
}

int weir_field_set_end(weir_field_set *set, uint32_t place, bool is_written) {
  node *end = &set->nodes[place];
  end->is_written = is_written;
  if (end->depth > set->nesting_max) set->nesting_max = end->depth;
  if (end->field < 0) end->field = (int32_t)set->field_count++;
  return end->field;
}

// MARK: Scanning

enum { depth_max = 200 };

struct weir_field_scan {
  const weir_field_set *set;
  weir_field *fields;
  // The number of the document in which each node was come to last.
  uint32_t *visits;
  uint32_t document;
  // Where texts are made; as long as the longest document.
  uint8_t *made;
  size_t made_size;
  size_t made_count;
  const uint8_t *place;
  const uint8_t *end;
  weir_scan_result problem;
};

weir_field_scan *weir_field_scan_make(const weir_field_set *set) {
  weir_field_scan *scan = calloc(1, sizeof(weir_field_scan));
  if (!scan) return NULL;
  scan->set = set;
  scan->fields = calloc(set->field_count ? set->field_count : 1, sizeof(weir_field));
  scan->visits = calloc(set->node_count, sizeof(uint32_t));
  if (!scan->fields || !scan->visits) {
    free(scan->fields);
    free(scan->visits);
    free(scan);
    return NULL;
  }
  return scan;
}

void weir_field_scan_free(weir_field_scan *scan) {
  if (!scan) return;
  free(scan->fields);
  free(scan->visits);
  free(scan->made);
  free(scan);
}

const weir_field *weir_field_scan_fields(const weir_field_scan *scan) { return scan->fields; }

static bool fail(weir_field_scan *scan, weir_scan_result problem) {
  scan->problem = problem;
  return false;
}

static inline void skip_space(weir_field_scan *scan) {
  const uint8_t *at = scan->place;
  while (at < scan->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) at++;
  scan->place = at;
}

// The length of the UTF-8 sequence of more than one byte at `at`, 0 if it is none.
static size_t sequence_length(const uint8_t *at, const uint8_t *end) {
  uint8_t first = *at;
  size_t left = (size_t)(end - at);
#define NEXT(i) ((at[i] & 0xC0) == 0x80)
  if (first >= 0xC2 && first <= 0xDF) return left >= 2 && NEXT(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (left < 3 || !NEXT(1) || !NEXT(2)) return 0;
    if (first == 0xE0 && at[1] < 0xA0) return 0;
    if (first == 0xED && at[1] > 0x9F) return 0;
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (left < 4 || !NEXT(1) || !NEXT(2) || !NEXT(3)) return 0;
    if (first == 0xF0 && at[1] < 0x90) return 0;
    if (first == 0xF4 && at[1] > 0x8F) return 0;
    return 4;
  }
#undef NEXT
  return 0;
}

// Goes to the next byte that is a quote, a backslash, below a space, or not ASCII.
static inline const uint8_t *plain_run(const uint8_t *at, const uint8_t *end) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\');
  const __m128i space = _mm_set1_epi8(' ');
  while (end - at >= 16) {
    __m128i bytes = _mm_loadu_si128((const __m128i *)at);
    // As signed numbers, bytes that are not ASCII are below a space too.
    __m128i found = _mm_or_si128(
        _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, slash)),
        _mm_cmplt_epi8(bytes, space));
    int mask = _mm_movemask_epi8(found);
    if (mask) return at + __builtin_ctz((unsigned)mask);
    at += 16;
  }
#endif
  while (at < end && *at != '"' && *at != '\\' && *at >= ' ' && *at < 0x80) at++;
  return at;
}

// Whether the escapes from `at`, `\uD8…\uDC…`, are one character; the first one was checked.
static bool is_pair(const uint8_t *at, const uint8_t *end) {
  if (end - at < 12 || (at[3] | 0x20) > 'b' || at[6] != '\\' || at[7] != 'u') return false;
  if ((at[8] | 0x20) != 'd' || (at[9] | 0x20) < 'c' || (at[9] | 0x20) > 'f') return false;
  for (int i = 10; i < 12; i++) {
    uint8_t digit = at[i] | 0x20;
    if (!((at[i] >= '0' && at[i] <= '9') || (digit >= 'a' && digit <= 'f'))) return false;
  }
  return true;
}

// Behind the opening quote; leaves the place behind the closing one.
static bool scan_string(
    weir_field_scan *scan, const uint8_t **text, size_t *length, bool *has_escapes) {
  const uint8_t *start = scan->place;
  const uint8_t *at = start;
  *has_escapes = false;
  for (;;) {
    at = plain_run(at, scan->end);
    if (at >= scan->end) return fail(scan, WEIR_SCAN_INVALID);
    if (*at == '"') break;
    if (*at == '\\') {
      *has_escapes = true;
      if (scan->end - at < 2) return fail(scan, WEIR_SCAN_INVALID);
      switch (at[1]) {
        case '"': case '\\': case '/': case 'b': case 'f': case 'n': case 'r': case 't':
          at += 2;
          break;
        case 'u':
          if (scan->end - at < 6) return fail(scan, WEIR_SCAN_INVALID);
          for (int i = 2; i < 6; i++) {
            uint8_t digit = at[i] | 0x20;
            if (!((at[i] >= '0' && at[i] <= '9') || (digit >= 'a' && digit <= 'f'))) {
              return fail(scan, WEIR_SCAN_INVALID);
            }
          }
          // Half a surrogate pair: what a reader makes of it differs.
          if ((at[2] | 0x20) == 'd' && at[3] >= '8') {
            if (!is_pair(at, scan->end)) return fail(scan, WEIR_SCAN_HARD);
            at += 6;
          }
          at += 6;
          break;
        default: return fail(scan, WEIR_SCAN_INVALID);
      }
    } else if (*at >= 0x80) {
      size_t count = sequence_length(at, scan->end);
      if (count == 0) return fail(scan, WEIR_SCAN_INVALID);
      at += count;
    } else {
      return fail(scan, WEIR_SCAN_INVALID);
    }
  }
  *text = start;
  *length = (size_t)(at - start);
  scan->place = at + 1;
  return true;
}

static unsigned hex4(const uint8_t *at) {
  unsigned value = 0;
  for (int i = 0; i < 4; i++) {
    uint8_t c = at[i];
    value = value * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return value;
}

// Writes what the escapes mean. The text was checked; half a surrogate pair, and the character
// 0, are left to others.
static bool unescape(
    weir_field_scan *scan, const uint8_t *text, size_t length, weir_field *field) {
  uint8_t *out = scan->made + scan->made_count;
  uint8_t *start = out;
  const uint8_t *at = text, *end = text + length;
  while (at < end) {
    if (*at != '\\') {
      *out++ = *at++;
      continue;
    }
    uint8_t c = at[1];
    at += 2;
    switch (c) {
      case 'b': *out++ = '\b'; break;
      case 'f': *out++ = '\f'; break;
      case 'n': *out++ = '\n'; break;
      case 'r': *out++ = '\r'; break;
      case 't': *out++ = '\t'; break;
      case 'u': {
        unsigned value = hex4(at);
        at += 4;
        if (value >= 0xD800 && value <= 0xDBFF) {
          if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return fail(scan, WEIR_SCAN_HARD);
          unsigned low = hex4(at + 2);
          if (low < 0xDC00 || low > 0xDFFF) return fail(scan, WEIR_SCAN_HARD);
          value = 0x10000 + ((value - 0xD800) << 10) + (low - 0xDC00);
          at += 6;
        } else if (value == 0 || (value >= 0xDC00 && value <= 0xDFFF)) {
          return fail(scan, WEIR_SCAN_HARD);
        }
        if (value < 0x80) {
          *out++ = (uint8_t)value;
        } else if (value < 0x800) {
          *out++ = (uint8_t)(0xC0 | value >> 6);
          *out++ = (uint8_t)(0x80 | (value & 0x3F));
        } else if (value < 0x10000) {
          *out++ = (uint8_t)(0xE0 | value >> 12);
          *out++ = (uint8_t)(0x80 | (value >> 6 & 0x3F));
          *out++ = (uint8_t)(0x80 | (value & 0x3F));
        } else {
          *out++ = (uint8_t)(0xF0 | value >> 18);
          *out++ = (uint8_t)(0x80 | (value >> 12 & 0x3F));
          *out++ = (uint8_t)(0x80 | (value >> 6 & 0x3F));
          *out++ = (uint8_t)(0x80 | (value & 0x3F));
        }
        break;
      }
      default: *out++ = c;
    }
  }
  *field = (weir_field){
      .text = start, .length = (uint32_t)(out - start), .kind = WEIR_FIELD_MADE};
  scan->made_count += (size_t)(out - start);
  return true;
}

// A number's text as a reader that goes through a double writes it, where that can be known
// without: whole numbers of up to 18 digits, and others of up to 15 whose zeros at the end go.
// `is_hard` is set for the rest.
static bool scan_number(
    weir_field_scan *scan, const uint8_t **text, size_t *length, bool *is_hard) {
  const uint8_t *start = scan->place, *at = start, *end = scan->end;
  *is_hard = false;
  bool is_negative = *at == '-';
  if (is_negative) at++;
  const uint8_t *whole = at;
  while (at < end && *at >= '0' && *at <= '9') at++;
  size_t whole_count = (size_t)(at - whole);
  if (whole_count == 0 || (whole_count > 1 && *whole == '0')) return fail(scan, WEIR_SCAN_INVALID);
  const uint8_t *text_end = at;
  if (at < end && *at == '.') {
    const uint8_t *part = ++at;
    while (at < end && *at >= '0' && *at <= '9') at++;
    if (at == part) return fail(scan, WEIR_SCAN_INVALID);
    text_end = at;
    while (text_end - part > 1 && text_end[-1] == '0') text_end--;
    size_t part_count = (size_t)(text_end - part);
    bool is_small = whole_count == 1 && *whole == '0' && part_count > 4 &&
                    memcmp(part, "0000", 4) == 0;
    bool is_zero = whole_count == 1 && *whole == '0' && part_count == 1 && *part == '0';
    if (whole_count + part_count > 15 || is_small || (is_zero && is_negative)) *is_hard = true;
  } else if (whole_count > 18 || (is_negative && whole_count == 1 && *whole == '0')) {
    *is_hard = true;
  }
  if (at < end && (*at | 0x20) == 'e') {
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    const uint8_t *exponent = at;
    while (at < end && *at >= '0' && *at <= '9') at++;
    if (at == exponent) return fail(scan, WEIR_SCAN_INVALID);
    *is_hard = true;
  }
  *text = start;
  *length = (size_t)(text_end - start);
  scan->place = at;
  return true;
}

static bool scan_word(weir_field_scan *scan, const char *word, size_t length) {
  if ((size_t)(scan->end - scan->place) < length || memcmp(scan->place, word, length) != 0) {
    return fail(scan, WEIR_SCAN_INVALID);
  }
  scan->place += length;
  return true;
}

// Writes an object or an array without the spaces between its parts. It was checked.
static bool compact(
    weir_field_scan *scan, const uint8_t *text, const uint8_t *end, bool is_written,
    weir_field *field) {
  uint8_t *out = scan->made + scan->made_count;
  uint8_t *start = out;
  const uint8_t *at = text;
  while (at < end) {
    uint8_t c = *at;
    if (c == '"') {
      const uint8_t *from = at++;
      while (*at != '"') {
        if (*at == '\\') return fail(scan, WEIR_SCAN_HARD);
        at++;
      }
      at++;
      memcpy(out, from, (size_t)(at - from));
      out += at - from;
    } else if (c == '-' || (c >= '0' && c <= '9')) {
      const uint8_t *number;
      size_t length;
      bool is_hard;
      const uint8_t *place = scan->place;
      scan->place = at;
      if (!scan_number(scan, &number, &length, &is_hard)) return false;
      if (is_written) {
        length = (size_t)(scan->place - number);
      } else if (is_hard) {
        return fail(scan, WEIR_SCAN_HARD);
      }
      at = scan->place;
      scan->place = place;
      memcpy(out, number, length);
      out += length;
    } else {
      if (c != ' ' && c != '\n' && c != '\r' && c != '\t') *out++ = c;
      at++;
    }
  }
  *field = (weir_field){
      .text = start, .length = (uint32_t)(out - start), .kind = WEIR_FIELD_MADE};
  scan->made_count += (size_t)(out - start);
  return true;
}

static bool scan_value(weir_field_scan *scan, const node *at, int depth);

// The edge of the member's name; the one behind the last that was found is tried first, as
// documents of a kind have their members in the same order.
static const node *member(
    const weir_field_scan *scan, const node *at, const uint8_t *name, size_t length,
    uint32_t *guess) {
  for (uint32_t i = 0; i < at->count; i++) {
    uint32_t index = *guess + i;
    if (index >= at->count) index -= at->count;
    const edge *candidate = &at->edges[index];
    if (candidate->length == length && candidate->kind != WEIR_STEP_INDEX &&
        memcmp(candidate->name, name, length) == 0) {
      *guess = index + 1 == at->count ? 0 : index + 1;
      return &scan->set->nodes[candidate->node];
    }
  }
  return NULL;
}

static bool scan_object(weir_field_scan *scan, const node *at, int depth) {
  uint32_t guess = 0;
  scan->place++;
  skip_space(scan);
  if (scan->place < scan->end && *scan->place == '}') {
    scan->place++;
    return true;
  }
  for (;;) {
    if (scan->place >= scan->end || *scan->place != '"') return fail(scan, WEIR_SCAN_INVALID);
    scan->place++;
    const uint8_t *name;
    size_t length;
    bool has_escapes;
    if (!scan_string(scan, &name, &length, &has_escapes)) return false;
    const node *next = NULL;
    if (at && at->count) {
      // What a name with escapes means is left to others.
      if (has_escapes) return fail(scan, WEIR_SCAN_HARD);
      next = member(scan, at, name, length, &guess);
    }
    skip_space(scan);
    if (scan->place >= scan->end || *scan->place != ':') return fail(scan, WEIR_SCAN_INVALID);
    scan->place++;
    if (!scan_value(scan, next, depth)) return false;
    skip_space(scan);
    if (scan->place >= scan->end) return fail(scan, WEIR_SCAN_INVALID);
    uint8_t c = *scan->place++;
    if (c == '}') return true;
    if (c != ',') return fail(scan, WEIR_SCAN_INVALID);
    skip_space(scan);
  }
}

static bool scan_array(weir_field_scan *scan, const node *at, int depth) {
  int64_t index = 0;
  scan->place++;
  skip_space(scan);
  if (scan->place < scan->end && *scan->place == ']') {
    scan->place++;
    return true;
  }
  for (;; index++) {
    const node *next = NULL;
    if (at && at->has_indices) {
      for (uint32_t i = 0; i < at->count; i++) {
        if (at->edges[i].index == index) next = &scan->set->nodes[at->edges[i].node];
      }
    }
    if (!scan_value(scan, next, depth)) return false;
    skip_space(scan);
    if (scan->place >= scan->end) return fail(scan, WEIR_SCAN_INVALID);
    uint8_t c = *scan->place++;
    if (c == ']') return true;
    if (c != ',') return fail(scan, WEIR_SCAN_INVALID);
  }
}

static bool scan_value(weir_field_scan *scan, const node *at, int depth) {
  if (depth >= depth_max) return fail(scan, WEIR_SCAN_HARD);
  skip_space(scan);
  if (scan->place >= scan->end) return fail(scan, WEIR_SCAN_INVALID);
  weir_field *field = NULL;
  if (at) {
    uint32_t *visit = &scan->visits[at - scan->set->nodes];
    // Of members of the same name, the first counts.
    if (*visit == scan->document) {
      at = NULL;
    } else {
      *visit = scan->document;
      if (at->field >= 0) field = &scan->fields[at->field];
    }
  }
  const uint8_t *start = scan->place;
  const uint8_t *text;
  size_t length;
  bool flag;
  switch (*start) {
    case '"':
      scan->place++;
      if (!scan_string(scan, &text, &length, &flag)) return false;
      if (!field) return true;
      if (flag) return unescape(scan, text, length, field);
      *field = (weir_field){
          .text = text, .length = (uint32_t)length, .kind = WEIR_FIELD_IN_PLACE};
      return true;
    case '{':
    case '[':
      if (!(*start == '{' ? scan_object(scan, at, depth + 1) : scan_array(scan, at, depth + 1))) {
        return false;
      }
      return !field || compact(scan, start, scan->place, at->is_written, field);
    case 't':
    case 'f':
      length = *start == 't' ? 4 : 5;
      if (!scan_word(scan, *start == 't' ? "true" : "false", length)) return false;
      if (field) {
        *field = (weir_field){
            .text = start, .length = (uint32_t)length, .kind = WEIR_FIELD_IN_PLACE};
      }
      return true;
    case 'n':
      if (!scan_word(scan, "null", 4)) return false;
      if (field) field->kind = WEIR_FIELD_NULL;
      return true;
    default:
      if (*start != '-' && (*start < '0' || *start > '9')) return fail(scan, WEIR_SCAN_INVALID);
      if (!scan_number(scan, &text, &length, &flag)) return false;
      if (!field) return true;
      if (at->is_written) {
        length = (size_t)(scan->place - text);
      } else if (flag) {
        return fail(scan, WEIR_SCAN_HARD);
      }
      *field = (weir_field){
          .text = text, .length = (uint32_t)length, .kind = WEIR_FIELD_IN_PLACE};
      return true;
  }
}

weir_scan_result weir_field_scan_run(weir_field_scan *scan, const uint8_t *bytes, size_t count) {
  if (count == 0) return WEIR_SCAN_INVALID;
  if (count > UINT32_MAX / 2) return WEIR_SCAN_HARD;
  // Escapes only shrink, and a part is made once for each field that it lies in.
  size_t needed = count * (scan->set->nesting_max + 1);
  if (scan->made_size < needed) {
    uint8_t *made = realloc(scan->made, needed);
    if (!made) return WEIR_SCAN_HARD;
    scan->made = made;
    scan->made_size = needed;
  }
  for (uint32_t i = 0; i < scan->set->field_count; i++) {
    scan->fields[i].kind = WEIR_FIELD_MISSING;
  }
  if (++scan->document == 0) {
    memset(scan->visits, 0, scan->set->node_count * sizeof(uint32_t));
    scan->document = 1;
  }
  scan->made_count = 0;
  scan->place = bytes;
  scan->end = bytes + count;
  scan->problem = WEIR_SCAN_OK;
  if (!scan_value(scan, &scan->set->nodes[0], 0)) return scan->problem;
  skip_space(scan);
  return scan->place == scan->end ? WEIR_SCAN_OK : WEIR_SCAN_INVALID;
}
