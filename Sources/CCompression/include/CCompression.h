#ifndef WEIR_CCOMPRESSION_H
#define WEIR_CCOMPRESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* gzip, bzip2 and Zstandard by one interface. */

typedef struct weir_codec weir_codec;

enum { WEIR_GZIP = 0, WEIR_BZIP2 = 1, WEIR_ZSTD = 2 };

/* NULL without memory. */
weir_codec *weir_codec_make(int kind, bool compresses);
void weir_codec_free(weir_codec *codec);

/* Takes some input and makes some output; to be called until `*consumed` is all and less than the
   whole of `output` was made (or, with `is_last`, until it returns 1).

   Returns 0: go on; 1: the stream is whole so far; -1: the input is damaged. Streams that follow
   one another are read as one. */
int weir_codec_run(weir_codec *codec, const uint8_t *input, size_t input_size, size_t *consumed,
    uint8_t *output, size_t output_size, size_t *made, bool is_last);

#endif
