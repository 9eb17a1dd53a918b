/* mark.c — makes the marks of placeholders. */
#include "filters/mark.h"

/* A value under a name for logins is an e-mail as often as not: then it has an e-mail's mark. */
static const struct wv_mark_kind *kind_of(const struct wv_marking *marking, uint8_t kind,
                                          uint8_t detail, struct wv_slice value)
{
    if (kind < WV_DETECTOR_COUNT) {
        return &marking->detectors[kind];
    }
    if (kind == WV_HIT_PATTERN) {
        return &marking->patterns[detail];
    }
    if (kind != WV_HIT_PARAMETER) {
        return NULL;
    }
    const bool email = detail == WV_PARAMETER_DIRECT_ID && value.len > 0 &&
                       memchr(value.ptr, '@', value.len) != NULL;
    return email ? &marking->detectors[WV_HIT_EMAIL] : &marking->parameters[detail];
}

struct wv_slice wv_mark_of(struct wv_context *context, uint8_t kind, uint8_t detail,
                           struct wv_slice value, uint8_t out[WV_MARK_LEN])
{
    const struct wv_mark_kind *wanted =
        context->marking == NULL ? NULL : kind_of(context->marking, kind, detail, value);
    if (wanted == NULL || wanted->kind == WV_KIND_NONE || wanted->kind == WV_KIND_IP ||
        context->key.domain.len == 0 || value.len == 0) {
        return (struct wv_slice){0};
    }
    const size_t mark = context->scratch->used;
    uint8_t *canonical = wv_scratch_take(context->scratch, value.len + 1);
    struct wv_token_key key = context->key;
    struct wv_token token;
    key.kind = wanted->kind;
    key.days = wanted->days;
    const bool made = canonical != NULL && context->tokens != NULL &&
                      wv_tokens_make(context->tokens, &key,
                                     wv_canonical_text(key.kind, value, canonical), &token);
    wv_scratch_return(context->scratch, mark);
    if (!made) {
        return (struct wv_slice){0};
    }
    memcpy(out, token.text + token.code_at, WV_MARK_LEN);
    return (struct wv_slice){out, WV_MARK_LEN};
}
