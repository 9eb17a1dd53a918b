/*
 * audit_heads.c — the last records of the audit topic, for a chain that begins after them.
 *
 * Whoever may write the topic may have written anything into it: what is taken over are an id, a
 * number and a hash, and only where the record is one by its own hash.
 */
#include "runtime/audit_heads.h"

#include "base/log.h"
#include "keys/ledger.h"
#include "runtime/sample.h"

#include <stdio.h>

enum { HEADS_MAX = 64 };

struct head {
    char id[WV_LEDGER_ID + 1];
    char hash[WV_LEDGER_HASH + 1];
    uint64_t seq;
};

struct heads {
    struct head items[HEADS_MAX];
    size_t count;
};

static void take_head(void *user, const struct wv_topic_message *message)
{
    struct heads *heads = user;
    struct wv_ledgers *ledgers = wv_ledgers_new();
    json_t *record = NULL;
    if (ledgers == NULL || heads->count == HEADS_MAX || message->value.ptr == NULL ||
        wv_ledgers_add(ledgers, message->value, "", &record) != WV_LEDGER_GOOD) {
        wv_ledgers_free(ledgers);
        return;
    }
    const struct wv_ledger_state *state = wv_ledgers_at(ledgers, 0);
    struct head *head = &heads->items[heads->count++];
    memcpy(head->id, state->id, sizeof head->id);
    memcpy(head->hash, state->head, sizeof head->hash);
    head->seq = state->last_seq;
    wv_ledgers_free(ledgers);
}

void wv_audit_put_heads(struct wv_buf *out, const struct wv_config *config)
{
    struct heads heads = {.count = 0};
    struct wv_sample_trouble trouble = {NULL, NULL};
    const struct wv_topic topic = {
        .name = config->audit_topic, .kafka = config->audit_kafka, .each = 1};
    if (!wv_topic_read(config, &topic, take_head, &heads, &trouble)) {
        wv_log(WV_LOG_WARN, "audit_unread",
               WV_FIELDS(wv_log_slice("topic", config->audit_topic),
                         wv_log_word("what", trouble.what == NULL ? "" : trouble.what),
                         wv_log_word("advice", trouble.advice == NULL ? "" : trouble.advice),
                         wv_log_word("effect", "the first audit record does not name the last ones "
                                               "of those before")));
        wv_buf_put(out, WV_LIT(",\"after\":null,\"because\":\""));
        wv_buf_put(out, wv_slice_of("the topic could not be read\""));
        return;
    }
    wv_buf_put(out, WV_LIT(",\"after\":["));
    for (size_t i = 0; i < heads.count; i++) {
        char text[256];
        (void)snprintf(text, sizeof text, "%s{\"chain\":\"%s\",\"seq\":%llu,\"hash\":\"%s\"}",
                       i > 0 ? "," : "", heads.items[i].id, (unsigned long long)heads.items[i].seq,
                       heads.items[i].hash);
        wv_buf_put(out, wv_slice_of(text));
    }
    wv_buf_byte(out, ']');
}
