/*
 * reject_box.h — the report of a rejected record, with the record itself sealed in it where the
 * configuration names a certificate (rejects.seal).
 *
 * What is sealed is the whole message of the input: one line of JSON that says where it stood, its
 * time, key and headers, then its value byte for byte. It stands in the first report of a message
 * alone, so that a message of many records, or many outputs, costs one box.
 *
 * Fails closed. Where there is no box, the report says why in its member "unsealed".
 *
 * Memory. Two buffers a lane, with a certificate only. Nothing of a message is kept: the caller
 * lends it from wv_reject_box_open() to wv_reject_box_close().
 * Threads. Belongs to one lane.
 */
#ifndef WV_RUNTIME_REJECT_BOX_H
#define WV_RUNTIME_REJECT_BOX_H

#include "runtime/numbers.h"
#include "runtime/rejects.h"

/* Longest report with a box: topics take about a megabyte, librdkafka with them. */
enum { WV_REJECT_BOXED_MAX = 900000 };

struct wv_reject_box {
    const struct wv_seal_certificate *certificate; /* of the plan in use; NULL: nothing is sealed */
    struct wv_cms_sealer *sealer;
    uint8_t *der;
    uint8_t *text;
    size_t most; /* bytes of a report; less than the maximum where the topic took no more */
    const struct wv_record *record; /* the message of the moment; NULL: none */
    const struct wv_results *results;
    int32_t partition; /* where it stands in its topic */
    int64_t offset;
    bool boxed;        /* its box has been made */
    bool looked;       /* withheld is known */
    uint64_t withheld; /* bits of outputs from which something of the message is withheld */
    uint8_t small[WV_REJECT_MAX];
    uint8_t head[WV_REJECT_MAX * 16]; /* what is sealed before the value */
    uint64_t counts[WV_BOX_COUNT];
};

/* By this plan from now on. False when memory is short: nothing has changed then. */
WV_MUST_USE bool wv_reject_box_use(struct wv_reject_box *box, const struct wv_plan *plan);
void wv_reject_box_fini(struct wv_reject_box *box);

/* The message whose results are being sent; NULL: what is reported from now on comes too late for
 * a box, as does what is reported of any other message. */
void wv_reject_box_open(struct wv_reject_box *box, const struct wv_record *record,
                        const struct wv_results *results, int32_t partition, int64_t offset);
void wv_reject_box_close(struct wv_reject_box *box);

/* The report. It lives until the next call. */
struct wv_slice wv_reject_box_write(struct wv_reject_box *box, const struct wv_reject *reject,
                                    const struct wv_clock *clock);

/* The same report without its box, for a topic that did not take it: of those that come after it,
 * none will be as long. Empty: it has no box, and the topic takes nothing. */
struct wv_slice wv_reject_box_shorten(struct wv_reject_box *box, struct wv_slice report);

#endif
