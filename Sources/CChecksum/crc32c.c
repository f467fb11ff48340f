#include "CChecksum.h"

#include <pthread.h>
#include <string.h>

// By tables: eight bytes in one step.

static uint32_t tables[8][256];
static pthread_once_t tables_once = PTHREAD_ONCE_INIT;

static void make_tables(void) {
  for (uint32_t byte = 0; byte < 256; byte++) {
    uint32_t value = byte;
    for (int bit = 0; bit < 8; bit++) value = value & 1 ? (value >> 1) ^ 0x82F63B78 : value >> 1;
    tables[0][byte] = value;
  }
  for (uint32_t byte = 0; byte < 256; byte++) {
    for (int table = 1; table < 8; table++) {
      uint32_t previous = tables[table - 1][byte];
      tables[table][byte] = (previous >> 8) ^ tables[0][previous & 0xFF];
    }
  }
}

static uint32_t update_portable(uint32_t crc, const uint8_t *bytes, size_t count) {
  pthread_once(&tables_once, make_tables);
  for (; count >= 8; bytes += 8, count -= 8) {
    uint32_t low = crc ^ ((uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
                          (uint32_t)bytes[3] << 24);
    crc = tables[7][low & 0xFF] ^ tables[6][low >> 8 & 0xFF] ^ tables[5][low >> 16 & 0xFF] ^
          tables[4][low >> 24] ^ tables[3][bytes[4]] ^ tables[2][bytes[5]] ^ tables[1][bytes[6]] ^
          tables[0][bytes[7]];
  }
  for (; count > 0; bytes++, count--) crc = (crc >> 8) ^ tables[0][(crc ^ *bytes) & 0xFF];
  return crc;
}

uint32_t weir_crc32c_portable(const void *bytes, size_t count) {
  return ~update_portable(~(uint32_t)0, bytes, count);
}

#if defined(__x86_64__) || (defined(__aarch64__) && defined(__ARM_FEATURE_CRC32))

// The instruction takes three cycles and can be started in each: three independent streams keep
// it busy. Their sums are joined by multiplying with x^(8 * length) modulo the polynomial, which
// is a table look-up per byte.

#define LONG_LANE 256
#define SHORT_LANE 64

#if defined(__x86_64__)
#include <nmmintrin.h>
#define ACCELERATED __attribute__((target("sse4.2")))
#define STEP8(crc, word) (uint32_t) _mm_crc32_u64(crc, word)
#define STEP1(crc, byte) _mm_crc32_u8(crc, byte)
static int has_instruction(void) { return __builtin_cpu_supports("sse4.2"); }
#else
#include <arm_acle.h>
#define ACCELERATED
#define STEP8(crc, word) __crc32cd(crc, word)
#define STEP1(crc, byte) __crc32cb(crc, byte)
static int has_instruction(void) { return 1; }
#endif

typedef uint32_t shift_table[4][256];

static shift_table long_shift, short_shift;
static pthread_once_t shifts_once = PTHREAD_ONCE_INIT;

static void make_shift(shift_table table, size_t lane) {
  uint8_t zeros[LONG_LANE] = {0};
  uint32_t bits[32];
  // What each single bit becomes behind a lane of zeros; the rest follows by linearity.
  for (int bit = 0; bit < 32; bit++) bits[bit] = update_portable((uint32_t)1 << bit, zeros, lane);
  for (int byte = 0; byte < 4; byte++) {
    for (uint32_t value = 0; value < 256; value++) {
      uint32_t sum = 0;
      for (int bit = 0; bit < 8; bit++) {
        if (value >> bit & 1) sum ^= bits[byte * 8 + bit];
      }
      table[byte][value] = sum;
    }
  }
}

static void make_shifts(void) {
  make_shift(long_shift, LONG_LANE);
  make_shift(short_shift, SHORT_LANE);
}

static inline uint32_t shift(shift_table table, uint32_t crc) {
  return table[0][crc & 0xFF] ^ table[1][crc >> 8 & 0xFF] ^ table[2][crc >> 16 & 0xFF] ^
         table[3][crc >> 24];
}

static inline uint64_t word_at(const uint8_t *bytes) {
  uint64_t word;
  memcpy(&word, bytes, 8);
  return word;
}

ACCELERATED static inline uint32_t take_lanes(uint32_t crc, const uint8_t *bytes, size_t lane,
                                              shift_table table) {
  uint32_t first = crc, second = 0, third = 0;
  for (size_t offset = 0; offset < lane; offset += 8) {
    first = STEP8(first, word_at(bytes + offset));
    second = STEP8(second, word_at(bytes + lane + offset));
    third = STEP8(third, word_at(bytes + 2 * lane + offset));
  }
  return shift(table, shift(table, first) ^ second) ^ third;
}

ACCELERATED static uint32_t update_accelerated(uint32_t crc, const uint8_t *bytes, size_t count) {
  pthread_once(&shifts_once, make_shifts);
  for (; count >= 3 * LONG_LANE; bytes += 3 * LONG_LANE, count -= 3 * LONG_LANE) {
    crc = take_lanes(crc, bytes, LONG_LANE, long_shift);
  }
  for (; count >= 3 * SHORT_LANE; bytes += 3 * SHORT_LANE, count -= 3 * SHORT_LANE) {
    crc = take_lanes(crc, bytes, SHORT_LANE, short_shift);
  }
  for (; count >= 8; bytes += 8, count -= 8) crc = STEP8(crc, word_at(bytes));
  for (; count > 0; bytes++, count--) crc = STEP1(crc, *bytes);
  return crc;
}

uint32_t weir_crc32c(const void *bytes, size_t count) {
  if (!has_instruction()) return weir_crc32c_portable(bytes, count);
  return ~update_accelerated(~(uint32_t)0, bytes, count);
}

#else

uint32_t weir_crc32c(const void *bytes, size_t count) {
  return weir_crc32c_portable(bytes, count);
}

#endif
