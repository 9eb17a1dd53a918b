/* legal_topics.c — how the topics are kept and who reads them, in words and for programs. */
#include "app/legal_topics.h"

#include "plan/retention.h"

#include <inttypes.h>

static void put_word(FILE *stream, wv_legal_put *put, const char *word)
{
    put(stream, wv_slice_of(word));
}

static bool put_trouble(FILE *stream, wv_legal_put *put, const struct wv_answer *answer)
{
    if (!answer->known) {
        (void)fputs("not known: ", stream);
        put_word(stream, put, answer->trouble);
    }
    return !answer->known;
}

/* What its output declares; -1: nothing, or it is no output. */
static int64_t declared_ms(const struct wv_plan *plan, const struct wv_topic *topic)
{
    return topic->content == WV_CONTENT_PROTECTED
               ? wv_retention_declared_ms(&wv_plan_config(plan)->outputs[topic->index])
               : -1;
}

void wv_legal_put_keeping(FILE *stream, wv_legal_put *put, const struct wv_plan *plan,
                          const struct wv_topic *topic)
{
    const struct wv_keeping *keeping = &topic->keeping;
    char span[WV_SPAN_TEXT];
    if (put_trouble(stream, put, &keeping->answer)) {
        return;
    }
    wv_span_format(wv_keeping_ms(keeping), span);
    (void)fputs(span, stream);
    if (wv_keeping_longest_ms(keeping) != wv_keeping_ms(keeping)) {
        wv_span_format(wv_keeping_longest_ms(keeping), span);
        (void)fprintf(stream, ", with its segment up to %s", span);
    }
    if (declared_ms(plan, topic) >= 0) {
        wv_span_format(declared_ms(plan, topic), span);
        (void)fprintf(stream, ", declared %s", span);
    }
    if (keeping->deletes && keeping->bytes >= 0) {
        (void)fprintf(stream, ", less where a partition gets larger than %" PRId64 " bytes",
                      keeping->bytes);
    }
    if (keeping->compacts) {
        wv_span_format(keeping->lag_ms, span);
        (void)fprintf(stream, "; compacted %s%s", keeping->lag_ms < 0 ? "" : "within ",
                      keeping->lag_ms < 0 ? "at any time" : span);
    }
}

/* "User:soc from 192.0.2.7 (topics waf.*)" */
static void put_reader(FILE *stream, wv_legal_put *put, const struct wv_topic_reader *reader,
                       const char *topic)
{
    (void)fputs(reader->denied ? "not " : "", stream);
    put_word(stream, put, reader->principal);
    if (strcmp(reader->host, "*") != 0) {
        (void)fputs(" from ", stream);
        put_word(stream, put, reader->host);
    }
    if (reader->prefixed || strcmp(reader->topics, topic) != 0) {
        (void)fputs(" (topics ", stream);
        put_word(stream, put, reader->topics);
        (void)fputs(reader->prefixed ? "…)" : ")", stream);
    }
}

void wv_legal_put_readers(FILE *stream, wv_legal_put *put, const struct wv_topic *topic)
{
    const struct wv_topic_readers *readers = &topic->readers;
    if (put_trouble(stream, put, &readers->answer)) {
        return;
    }
    if (readers->anyone) {
        (void)fputs("anyone who reaches the brokers: they have no authorizer", stream);
        return;
    }
    for (size_t i = 0; i < readers->count; i++) {
        (void)fputs(i == 0 ? "" : ", ", stream);
        put_reader(stream, put, &readers->items[i], topic->name);
    }
    if (readers->more > 0) {
        (void)fprintf(stream, " and %zu more", readers->more);
    }
    (void)fputs(readers->count > 0 ? "; super users" : "super users", stream);
    (void)fputs(readers->unlisted ? "; everybody, if the brokers set allow.everyone.if.no.acl.found"
                                  : "",
                stream);
}

void wv_legal_put_groups(FILE *stream, wv_legal_put *put, const struct wv_topic *topic)
{
    const struct wv_topic_groups *groups = &topic->groups;
    if (put_trouble(stream, put, &groups->answer)) {
        return;
    }
    for (size_t i = 0; i < groups->count; i++) {
        (void)fputs(i == 0 ? "" : ", ", stream);
        put_word(stream, put, groups->items[i]);
    }
    if (groups->more > 0) {
        (void)fprintf(stream, " and %zu more", groups->more);
    }
    (void)fputs(groups->count == 0 ? "none that this user is shown" : "", stream);
    if (groups->unasked > 0) {
        (void)fprintf(stream, "; not known of %zu groups or brokers", groups->unasked);
    }
}

/* ---- The table ------------------------------------------------------------------------------- */

static void put_plain(FILE *stream, struct wv_slice text)
{
    (void)fwrite(text.ptr, 1, text.len, stream);
}

static void put_place(const struct wv_plan *plan, const struct wv_topic *topic, FILE *stream)
{
    (void)fprintf(stream, "\n%s: %s", topic->name, wv_content_word(topic->content));
    if (topic->content == WV_CONTENT_PROTECTED) {
        const struct wv_output *output = &wv_plan_config(plan)->outputs[topic->index];
        (void)fprintf(stream, ", output %s", (const char *)output->name.ptr);
        if (output->country.len > 0) {
            (void)fprintf(stream, ", in %s", (const char *)output->country.ptr);
        }
    }
    (void)fprintf(stream, ", on %s\n", topic->brokers);
}

void wv_legal_topics_table(const struct wv_plan *plan, const struct wv_topic *topics, size_t count,
                           FILE *stream)
{
    (void)fputs(count == 0 ? "" : "\nTopics, as the brokers describe them\n", stream);
    for (size_t i = 0; i < count; i++) {
        put_place(plan, &topics[i], stream);
        (void)fputs("  kept:      ", stream);
        wv_legal_put_keeping(stream, put_plain, plan, &topics[i]);
        (void)fputs("\n  may read:  ", stream);
        wv_legal_put_readers(stream, put_plain, &topics[i]);
        (void)fputs("\n  groups:    ", stream);
        wv_legal_put_groups(stream, put_plain, &topics[i]);
        (void)fputc('\n', stream);
    }
}

/* ---- For programs ---------------------------------------------------------------------------- */

static json_t *number_or_null(int64_t number)
{
    return number < 0 ? json_null() : json_integer(number);
}

static json_t *unknown_json(const struct wv_answer *answer)
{
    return json_pack("{s:b, s:s}", "known", false, "why", answer->trouble);
}

static json_t *keeping_json(const struct wv_plan *plan, const struct wv_topic *topic)
{
    const struct wv_keeping *keeping = &topic->keeping;
    if (!keeping->answer.known) {
        return unknown_json(&keeping->answer);
    }
    return json_pack("{s:b, s:o, s:o, s:o, s:o, s:b, s:b, s:o}", "known", true, "kept_ms",
                     number_or_null(wv_keeping_ms(keeping)), "longest_ms",
                     number_or_null(wv_keeping_longest_ms(keeping)), "declared_ms",
                     number_or_null(declared_ms(plan, topic)), "bytes",
                     number_or_null(keeping->bytes), "deleted", keeping->deletes, "compacted",
                     keeping->compacts, "compacted_within_ms", number_or_null(keeping->lag_ms));
}

static json_t *readers_json(const struct wv_topic_readers *readers)
{
    if (!readers->answer.known) {
        return unknown_json(&readers->answer);
    }
    json_t *entries = json_array();
    for (size_t i = 0; i < readers->count; i++) {
        const struct wv_topic_reader *reader = &readers->items[i];
        (void)json_array_append_new(entries, json_pack("{s:s, s:s, s:s, s:b, s:b}", "principal",
                                                       reader->principal, "host", reader->host,
                                                       "topics", reader->topics, "prefix",
                                                       reader->prefixed, "denied", reader->denied));
    }
    return json_pack("{s:b, s:b, s:b, s:o, s:I}", "known", true, "anyone", readers->anyone,
                     "unlisted", readers->unlisted, "entries", entries, "left_out",
                     (json_int_t)readers->more);
}

static json_t *groups_json(const struct wv_topic_groups *groups)
{
    if (!groups->answer.known) {
        return unknown_json(&groups->answer);
    }
    json_t *names = json_array();
    for (size_t i = 0; i < groups->count; i++) {
        (void)json_array_append_new(names, json_string(groups->items[i]));
    }
    return json_pack("{s:b, s:o, s:I, s:I}", "known", groups->unasked == 0, "names", names,
                     "left_out", (json_int_t)groups->more, "not_known_of",
                     (json_int_t)groups->unasked);
}

static json_t *topic_json(const struct wv_plan *plan, const struct wv_topic *topic)
{
    const bool out = topic->content == WV_CONTENT_PROTECTED;
    const struct wv_output *output = out ? &wv_plan_config(plan)->outputs[topic->index] : NULL;
    return json_pack("{s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o}", "topic", topic->name, "holds",
                     wv_content_word(topic->content), "output",
                     out ? json_string((const char *)output->name.ptr) : json_null(), "country",
                     out && output->country.len > 0 ? json_string((const char *)output->country.ptr)
                                                    : json_null(),
                     "brokers", topic->brokers, "retention", keeping_json(plan, topic), "readers",
                     readers_json(&topic->readers), "groups", groups_json(&topic->groups));
}

json_t *wv_legal_topics_json(const struct wv_plan *plan, const struct wv_topic *topics,
                             size_t count)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        (void)json_array_append_new(array, topic_json(plan, &topics[i]));
    }
    return array;
}
