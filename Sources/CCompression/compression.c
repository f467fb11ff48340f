#include "CCompression.h"

#include <bzlib.h>
#include <stdlib.h>
#include <zlib.h>
#include <zstd.h>

struct weir_codec {
  int kind;
  bool compresses;
  bool is_at_end; /* Of a stream that is read. */
  z_stream zlib;
  bz_stream bzip2;
  ZSTD_CStream *zstd_out;
  ZSTD_DStream *zstd_in;
};

static bool start(weir_codec *codec) {
  switch (codec->kind) {
  case WEIR_GZIP:
    codec->zlib = (z_stream){0};
    /* 16: with gzip's header. */
    return codec->compresses ? deflateInit2(&codec->zlib, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK
                             : inflateInit2(&codec->zlib, 16 + MAX_WBITS) == Z_OK;
  case WEIR_BZIP2:
    codec->bzip2 = (bz_stream){0};
    return codec->compresses ? BZ2_bzCompressInit(&codec->bzip2, 9, 0, 0) == BZ_OK
                             : BZ2_bzDecompressInit(&codec->bzip2, 0, 0) == BZ_OK;
  default:
    if (codec->compresses) {
      codec->zstd_out = ZSTD_createCStream();
      return codec->zstd_out != NULL;
    }
    codec->zstd_in = ZSTD_createDStream();
    return codec->zstd_in != NULL;
  }
}

static void stop(weir_codec *codec) {
  switch (codec->kind) {
  case WEIR_GZIP:
    if (codec->compresses) deflateEnd(&codec->zlib);
    else inflateEnd(&codec->zlib);
    break;
  case WEIR_BZIP2:
    if (codec->compresses) BZ2_bzCompressEnd(&codec->bzip2);
    else BZ2_bzDecompressEnd(&codec->bzip2);
    break;
  default:
    ZSTD_freeCStream(codec->zstd_out);
    ZSTD_freeDStream(codec->zstd_in);
  }
}

weir_codec *weir_codec_make(int kind, bool compresses) {
  weir_codec *codec = calloc(1, sizeof *codec);
  if (codec == NULL) return NULL;
  codec->kind = kind;
  codec->compresses = compresses;
  if (start(codec)) return codec;
  free(codec);
  return NULL;
}

void weir_codec_free(weir_codec *codec) {
  if (codec == NULL) return;
  stop(codec);
  free(codec);
}

static unsigned bounded(size_t size) { return size > (1u << 30) ? (1u << 30) : (unsigned)size; }

static int run_gzip(weir_codec *codec, const uint8_t *input, size_t input_size, size_t *consumed,
    uint8_t *output, size_t output_size, size_t *made, bool is_last) {
  z_stream *stream = &codec->zlib;
  if (!codec->compresses && codec->is_at_end) {
    if (input_size == 0) return 1;
    /* Some writers pad with zeros. */
    if (input[0] == 0) { *consumed = input_size; return 1; }
    if (inflateReset(stream) != Z_OK) return -1;
    codec->is_at_end = false;
  }
  stream->next_in = (Bytef *)input;
  stream->avail_in = bounded(input_size);
  stream->next_out = output;
  stream->avail_out = bounded(output_size);
  unsigned in = stream->avail_in, out = stream->avail_out;
  int state = codec->compresses ? deflate(stream, is_last && in == input_size ? Z_FINISH : Z_NO_FLUSH)
                                : inflate(stream, Z_NO_FLUSH);
  *consumed = in - stream->avail_in;
  *made = out - stream->avail_out;
  if (state == Z_STREAM_END) { codec->is_at_end = true; return 1; }
  return state == Z_OK || state == Z_BUF_ERROR ? 0 : -1;
}

static int run_bzip2(weir_codec *codec, const uint8_t *input, size_t input_size, size_t *consumed,
    uint8_t *output, size_t output_size, size_t *made, bool is_last) {
  bz_stream *stream = &codec->bzip2;
  if (!codec->compresses && codec->is_at_end) {
    if (input_size == 0) return 1;
    BZ2_bzDecompressEnd(stream);
    if (!start(codec)) return -1;
    codec->is_at_end = false;
  }
  stream->next_in = (char *)input;
  stream->avail_in = bounded(input_size);
  stream->next_out = (char *)output;
  stream->avail_out = bounded(output_size);
  unsigned in = stream->avail_in, out = stream->avail_out;
  int state;
  if (codec->compresses) {
    /* Without input BZ_RUN is an error. */
    if (in == 0 && !is_last) return 0;
    state = BZ2_bzCompress(stream, is_last && in == input_size ? BZ_FINISH : BZ_RUN);
  } else {
    state = BZ2_bzDecompress(stream);
  }
  *consumed = in - stream->avail_in;
  *made = out - stream->avail_out;
  if (state == BZ_STREAM_END) { codec->is_at_end = true; return 1; }
  return state >= BZ_OK ? 0 : -1;
}

static int run_zstd(weir_codec *codec, const uint8_t *input, size_t input_size, size_t *consumed,
    uint8_t *output, size_t output_size, size_t *made, bool is_last) {
  ZSTD_inBuffer in = {input, input_size, 0};
  ZSTD_outBuffer out = {output, output_size, 0};
  size_t state;
  if (codec->compresses) {
    state = ZSTD_compressStream2(codec->zstd_out, &out, &in, is_last ? ZSTD_e_end : ZSTD_e_continue);
  } else {
    if (input_size == 0 && codec->is_at_end) return 1;
    state = ZSTD_decompressStream(codec->zstd_in, &out, &in);
  }
  *consumed = in.pos;
  *made = out.pos;
  if (ZSTD_isError(state)) return -1;
  codec->is_at_end = state == 0;
  return state == 0 && (!codec->compresses || is_last) ? 1 : 0;
}

int weir_codec_run(weir_codec *codec, const uint8_t *input, size_t input_size, size_t *consumed,
    uint8_t *output, size_t output_size, size_t *made, bool is_last) {
  *consumed = 0;
  *made = 0;
  switch (codec->kind) {
  case WEIR_GZIP:
    return run_gzip(codec, input, input_size, consumed, output, output_size, made, is_last);
  case WEIR_BZIP2:
    return run_bzip2(codec, input, input_size, consumed, output, output_size, made, is_last);
  default:
    return run_zstd(codec, input, input_size, consumed, output, output_size, made, is_last);
  }
}
