/*
 * formats_coded.h — varies samples that hold records in base64, packed or not.
 */
#ifndef WV_BENCH_FORMATS_CODED_H
#define WV_BENCH_FORMATS_CODED_H

#include "base/compress.h"
#include "bench/formats_vary.h"

enum { CODED_MAX = 256 * 1024 };

/* What opens and closes the wrappings. */
struct coder {
    struct wv_expander *expander;
    struct wv_compressor *compressor;
    struct wv_room opened;
    struct wv_room packed;
    uint8_t decoded[CODED_MAX];
    uint8_t varied[CODED_MAX];
};

/* NULL when memory is short. */
struct coder *coder_new(void);
void coder_free(struct coder *coder); /* NULL is allowed */

/* vary_learn() and vary_text() for a whole sample, inside base64 too. */
WV_MUST_USE bool coder_learn(struct coder *coder, struct vary *vary, struct wv_slice sample);
void coder_vary(struct coder *coder, const struct vary *vary, struct wv_slice sample,
                const struct vary_draw *draw, struct wv_buf *out);

#endif
