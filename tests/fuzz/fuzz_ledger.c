/*
 * Feeds arbitrary lines to the reader of audit records and to the sums over them, and changes of
 * records that were sealed.
 *
 * Whatever comes, it is told or it is whole: a record that was accepted follows the one before it,
 * and one whose bytes were changed is never accepted in the place of the original.
 *
 * Input: lines; one that begins with # is the members of a record, which is sealed for the chain of
 * this input; one that begins with ! is a number, the byte of the last sealed record to be changed.
 */
#include "app/audit_sum.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROOM = 1 << 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzzed {
    struct wv_ledgers *ledgers;
    struct wv_audit_sum sum;
    struct wv_ledger ledger;
    uint8_t record[ROOM];
    size_t len;
    unsigned line;
};

static void add(struct fuzzed *fuzzed, struct wv_slice line, bool changed)
{
    char place[32];
    json_t *record = NULL;
    (void)snprintf(place, sizeof place, "input:%u", fuzzed->line);
    const struct wv_ledger_state *state = wv_ledgers_find(fuzzed->ledgers, fuzzed->ledger.id);
    const uint64_t before = state == NULL ? 0 : state->records;
    const enum wv_ledger_fault fault = wv_ledgers_add(fuzzed->ledgers, line, place, &record);
    state = wv_ledgers_find(fuzzed->ledgers, fuzzed->ledger.id);
    wv_ensure(record == NULL || fault == WV_LEDGER_GOOD);
    if (record != NULL) {
        wv_audit_sum_add(&fuzzed->sum, record);
    }
    wv_ensure(wv_ledger_fault_text(fault)[0] != '\0');
    wv_ensure(!changed || fault != WV_LEDGER_GOOD || state == NULL || state->records == before);
}

static void seal(struct fuzzed *fuzzed, struct wv_slice members)
{
    struct wv_buf record = wv_buf_of(fuzzed->record, sizeof fuzzed->record);
    char head[128];
    (void)snprintf(head, sizeof head,
                   "{\"v\":1,\"chain\":\"%s\",\"seq\":%llu,\"event\":\"window\","
                   "\"from\":\"2026-11-20\"",
                   fuzzed->ledger.id, (unsigned long long)fuzzed->ledger.seq);
    wv_buf_put(&record, wv_slice_of(head));
    wv_buf_put(&record, members);
    if (wv_ledger_seal(&fuzzed->ledger, &record)) {
        fuzzed->len = record.len;
        add(fuzzed, (struct wv_slice){fuzzed->record, record.len}, false);
    }
}

static void change(struct fuzzed *fuzzed, struct wv_slice number)
{
    size_t at = 0;
    for (size_t i = 0; i < number.len; i++) {
        at = at * 256 + number.ptr[i];
    }
    if (fuzzed->len > 0) {
        fuzzed->record[at % fuzzed->len] ^= (uint8_t)(1 + at % 255);
        add(fuzzed, (struct wv_slice){fuzzed->record, fuzzed->len}, true);
        fuzzed->record[at % fuzzed->len] ^= (uint8_t)(1 + at % 255);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzzed *fuzzed = calloc(1, sizeof *fuzzed);
    fuzzed->ledgers = wv_ledgers_new();
    const struct wv_audit_filter filter = {
        .from = "2026-01-01", .until = "2026-12-31", .region = size % 2 == 0 ? NULL : "eu"};
    wv_ensure(wv_audit_sum_init(&fuzzed->sum, &filter));
    /* The same chain in every run. */
    memset(fuzzed->ledger.id, 'a', WV_LEDGER_ID);
    memset(fuzzed->ledger.head, '0', WV_LEDGER_HASH);
    for (size_t at = 0; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        const size_t len = end == NULL ? size - at : (size_t)(end - data) - at;
        const struct wv_slice line = {data + at, len};
        fuzzed->line++;
        if (len > 0 && line.ptr[0] == '#') {
            seal(fuzzed, wv_slice_sub(line, 1, len));
        } else if (len > 0 && line.ptr[0] == '!') {
            change(fuzzed, wv_slice_sub(line, 1, len));
        } else {
            add(fuzzed, line, false);
        }
        at += len + 1;
    }
    wv_ledgers_finish(fuzzed->ledgers);
    json_t *total = json_object();
    wv_audit_sum_total(&fuzzed->sum, fuzzed->ledger.id, total);
    wv_ensure(wv_audit_sum_of(total, "records") <= UINT64_C(1) << 53);
    json_decref(total);
    wv_audit_sum_fini(&fuzzed->sum);
    wv_ledgers_free(fuzzed->ledgers);
    free(fuzzed);
    return 0;
}
