/*
 * formats_vary.h — the same sample record with other clients, names, ids and times.
 *
 * A sample that is read again and again would be answered from caches. Here it gets other digits
 * and letters where such things stand, and nothing else changes: neither its length nor its syntax.
 * What the record says of its site and its firewall stays, as it does in life.
 *
 *     documentation addresses     of a client, the same wherever it stands in the record
 *     name@…                      and that name as a word of its own
 *     UUIDs, hexadecimal and      other ones in each record
 *     mixed words, /123 and =123
 *     10:00:00, 1763805600…       other minutes and seconds
 */
#ifndef WV_BENCH_FORMATS_VARY_H
#define WV_BENCH_FORMATS_VARY_H

#include "base/buf.h"

/* What is known of one sample. */
struct vary;

/* NULL when memory is short. */
struct vary *vary_new(void);
void vary_free(struct vary *vary); /* NULL is allowed */

/* A value of the sample that is of the site, the rules or the software: what stands in it stays. */
void vary_keep(struct vary *vary, struct wv_slice text);

/* Notices the names in front of @, after everything was kept. False: there is too much to keep. */
WV_MUST_USE bool vary_learn(struct vary *vary, struct wv_slice text);

/* Who a variant is about, and the number that its ids come from. */
struct vary_draw {
    uint32_t client;
    uint64_t ids;
};

/* Appends the text with what varies in it. */
void vary_text(const struct vary *vary, struct wv_slice text, const struct vary_draw *draw,
               struct wv_buf *out);

#endif
