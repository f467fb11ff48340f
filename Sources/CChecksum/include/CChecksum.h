// Checksums at the speed of the processor's own instructions, where it has them.
#ifndef WEIR_CCHECKSUM_H
#define WEIR_CCHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/// CRC32C (Castagnoli) of `count` bytes.
uint32_t weir_crc32c(const void *bytes, size_t count);

/// CRC32C by tables, as processors without the instruction compute it: for tests.
uint32_t weir_crc32c_portable(const void *bytes, size_t count);

/// MD5 of `count` bytes, as the two halves of a big-endian number of 128 bits.
void weir_md5(const void *bytes, size_t count, uint64_t *high, uint64_t *low);

/// MD5 of eight texts at once, which costs little more than one. Text i is the first `counts[i]` (at
/// most 55) of the 64 bytes at `blocks + 64 * i`, whose rest is written over; `numbers` gets two
/// halves for each, as `weir_md5` gives them.
void weir_md5_eight(uint8_t blocks[512], const uint8_t counts[8], uint64_t numbers[16]);

#endif
