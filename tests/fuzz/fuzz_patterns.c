/*
 * fuzz_patterns — an operator's patterns are found as the plainest use of PCRE2 finds them.
 *
 * Oracles: the same hits as without literal, limits, windows and compiled code; where a limit is
 * met, the text is longer than one look, or there are too many hits; a text with a hit holds a
 * literal; a search of it leaves nothing that a second search would replace by the same pattern,
 * unless a placeholder stands beside it; and where some of the pieces of a text hold a match that
 * none of them holds alone, it is said to cross.
 *
 * Input: one byte that says where the text is cut into pieces, then the text.
 */
#include "tests/support/filter_fixture.h"
#include "tests/support/pattern_fixture.h"

#include "filters/placeholder.h"
#include "filters/search.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    TEXT_MAX = 8 * 1024,
    ONE_LOOK = 1024, /* no limit of a match's length is met in less */
    JOINED_MAX = 200,
    PIECES_MAX = 6,
    GROWTH = WV_SEARCH_HITS_MAX * WV_PLACEHOLDER_MAX,
};

static const struct own list[] = {
    {.name = "customer_no", .pattern = "\\bKD-[0-9]{4,8}\\b", .literal = "KD-"},
    {.name = "member", .pattern = "\\bM[0-9 ]{3,20}\\b", .literal = "M", .validator = "luhn"},
    {.name = "case_no", .pattern = "(?i:case)#[0-9a-z]+", .literal = "case#", .nocase = true},
    {.name = "pair", .pattern = "(?<![a-z])(?:a:b|b:a){2,5}(?=;|$)", .literal = ":"},
    {.name = "row", .pattern = "u=[^&;]{2,}(?:&|;)", .literal = "u="},
    {.name = "line", .pattern = "(?m)^x[\\s\\w]{1,30}?y$", .literal = "x"},
};

struct state {
    struct fixture fixture;
    struct wv_patterns *patterns;
    uint64_t limits[WV_PATTERNS_MAX];
    pcre2_code *codes[WV_COUNT(list)];
};

static struct state *ready(void)
{
    static struct state state;
    if (state.patterns == NULL) {
        fixture_init(&state.fixture);
        state.patterns = wv_patterns_new();
        wv_ensure(state.patterns != NULL);
        for (size_t i = 0; i < WV_COUNT(list); i++) {
            wv_ensure(own_add(state.patterns, &list[i], state.fixture.report));
            state.codes[i] = own_compile(&list[i]);
            wv_ensure(state.codes[i] != NULL);
        }
        state.fixture.context.patterns = state.patterns;
        state.fixture.context.matcher = wv_matcher_new(state.patterns, state.limits);
        wv_ensure(state.fixture.context.matcher != NULL);
    }
    return &state;
}

static void find(const struct state *state, struct wv_slice text, struct wv_hits *hits)
{
    wv_hits_clear(hits);
    for (size_t i = 0; i < WV_COUNT(list); i++) {
        own_find(&list[i], state->codes[i], i, text, hits);
    }
}

static void compare(struct state *state, struct wv_slice text)
{
    static struct wv_hits got;
    static struct wv_hits wanted;
    wv_hits_clear(&got);
    wv_matcher_look(state->fixture.context.matcher, text, &got);
    find(state, text, &wanted);
    if (got.overflowed) {
        wv_ensure(wanted.overflowed || text.len > ONE_LOOK);
        return;
    }
    wv_ensure(!wanted.overflowed && own_same(&got, &wanted));
    wv_ensure(got.count == 0 || wv_patterns_may_match(state->patterns, text));
}

static void search(struct state *state, struct wv_slice text)
{
    static uint8_t mem[TEXT_MAX + GROWTH];
    static struct wv_hits before;
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    struct wv_out out = wv_out_plain(&buf, text);
    const enum wv_verdict verdict =
        wv_search(WV_SEARCH_IDENTIFIERS, text, &state->fixture.context, &out);
    find(state, text, &before);
    wv_ensure(verdict != WV_REMOVED && (before.count == 0 || verdict != WV_HARMLESS));
    struct wv_slice left;
    wv_ensure(wv_buf_take(&buf, &left));
    if (verdict == WV_REPLACED) {
        static struct wv_hits after;
        find(state, left, &after);
        for (size_t i = 0; i < after.count; i++) {
            /* A placeholder is a new border of words, and may be swallowed by what repeats. */
            const size_t from = after.items[i].from == 0 ? 0 : after.items[i].from - 1U;
            const size_t to = after.items[i].to < left.len ? after.items[i].to + 1U : left.len;
            wv_ensure(memchr(left.ptr + from, '~', to - from) != NULL);
        }
    }
    wv_ensure(state->fixture.scratch.used == 0);
}

/* Whether pieces that follow each other hold a match over one of their borders. */
static bool truly_crosses(const struct state *state, struct wv_slice text, const uint32_t *borders,
                          size_t count)
{
    static struct wv_hits hits;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = i + 1; k < count; k++) {
            const size_t end = k + 1 < count ? borders[k + 1] : text.len;
            const struct wv_slice part = wv_slice_sub(text, borders[i], end);
            find(state, part, &hits);
            for (size_t h = 0; h < hits.count; h++) {
                for (size_t b = i + 1; b <= k; b++) {
                    const uint32_t border = borders[b] - borders[i];
                    if (hits.items[h].from < border && border < hits.items[h].to &&
                        list[hits.items[h].detail].validator == NULL) {
                        return true;
                    }
                }
            }
        }
    }
    return false;
}

static void cut(struct state *state, uint8_t seed, struct wv_slice text)
{
    uint32_t borders[PIECES_MAX] = {0};
    size_t count = 1;
    uint32_t random = seed;
    while (count < PIECES_MAX && random % 5 != 4) {
        random = random * 1664525U + 1013904223U;
        const uint32_t step = (uint32_t)(1 + (random >> 16) % 12);
        if (borders[count - 1] + step > text.len) {
            break;
        }
        borders[count] = borders[count - 1] + step;
        count++;
        random >>= 3;
    }
    const bool said =
        wv_search_crosses(WV_SEARCH_IDENTIFIERS, text, borders, count, &state->fixture.context);
    wv_ensure(said || !truly_crosses(state, text, borders, count));
    wv_ensure(state->fixture.scratch.used == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2 || size > TEXT_MAX) {
        return 0;
    }
    struct state *state = ready();
    uint8_t *exact = malloc(size - 1); /* so that one byte too far is seen */
    wv_ensure(exact != NULL);
    memcpy(exact, data + 1, size - 1);
    const struct wv_slice text = {exact, size - 1};
    compare(state, text);
    search(state, text);
    if (text.len <= JOINED_MAX) {
        cut(state, data[0], text);
    }
    free(exact);
    return 0;
}
