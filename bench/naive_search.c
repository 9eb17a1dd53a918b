/*
 * naive_search.c — personal data inside text: one pattern after another over the text, and over the
 * text decoded up to three times; what matches is replaced where it stands.
 */
#include "bench/naive.h"

#define NUMBER "(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])"
#define QUAD   NUMBER "(?:\\." NUMBER "){3}"
#define GROUPS "(?:[0-9A-Fa-f]{0,4}:){2,7}(?:" QUAD "|[0-9A-Fa-f]{1,4})?"
/* Also behind the colon of a label: "source:2001:db8::1". */
#define LABEL "[G-Zg-z_-]"
#define BEFORE_GROUPS                                                                              \
    "(?:(?<![\\w:.])|(?<=" LABEL ":|" LABEL "[A-Fa-f]:|" LABEL "[A-Fa-f]{2}:|" LABEL               \
    "[A-Fa-f]{3}:))"
#define SCHEME "(?i:bearer|basic|negotiate|ntlm)"
#define FILE_NAME                                                                                  \
    "png|jpe?g|gif|webp|svg|ico|css|js|map|woff2?|ttf|eot|json|xml|html?|php|pdf|txt|avif|mp4|"    \
    "bmp|tiff|webm|min"

enum { LAYERS = NAIVE_LAYERS };

static const struct naive_sort address_sort = {.word = "IP", .rank = WV_HIT_IPV4};

static const struct {
    const char *pattern;
    struct naive_sort sort;
} texts[] = {
    {"://[^\\x00-\\x20/?#\"'<>`]*@(*SKIP)(*FAIL)|"             /* a user in a URL */
     "(?<!\\w)\\w[\\w.+-]*@(?=([0-9]+(?:[xX][.-]|\\.[0-9]))?)" /* "logo@2x.min.js", or a version */
     "(?:[A-Za-z0-9-]+\\.)+(?!(?i:" FILE_NAME ")(?![A-Za-z0-9-]))"
     "(?:(?i:xn--)[A-Za-z0-9-]+|[A-Za-z]{2,}+)"
     "(?(1)(?![A-Za-z0-9-]*(?:\\.[A-Za-z0-9-]+)*\\.(?i:" FILE_NAME ")(?![A-Za-z0-9-])))",
     {"EMAIL", WV_CLASS_EMAIL, NAIVE_NEVER, WV_HIT_EMAIL}},
    {"(?<![A-Za-z0-9])eyJ[\\w.=-]{12,}[\\w=-]", {"TOKEN", WV_CLASS_NONE, NAIVE_NEVER, WV_HIT_JWT}},
    {"(?<!\\w)" SCHEME "[ \\t+]+\\K(?![a-z]{1,15}(?![\\w.~+/=-])|(?i:realm=))[\\w.~+/=-]{6,}",
     {"CREDENTIAL", WV_CLASS_NONE, NAIVE_NEVER, WV_HIT_AUTH_HEADER}},
    {"://\\K[^\\x00-\\x20/?#\"'<>`]+(?=@)",
     {"USERINFO", WV_CLASS_NONE, NAIVE_NEVER, WV_HIT_BASIC_AUTH_URL}},
};

_Static_assert(WV_COUNT(texts) == WV_COUNT(((struct naive *)0)->texts), "one pattern each");

void naive_search_open(struct naive *naive)
{
    naive->v4 = naive_compile("(?<![\\w.])" QUAD "(?!\\w|\\.[0-9])");
    naive->v6 = naive_compile(BEFORE_GROUPS GROUPS "(?!\\w|:(?![0-9]{1,5}(?![\\w:])))");
    naive->loose_v4 = naive_compile(QUAD);
    naive->loose_v6 = naive_compile(GROUPS);
    for (size_t i = 0; i < WV_COUNT(texts); i++) {
        naive->texts[i] = naive_compile(texts[i].pattern);
    }
}

void naive_search_close(struct naive *naive)
{
    pcre2_code_free(naive->v4);
    pcre2_code_free(naive->v6);
    pcre2_code_free(naive->loose_v4);
    pcre2_code_free(naive->loose_v6);
    for (size_t i = 0; i < WV_COUNT(texts); i++) {
        pcre2_code_free(naive->texts[i]);
    }
}

void naive_add_hit(struct naive *naive, const struct naive_layer *layer, size_t seen_from,
                   struct naive_hit hit)
{
    if (naive->hit_count == NAIVE_HITS_MAX) {
        naive->overflowed = true;
        return;
    }
    hit.seen_from = seen_from;
    hit.from = layer->map == NULL ? hit.from : layer->map[hit.from];
    hit.to = layer->map == NULL ? hit.to : layer->map[hit.to];
    hit.seen_from = layer->map == NULL ? hit.seen_from : layer->map[hit.seen_from];
    naive->hits[naive->hit_count++] = hit;
}

/* "Chrome/120.0.0.0" is a version, "Foo::Bar" no address. */
static bool is_plausible(struct wv_slice text, const struct naive_address *address)
{
    if (memchr(text.ptr, ':', text.len) == NULL) {
        return address->len != 4 || memcmp(address->bytes + 1, "\0\0\0", 3) != 0;
    }
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] >= '0' && text.ptr[i] <= '9') {
            return true;
        }
    }
    return memmem(text.ptr, text.len, "::", 2) == NULL;
}

static void find_addresses(struct naive *naive, const struct naive_layer *layer,
                           const naive_pattern *pattern)
{
    const PCRE2_SIZE *at;
    for (size_t from = 0; (at = naive_find(naive, pattern, layer->text, from)) != NULL;
         from = at[1]) {
        const struct wv_slice text = wv_slice_sub(layer->text, at[0], at[1]);
        struct naive_address address = {.len = 0}; /* numbers with leading zeros have no value */
        const bool read = naive_address_read(text, &address);
        const bool six = memchr(text.ptr, ':', text.len) != NULL;
        const struct naive_known *known = read ? naive_address_known(naive, &address) : NULL;
        if (known != NULL || (layer->all && (read || !six) && is_plausible(text, &address))) {
            naive_add_hit(naive, layer, at[0],
                          (struct naive_hit){at[0], at[1], .sort = &address_sort, .known = known});
        }
    }
}

static void find_texts(struct naive *naive, const struct naive_layer *layer)
{
    const PCRE2_SIZE *at;
    for (size_t i = 0; i < WV_COUNT(texts); i++) {
        for (size_t from = 0; (at = naive_find(naive, naive->texts[i], layer->text, from)) != NULL;
             from = at[1]) {
            naive_add_hit(naive, layer, at[0],
                          (struct naive_hit){at[0], at[1], .sort = &texts[i].sort});
        }
    }
}

static void find_values(struct naive *naive, const struct naive_layer *layer)
{
    const PCRE2_SIZE *at;
    if (memchr(layer->text.ptr, '=', layer->text.len) == NULL &&
        memchr(layer->text.ptr, ':', layer->text.len) == NULL) {
        return;
    }
    for (size_t i = 0; i < NAIVE_NAMES; i++) {
        for (size_t from = 0; (at = naive_find(naive, naive->values[i], layer->text, from)) != NULL;
             from = at[1]) {
            naive_add_hit(naive, layer, at[0],
                          (struct naive_hit){at[2], at[3], .sort = naive_names_at(i)});
        }
    }
}

static void find_all(struct naive *naive, const struct naive_layer *layer)
{
    find_addresses(naive, layer, naive->v4);
    find_addresses(naive, layer, naive->v6);
    if (layer->all) {
        find_texts(naive, layer);
        find_values(naive, layer);
        naive_find_identifiers(naive, layer);
        naive_find_needles(naive, layer);
    }
}

/* A hit that begins or ends inside of an escape, as "201.2.3.4" in "%201.2.3.4": a deeper layer has
 * shown what really stands there, or the whole escape goes. False: the hit is none. */
static bool mend(struct naive *naive, struct wv_slice text, size_t deeper, struct naive_hit *hit)
{
    const size_t from = naive_escape_around(text, hit->from);
    const size_t to = naive_escape_around(text, hit->to);
    if (from == hit->from && to == hit->to) {
        return true;
    }
    for (size_t i = 0; i < deeper; i++) {
        if (naive->hits[i].from < hit->to && hit->from < naive->hits[i].to) {
            return false;
        }
    }
    hit->from = from;
    hit->to = to == hit->to ? to : to + 3;
    return true;
}

/* Fills naive->hits, in no order. */
static void look(struct naive *naive, struct wv_slice text, bool all, bool loose)
{
    struct naive_layer layers[LAYERS + 1] = {{.text = text, .all = all, .loose = loose}};
    size_t depth = 1;
    naive->hit_count = 0;
    naive->overflowed = false;
    while (naive_decode(naive, layers[depth - 1].text, layers[depth - 1].map, depth - 1,
                        &layers[depth].text)) {
        if (depth == LAYERS) {
            naive->overflowed = true; /* who hides so deep has a reason */
            return;
        }
        layers[depth].map = naive->maps[depth - 1];
        layers[depth].all = all;
        layers[depth].loose = loose;
        depth++;
    }
    naive->deepest = layers[depth - 1];
    for (size_t i = depth; i > 0; i--) {
        const size_t deeper = naive->hit_count;
        size_t kept = deeper;
        find_all(naive, &layers[i - 1]);
        for (size_t k = deeper; k < naive->hit_count; k++) {
            if (depth == 1 || mend(naive, text, deeper, &naive->hits[k])) {
                naive->hits[kept++] = naive->hits[k];
            }
        }
        naive->hit_count = kept;
    }
}

static void sort_hits(struct naive *naive)
{
    for (size_t i = 1; i < naive->hit_count; i++) {
        const struct naive_hit hit = naive->hits[i];
        size_t at = i;
        while (at > 0 && naive->hits[at - 1].from > hit.from) {
            naive->hits[at] = naive->hits[at - 1];
            at--;
        }
        naive->hits[at] = hit;
    }
}

/* Which of two hits that overlap gives the word: the wider one, of equals what the record knows. */
static bool is_better(const struct naive_hit *a, const struct naive_hit *b)
{
    const size_t width_a = a->to - a->from;
    const size_t width_b = b->to - b->from;
    if (width_a != width_b || a->needle == b->needle) {
        return width_a != width_b ? width_a > width_b : a->sort->rank < b->sort->rank;
    }
    return b->needle == NULL || (a->needle != NULL && a->needle < b->needle);
}

static void unite_hits(struct naive *naive)
{
    size_t count = 0;
    for (size_t i = 0; i < naive->hit_count; i++) {
        const struct naive_hit *hit = &naive->hits[i];
        struct naive_hit *last = count > 0 ? &naive->hits[count - 1] : NULL;
        if (last == NULL || hit->from >= last->to) {
            naive->hits[count++] = *hit;
            continue;
        }
        if (is_better(hit, last)) {
            last->sort = hit->sort;
            last->known = hit->known;
            last->needle = hit->needle;
        }
        last->to = hit->to > last->to ? hit->to : last->to;
    }
    naive->hit_count = count;
}

/* The place in the deepest layer of a place in the text. */
static size_t deepest_at(const struct naive_layer *deepest, size_t place)
{
    size_t at = 0;
    while (deepest->map != NULL && at < deepest->text.len && deepest->map[at] < place) {
        at++;
    }
    return deepest->map == NULL ? place : at;
}

static void put_hit(struct naive *naive, const struct naive_hit *hit, struct wv_buf *out)
{
    const struct naive_layer *deepest = &naive->deepest;
    if (hit->known != NULL) {
        wv_buf_put(out, wv_slice_of(hit->known->word));
        return;
    }
    const struct wv_slice value = hit->needle != NULL
                                      ? (struct wv_slice){hit->needle->value, hit->needle->len}
                                      : wv_slice_sub(deepest->text, deepest_at(deepest, hit->from),
                                                     deepest_at(deepest, hit->to));
    if (hit->needle == NULL && hit->seen_from < hit->from) {
        naive_texts_told(naive, hit->sort, value);
    }
    naive_put_word(naive, hit->sort, value, out);
}

static enum wv_verdict replace(struct naive *naive, struct wv_slice text, bool all,
                               struct wv_buf *out)
{
    if (text.len == 0) {
        return WV_HARMLESS;
    }
    if (text.len > TREE_TEXT_MAX) {
        return WV_FAILED;
    }
    look(naive, text, all, false);
    if (naive->overflowed) {
        return WV_FAILED;
    }
    if (naive->hit_count == 0) {
        return WV_HARMLESS;
    }
    sort_hits(naive);
    unite_hits(naive);
    size_t done = 0;
    for (size_t i = 0; i < naive->hit_count; i++) {
        wv_buf_put(out, wv_slice_sub(text, done, naive->hits[i].from));
        put_hit(naive, &naive->hits[i], out);
        done = naive->hits[i].to;
    }
    wv_buf_put(out, wv_slice_sub(text, done, text.len));
    return WV_REPLACED;
}

enum wv_verdict naive_scrub(struct naive *naive, struct wv_slice text, struct wv_buf *out)
{
    return replace(naive, text, true, out);
}

enum wv_verdict naive_keep(struct naive *naive, struct wv_slice text, struct wv_buf *out)
{
    return replace(naive, text, false, out);
}

/* Pieces have lost the blanks between them, so an address has no ends that could be checked. */
static bool crosses_border(struct naive *naive, struct wv_slice text, size_t border)
{
    const naive_pattern *const loose[] = {naive->loose_v4, naive->loose_v6};
    const PCRE2_SIZE *at;
    for (size_t i = 0; i < naive->hit_count; i++) {
        if (naive->hits[i].seen_from < border && border < naive->hits[i].to) {
            return true;
        }
    }
    for (size_t i = 0; i < WV_COUNT(loose); i++) {
        for (size_t from = 0; (at = naive_find(naive, loose[i], text, from)) != NULL;
             from = at[1]) {
            if (at[0] < border && border < at[1]) {
                return true;
            }
        }
    }
    return false;
}

bool naive_crosses(struct tree *tree, const json_t *pieces)
{
    struct naive *naive = tree->own;
    size_t len = 0;
    size_t i;
    json_t *piece;
    json_array_foreach(pieces, i, piece)
    {
        const struct wv_slice text = tree_text(piece);
        if (text.len > sizeof naive->draft - len) {
            return true;
        }
        memcpy(naive->draft + len, text.ptr, text.len);
        len += text.len;
    }
    const struct wv_slice all = {naive->draft, len};
    if (json_array_size(pieces) < 2 || len == 0) {
        return false;
    }
    look(naive, all, true, true);
    size_t border = 0;
    json_array_foreach(pieces, i, piece)
    {
        border += json_string_length(piece);
        if (border < len && crosses_border(naive, all, border)) {
            return true;
        }
    }
    return false;
}
