#include "CChecksum.h"

#include <string.h>

// RFC 1321. Only to place records as Kinesis does; nothing here has to be secret or safe.

#define ROUND(f, a, b, c, d, word, constant, turn) \
  a += f + words[word] + constant;                 \
  a = b + (a << turn | a >> (32 - turn));
#define F(a, b, c, d, w, k, t) ROUND((d ^ (b & (c ^ d))), a, b, c, d, w, k, t)
#define G(a, b, c, d, w, k, t) ROUND((c ^ (d & (b ^ c))), a, b, c, d, w, k, t)
#define H(a, b, c, d, w, k, t) ROUND((b ^ c ^ d), a, b, c, d, w, k, t)
#define I(a, b, c, d, w, k, t) ROUND((c ^ (b | ~d)), a, b, c, d, w, k, t)

#define ROUNDS \
  F(a, b, c, d, 0, 0xD76AA478, 7) \
  F(d, a, b, c, 1, 0xE8C7B756, 12) \
  F(c, d, a, b, 2, 0x242070DB, 17) \
  F(b, c, d, a, 3, 0xC1BDCEEE, 22) \
  F(a, b, c, d, 4, 0xF57C0FAF, 7) \
  F(d, a, b, c, 5, 0x4787C62A, 12) \
  F(c, d, a, b, 6, 0xA8304613, 17) \
  F(b, c, d, a, 7, 0xFD469501, 22) \
  F(a, b, c, d, 8, 0x698098D8, 7) \
  F(d, a, b, c, 9, 0x8B44F7AF, 12) \
  F(c, d, a, b, 10, 0xFFFF5BB1, 17) \
  F(b, c, d, a, 11, 0x895CD7BE, 22) \
  F(a, b, c, d, 12, 0x6B901122, 7) \
  F(d, a, b, c, 13, 0xFD987193, 12) \
  F(c, d, a, b, 14, 0xA679438E, 17) \
  F(b, c, d, a, 15, 0x49B40821, 22) \
  G(a, b, c, d, 1, 0xF61E2562, 5) \
  G(d, a, b, c, 6, 0xC040B340, 9) \
  G(c, d, a, b, 11, 0x265E5A51, 14) \
  G(b, c, d, a, 0, 0xE9B6C7AA, 20) \
  G(a, b, c, d, 5, 0xD62F105D, 5) \
  G(d, a, b, c, 10, 0x02441453, 9) \
  G(c, d, a, b, 15, 0xD8A1E681, 14) \
  G(b, c, d, a, 4, 0xE7D3FBC8, 20) \
  G(a, b, c, d, 9, 0x21E1CDE6, 5) \
  G(d, a, b, c, 14, 0xC33707D6, 9) \
  G(c, d, a, b, 3, 0xF4D50D87, 14) \
  G(b, c, d, a, 8, 0x455A14ED, 20) \
  G(a, b, c, d, 13, 0xA9E3E905, 5) \
  G(d, a, b, c, 2, 0xFCEFA3F8, 9) \
  G(c, d, a, b, 7, 0x676F02D9, 14) \
  G(b, c, d, a, 12, 0x8D2A4C8A, 20) \
  H(a, b, c, d, 5, 0xFFFA3942, 4) \
  H(d, a, b, c, 8, 0x8771F681, 11) \
  H(c, d, a, b, 11, 0x6D9D6122, 16) \
  H(b, c, d, a, 14, 0xFDE5380C, 23) \
  H(a, b, c, d, 1, 0xA4BEEA44, 4) \
  H(d, a, b, c, 4, 0x4BDECFA9, 11) \
  H(c, d, a, b, 7, 0xF6BB4B60, 16) \
  H(b, c, d, a, 10, 0xBEBFBC70, 23) \
  H(a, b, c, d, 13, 0x289B7EC6, 4) \
  H(d, a, b, c, 0, 0xEAA127FA, 11) \
  H(c, d, a, b, 3, 0xD4EF3085, 16) \
  H(b, c, d, a, 6, 0x04881D05, 23) \
  H(a, b, c, d, 9, 0xD9D4D039, 4) \
  H(d, a, b, c, 12, 0xE6DB99E5, 11) \
  H(c, d, a, b, 15, 0x1FA27CF8, 16) \
  H(b, c, d, a, 2, 0xC4AC5665, 23) \
  I(a, b, c, d, 0, 0xF4292244, 6) \
  I(d, a, b, c, 7, 0x432AFF97, 10) \
  I(c, d, a, b, 14, 0xAB9423A7, 15) \
  I(b, c, d, a, 5, 0xFC93A039, 21) \
  I(a, b, c, d, 12, 0x655B59C3, 6) \
  I(d, a, b, c, 3, 0x8F0CCC92, 10) \
  I(c, d, a, b, 10, 0xFFEFF47D, 15) \
  I(b, c, d, a, 1, 0x85845DD1, 21) \
  I(a, b, c, d, 8, 0x6FA87E4F, 6) \
  I(d, a, b, c, 15, 0xFE2CE6E0, 10) \
  I(c, d, a, b, 6, 0xA3014314, 15) \
  I(b, c, d, a, 13, 0x4E0811A1, 21) \
  I(a, b, c, d, 4, 0xF7537E82, 6) \
  I(d, a, b, c, 11, 0xBD3AF235, 10) \
  I(c, d, a, b, 2, 0x2AD7D2BB, 15) \
  I(b, c, d, a, 9, 0xEB86D391, 21)

#define DEFINE_TAKE_BLOCK(name, type, attributes)                   \
  attributes static void name(type state[4], const type words[16]) { \
    type a = state[0], b = state[1], c = state[2], d = state[3]; \
    ROUNDS                                                   \
    state[0] += a;                                           \
    state[1] += b;                                           \
    state[2] += c;                                           \
    state[3] += d;                                           \
  }

// One text, and eight side by side: where the processor has registers for that, at the cost of
// little more than one.
typedef uint32_t lanes __attribute__((vector_size(32)));
DEFINE_TAKE_BLOCK(take_words, uint32_t, )
DEFINE_TAKE_BLOCK(take_lanes, lanes, )

#if defined(__x86_64__)
DEFINE_TAKE_BLOCK(take_lanes_wide, lanes, __attribute__((target("avx2"))))
static int has_wide_registers(void) { return __builtin_cpu_supports("avx2"); }
#else
#define take_lanes_wide take_lanes
static int has_wide_registers(void) { return 0; }
#endif

static uint32_t word_at(const uint8_t *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void take_block(uint32_t state[4], const uint8_t *block) {
  uint32_t words[16];
  for (int index = 0; index < 16; index++) words[index] = word_at(block + 4 * index);
  take_words(state, words);
}

static uint64_t big_endian(uint32_t high, uint32_t low) {
  return (uint64_t)__builtin_bswap32(high) << 32 | __builtin_bswap32(low);
}

void weir_md5(const void *bytes, size_t count, uint64_t *high, uint64_t *low) {
  uint32_t state[4] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476};
  const uint8_t *rest = bytes;
  size_t left = count;
  for (; left >= 64; rest += 64, left -= 64) take_block(state, rest);
  uint8_t last[128] = {0};
  if (left > 0) memcpy(last, rest, left);
  last[left] = 0x80;
  size_t size = left < 56 ? 64 : 128;
  uint64_t bits = (uint64_t)count * 8;
  for (int byte = 0; byte < 8; byte++) last[size - 8 + byte] = (uint8_t)(bits >> (8 * byte));
  take_block(state, last);
  if (size == 128) take_block(state, last + 64);
  *high = big_endian(state[0], state[1]);
  *low = big_endian(state[2], state[3]);
}

void weir_md5_eight(uint8_t blocks[512], const uint8_t counts[8], uint64_t numbers[16]) {
  lanes words[16];
  for (int lane = 0; lane < 8; lane++) {
    uint8_t *block = blocks + 64 * lane;
    memset(block + counts[lane], 0, 64 - counts[lane]);
    block[counts[lane]] = 0x80;
    uint32_t bits = counts[lane] * 8;
    block[56] = (uint8_t)bits;
    block[57] = (uint8_t)(bits >> 8);
    for (int index = 0; index < 16; index++) words[index][lane] = word_at(block + 4 * index);
  }
  const lanes zero = {0};
  lanes state[4] = {zero + 0x67452301u, zero + 0xEFCDAB89u, zero + 0x98BADCFEu, zero + 0x10325476u};
  if (has_wide_registers()) {
    take_lanes_wide(state, words);
  } else {
    take_lanes(state, words);
  }
  for (int lane = 0; lane < 8; lane++) {
    numbers[2 * lane] = big_endian(state[0][lane], state[1][lane]);
    numbers[2 * lane + 1] = big_endian(state[2][lane], state[3][lane]);
  }
}
