/*
 * demo_records.h — made-up records, a few of them broken as they are broken in real life.
 */
#ifndef WV_APP_DEMO_RECORDS_H
#define WV_APP_DEMO_RECORDS_H

#include "app/corpus.h"

enum { WV_DEMO_RECORD_MAX = WV_CORPUS_RECORD_MAX + 4096 };

struct wv_demo_records {
    struct wv_corpus corpus;
    uint64_t made;
    uint64_t broken_every; /* one in so many */
    uint8_t mem[WV_DEMO_RECORD_MAX];
    struct wv_slice key; /* of the record that was made last: its client's address */
    struct wv_slice value;
};

void wv_demo_records_init(struct wv_demo_records *records, uint64_t seed, uint64_t count);

/* Makes records->key and records->value, which stay until the next call. */
void wv_demo_records_next(struct wv_demo_records *records);

#endif
