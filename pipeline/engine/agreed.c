/*
 * agreed.c — what a record may be used for: consent, and the purposes for which it was collected.
 *
 * Headers come from whoever filled the topic, so they can only take something away, except for the
 * one consent that nobody has unless somebody says so.
 */
#include "engine/work.h"

#include "plan/routing.h"

/* Without blanks, line ends and the like around it. */
static struct wv_slice trim(struct wv_slice word)
{
    while (word.len > 0 && word.ptr[0] <= ' ') {
        word = wv_slice_sub(word, 1, word.len);
    }
    while (word.len > 0 && word.ptr[word.len - 1] <= ' ') {
        word.len--;
    }
    return word;
}

/* How often a header of that name says the word, and how often it says anything. */
struct said {
    size_t word;
    size_t times;
};

static struct said kafka_says(const struct wv_record *record, struct wv_slice name,
                              struct wv_slice word)
{
    struct said said = {0};
    for (size_t i = 0; name.len > 0 && i < record->header_count; i++) {
        if (wv_slice_eq(record->headers[i].name, name)) {
            said.word += wv_slice_eq_nocase(trim(record->headers[i].value), word);
            said.times++;
        }
    }
    return said;
}

/* Where several headers speak, one that refuses is enough, and all must agree. */
static void settle_consent(struct wv_worker *worker)
{
    struct wv_settled *settled = &worker->settled;
    const struct wv_config *config = worker->plan->config;
    const struct wv_tenant *tenant = settled->tenant;
    const struct said refused =
        kafka_says(worker->record, config->consent_header, WV_LIT("refused"));
    const struct said given =
        kafka_says(worker->record, config->third_party_header, WV_LIT("given"));
    settled->refused = refused.word > 0 || (tenant != NULL && tenant->refused);
    settled->third_party =
        given.times > 0 ? given.word == given.times : tenant != NULL && tenant->third_party;
}

enum { PURPOSES_BYTES_MAX = 1024 };

/* "security, usage": all of them must be known, or it says nothing that could be relied on. */
static uint32_t named_purposes(struct wv_slice names)
{
    uint32_t purposes = 0;
    if (names.len > PURPOSES_BYTES_MAX) {
        return 0;
    }
    for (size_t from = 0; from <= names.len;) {
        const uint8_t *comma =
            from == names.len ? NULL : memchr(names.ptr + from, ',', names.len - from);
        const size_t end = comma == NULL ? names.len : (size_t)(comma - names.ptr);
        const struct wv_slice word = trim(wv_slice_sub(names, from, end));
        const size_t purpose = wv_word_find(wv_purpose_words, word);
        if (purpose == WV_PURPOSE_COUNT) {
            return 0;
        }
        purposes |= 1u << purpose;
        from = end + 1;
    }
    return purposes;
}

/* Whoever says something takes purposes away; where nobody does, there are none to take. */
static void settle_purposes(struct wv_worker *worker)
{
    const struct wv_record *record = worker->record;
    const struct wv_input *input = &worker->plan->config->inputs[record->input];
    const struct wv_tenant *tenant = worker->settled.tenant;
    const uint32_t own = tenant == NULL ? 0 : tenant->purposes;
    uint32_t purposes = worker->plan->legal->purposes[record->input];
    bool said = input->purposes_header.len == 0 || input->purposes != 0 ||
                input->basis != WV_BASIS_COUNT || own != 0;
    purposes &= own == 0 ? UINT32_MAX : own;
    for (size_t i = 0; input->purposes_header.len > 0 && i < record->header_count; i++) {
        if (wv_slice_eq(record->headers[i].name, input->purposes_header)) {
            purposes &= named_purposes(record->headers[i].value);
            said = true;
        }
    }
    worker->settled.purposes = said ? purposes : 0;
}

void wv_settle_agreed(struct wv_worker *worker)
{
    settle_consent(worker);
    settle_purposes(worker);
}
