/*
 * delivery_records.c — made-up records of three sizes.
 *
 * The corpus makes records of 2 KiB. Smaller ones are those without what a firewall can be told not
 * to log; larger ones have the headers and arguments of many requests in one, which is the most
 * work that a record of that size can be.
 */
#include "bench/delivery.h"

#include "app/corpus.h"

#include <jansson.h>
#include <stdlib.h>

enum {
    POOL_BYTES = 48 << 20, /* more than fits into a core's caches */
    POOL_RECORDS_MAX = 20000,
    SMALL = 1024, /* below it records are cut down */
    LARGE = 4096, /* above it they are put together */
    SEED = 1,
};

static json_t *next_tree(struct wv_corpus *corpus)
{
    uint8_t bytes[WV_CORPUS_RECORD_MAX];
    struct wv_buf buf = wv_buf_of(bytes, sizeof bytes);
    struct wv_slice text;
    if (!wv_corpus_next(corpus, &buf) || !wv_buf_take(&buf, &text)) {
        return NULL;
    }
    return json_loadb((const char *)text.ptr, text.len, 0, NULL);
}

static void cut_headers(json_t *headers)
{
    for (size_t i = json_array_size(headers); i > 0; i--) {
        const char *name =
            json_string_value(json_object_get(json_array_get(headers, i - 1), "name"));
        if (name == NULL ||
            (strcasecmp(name, "host") != 0 && strcasecmp(name, "user-agent") != 0)) {
            (void)json_array_remove(headers, i - 1);
        }
    }
}

static void cut_down(json_t *tree)
{
    static const char *const names[] = {"terminatingRuleType",    "terminatingRuleMatchDetails",
                                        "httpSourceName",         "httpSourceId",
                                        "ruleGroupList",          "rateBasedRuleList",
                                        "requestHeadersInserted", "nonTerminatingMatchingRules",
                                        "responseCodeSent",       "ja3Fingerprint",
                                        "ja4Fingerprint",         "labels",
                                        "requestBodySize",        "requestBodySizeInspectedByWAF"};
    for (size_t i = 0; i < WV_COUNT(names); i++) {
        (void)json_object_del(tree, names[i]);
    }
    json_t *request = json_object_get(tree, "httpRequest");
    (void)json_object_del(request, "fragment");
    (void)json_object_del(request, "scheme");
    (void)json_object_del(request, "host");
    cut_headers(json_object_get(request, "headers"));
}

static bool join_args(json_t *request, const json_t *more)
{
    const char *own = json_string_value(json_object_get(request, "args"));
    const char *other = json_string_value(json_object_get(more, "args"));
    return json_object_set_new(
               request, "args",
               json_sprintf("%s&%s", own == NULL ? "" : own, other == NULL ? "" : other)) == 0;
}

/* Takes headers and arguments of further records until it is long enough. */
static bool put_together(json_t *tree, struct wv_corpus *corpus, size_t size)
{
    json_t *request = json_object_get(tree, "httpRequest");
    for (size_t len = json_dumpb(tree, NULL, 0, JSON_COMPACT); len < size;
         len = json_dumpb(tree, NULL, 0, JSON_COMPACT)) {
        json_t *more = next_tree(corpus);
        const json_t *from = json_object_get(more, "httpRequest");
        const bool joined =
            join_args(request, from) && json_array_extend(json_object_get(request, "headers"),
                                                          json_object_get(from, "headers")) == 0;
        json_decref(more);
        if (!joined) {
            return false;
        }
    }
    return true;
}

static bool add_tree(struct delivery_records *records, struct wv_corpus *corpus, size_t size)
{
    json_t *tree = next_tree(corpus);
    bool good = tree != NULL;
    if (good && size < SMALL) {
        cut_down(tree);
    } else if (good) {
        good = put_together(tree, corpus, size);
    }
    uint8_t *to = records->memory + records->bytes;
    const size_t len =
        good ? json_dumpb(tree, (char *)to, (size_t)POOL_BYTES - records->bytes, JSON_COMPACT) : 0;
    json_decref(tree);
    if (len == 0 || len > (size_t)POOL_BYTES - records->bytes) {
        return false;
    }
    records->items[records->count++] = (struct wv_slice){to, len};
    records->bytes += len;
    return true;
}

static bool add_plain(struct delivery_records *records, struct wv_corpus *corpus)
{
    uint8_t *to = records->memory + records->bytes;
    struct wv_buf buf = wv_buf_of(to, (size_t)POOL_BYTES - records->bytes);
    struct wv_slice text;
    if (!wv_corpus_next(corpus, &buf) || !wv_buf_take(&buf, &text)) {
        return false;
    }
    records->items[records->count++] = text;
    records->bytes += text.len;
    return true;
}

bool delivery_records_make(struct delivery_records *records, size_t size)
{
    *records = (struct delivery_records){.items = calloc(POOL_RECORDS_MAX, sizeof *records->items),
                                         .memory = malloc(POOL_BYTES)};
    if (records->items == NULL || records->memory == NULL) {
        return false;
    }
    struct wv_corpus corpus;
    wv_corpus_init(&corpus, SEED);
    const bool plain = size >= SMALL && size <= LARGE;
    /* A record of the corpus is at most twice as long as records are on average. */
    const size_t room = 2 * size + (size_t)2 * WV_CORPUS_RECORD_MAX;
    bool good = true;
    while (good && records->count < POOL_RECORDS_MAX &&
           records->bytes + room < (size_t)POOL_BYTES) {
        good = plain ? add_plain(records, &corpus) : add_tree(records, &corpus, size);
    }
    return good && records->count > 0;
}

void delivery_records_free(struct delivery_records *records)
{
    free(records->items);
    free(records->memory);
    *records = (struct delivery_records){0};
}
