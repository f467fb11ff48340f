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

#endif
