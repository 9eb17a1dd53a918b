/*
 * search.c — the same detector over every view of a text, merged on the bytes that spell the hits.
 *
 * A hit must never cut an escape in half, or the output would not be valid in its encoding. Where a
 * shallow view shows one that does ("201.2.3.4" in "%201.2.3.4"), the deeper view usually shows
 * what it really is; if it does not, the whole escape goes. Nor may it cut a character, which one
 * escape spells, or several, or none: of that the rest goes, too.
 */
#include "filters/anchors.h"
#include "filters/detect.h"
#include "filters/mark.h"
#include "filters/needle.h"
#include "filters/placeholder.h"
#include "filters/sensitive.h"
#include "filters/view.h"
#include "json/utf8.h"

enum {
    DEPTH_MAX = 3,      /* decodings that are looked into; deeper ones are refused */
    ADDRESS_REACH = 45, /* how far an address can reach from a border */
};

/* The hits in the text itself, in its first decoding, and so on; and their union. */
struct findings {
    size_t depth; /* levels in use */
    bool failed;
    struct wv_view deepest; /* bytes NULL: nothing is coded */
    struct wv_hits levels[DEPTH_MAX + 1];
    struct wv_hits sums[2]; /* the union, and room to make the next one */
    size_t sum;             /* which of them is the union */
};

/* Which of two hits of one width that nobody knew names what is found: what the operator has a name
 * for, then the more specific one. */
static unsigned order_of(const struct wv_hit *hit)
{
    return hit->kind == WV_HIT_PATTERN ? 0U : hit->kind + 1U;
}

/* Which of two overlapping hits names what is found: the wider one, of equals what the record
 * knows. */
static bool is_better(const struct wv_hit *a, const struct wv_hit *b)
{
    const uint32_t width_a = a->to - a->from;
    const uint32_t width_b = b->to - b->from;
    if (width_a != width_b) {
        return width_a > width_b;
    }
    return a->needle != b->needle ? a->needle < b->needle : order_of(a) < order_of(b);
}

static void sort(struct wv_hits *hits)
{
    for (size_t i = 1; i < hits->count; i++) {
        const struct wv_hit hit = hits->items[i];
        size_t at = i;
        while (at > 0 && hits->items[at - 1].from > hit.from) {
            hits->items[at] = hits->items[at - 1];
            at--;
        }
        hits->items[at] = hit;
    }
}

/* Adds a hit that begins no earlier than the last one. */
static void append(struct wv_hits *hits, const struct wv_hit *hit)
{
    struct wv_hit *last = hits->count > 0 ? &hits->items[hits->count - 1] : NULL;
    if (last == NULL || hit->from >= last->to) {
        if (hits->count == WV_SEARCH_HITS_MAX) {
            hits->overflowed = true;
            return;
        }
        hits->items[hits->count++] = *hit;
        return;
    }
    struct wv_hit both = is_better(hit, last) ? *hit : *last;
    both.from = last->from;
    both.to = hit->to > last->to ? hit->to : last->to;
    both.seen_from = hit->seen_from < last->seen_from ? hit->seen_from : last->seen_from;
    *last = both;
}

/* Adds sorted hits, in places of the original text, to the union. */
static void merge(struct findings *findings, const struct wv_hits *fresh)
{
    const struct wv_hits *known = &findings->sums[findings->sum];
    findings->sum = 1 - findings->sum;
    struct wv_hits *sum = &findings->sums[findings->sum];
    wv_hits_clear(sum);
    for (size_t i = 0, k = 0; i < known->count || k < fresh->count;) {
        const bool first =
            k == fresh->count || (i < known->count && known->items[i].from <= fresh->items[k].from);
        append(sum, first ? &known->items[i++] : &fresh->items[k++]);
    }
    findings->failed = findings->failed || sum->overflowed;
}

static bool is_covered(const struct wv_hits *hits, uint32_t from, uint32_t to)
{
    for (size_t i = 0; i < hits->count && hits->items[i].from <= from; i++) {
        if (hits->items[i].to >= to) {
            return from < to;
        }
    }
    return false;
}

/* Moves the ends of a hit to where no escape of the deepest view is cut. False: what is left of it
 * without the cut escapes is known already. */
static bool snap(const struct wv_view *deepest, const struct wv_hits *known, struct wv_hit *hit)
{
    const size_t first = wv_view_index(deepest, hit->from);
    const size_t last = wv_view_index(deepest, hit->to);
    const bool cuts_first = deepest->map[first] != hit->from;
    const bool cuts_last = deepest->map[last] != hit->to;
    if (!cuts_first && !cuts_last) {
        return true;
    }
    const uint32_t inner_from = cuts_first ? deepest->map[first + 1] : hit->from;
    if (is_covered(known, inner_from, deepest->map[last])) {
        return false;
    }
    hit->from = deepest->map[first];
    hit->to = cuts_last ? deepest->map[last + 1] : hit->to;
    return true;
}

/* Whether the byte at `at` is one that begins no character. */
static bool is_tail(struct wv_slice text, size_t at)
{
    return at < text.len && (text.ptr[at] & 0xc0) == 0x80;
}

/* The character of UTF-8 that begins before `at` and ends behind it; nothing, where none does. */
static struct wv_range character_around(struct wv_slice text, size_t at)
{
    for (size_t back = 1; back <= at && back <= 3 && is_tail(text, at - back + 1); back++) {
        const size_t from = at - back;
        const size_t len = wv_utf8_sequence(wv_slice_sub(text, from, text.len));
        if (len > back) {
            return (struct wv_range){from, from + len};
        }
    }
    return (struct wv_range){at, at};
}

/* Moves the ends of a hit to where no character is cut: a value that is looked for, or what two
 * texts have in common, may begin or end inside of one. */
static void widen(const struct wv_view *deepest, struct wv_slice text, struct wv_hit *hit)
{
    const bool viewed = deepest->bytes != NULL;
    const struct wv_slice seen = viewed ? wv_view_slice(deepest) : text;
    const size_t from = viewed ? wv_view_index(deepest, hit->from) : hit->from;
    const size_t to = viewed ? wv_view_index(deepest, hit->to) : hit->to;
    if (is_tail(seen, from)) {
        const size_t start = character_around(seen, from).from;
        hit->from = viewed ? deepest->map[start] : (uint32_t)start;
    }
    if (is_tail(seen, to)) {
        const size_t end = character_around(seen, to).to;
        hit->to = viewed ? deepest->map[end] : (uint32_t)end;
    }
}

/* Lets the hits of a level cut nothing. */
static void mend_all(const struct findings *findings, struct wv_slice text, struct wv_hits *hits)
{
    const bool viewed = findings->deepest.bytes != NULL;
    size_t kept = 0;
    for (size_t i = 0; i < hits->count; i++) {
        struct wv_hit hit = hits->items[i];
        if (!viewed || snap(&findings->deepest, &findings->sums[findings->sum], &hit)) {
            widen(&findings->deepest, text, &hit);
            hits->items[kept++] = hit;
        }
    }
    hits->count = kept;
}

static void to_original(const struct wv_view *view, struct wv_hits *hits)
{
    for (size_t i = 0; i < hits->count; i++) {
        struct wv_hit *hit = &hits->items[i];
        hit->from = wv_view_start(view, hit->from);
        hit->to = view->map[hit->to]; /* behind the character, if it ends inside of one */
        hit->seen_from = wv_view_start(view, hit->seen_from);
    }
}

/* Looks at the text as it is. Everything else of the findings is set only when somebody asks for
 * it, because most texts end here. */
static void look(struct findings *findings, const struct wv_detection *detection,
                 struct wv_slice text)
{
    findings->depth = 1;
    wv_hits_clear(&findings->levels[0]);
    wv_detect(detection, text, &findings->levels[0]);
    findings->failed = findings->levels[0].overflowed;
    findings->deepest = (struct wv_view){0};
}

/* Looks into every decoding of the text. */
static void look_deeper(struct findings *findings, const struct wv_detection *detection,
                        struct wv_slice text, struct wv_scratch *scratch)
{
    if (findings->failed || !findings->levels[0].coded) {
        return;
    }
    struct wv_view *view = &findings->deepest;
    enum wv_view_verdict verdict = wv_view_open(text, WV_CODING_TEXT, scratch, view);
    while (verdict == WV_VIEW_DECODED && !findings->failed) {
        if (findings->depth > DEPTH_MAX) {
            findings->failed = true;
            return;
        }
        struct wv_hits *hits = &findings->levels[findings->depth++];
        wv_hits_clear(hits);
        wv_detect(detection, wv_view_slice(view), hits);
        findings->failed = hits->overflowed;
        to_original(view, hits);
        verdict =
            hits->coded && wv_view_deepen(view, WV_CODING_TEXT) ? WV_VIEW_DECODED : WV_VIEW_SAME;
    }
    findings->failed = findings->failed || verdict == WV_VIEW_NO_ROOM;
}

/* The union of all levels; deeper ones first, because they decide what a cut escape was. */
static const struct wv_hits *unite(struct findings *findings, struct wv_slice text)
{
    findings->sum = 0;
    wv_hits_clear(&findings->sums[0]);
    for (size_t level = findings->depth; level > 0; level--) {
        struct wv_hits *hits = &findings->levels[level - 1];
        if (hits->count == 0) {
            continue;
        }
        mend_all(findings, text, hits);
        sort(hits);
        merge(findings, hits);
    }
    return &findings->sums[findings->sum];
}

static unsigned what_is_left(unsigned what, const struct wv_context *context)
{
    what = context->needles->count == 0 ? what & ~(unsigned)WV_SEARCH_NEEDLES : what;
    return context->needles->text_count == 0 || context->no_texts
               ? what & ~(unsigned)WV_SEARCH_TEXTS
               : what;
}

static bool only_addresses(unsigned what)
{
    return (what & ~(unsigned)(WV_SEARCH_NEEDLES | WV_SEARCH_ADDRESSES)) == 0;
}

static struct wv_detection detection_of(unsigned what, const struct wv_context *context)
{
    return (struct wv_detection){
        .what = what,
        .needles = context->needles,
        .parameters = context->parameters,
        .detectors = context->detectors,
        .patterns = context->patterns,
        .matcher = context->matcher,
    };
}

/* What a hit is about, as a decoder reads it. */
static struct wv_slice value_of(const struct findings *findings, const struct wv_hit *hit,
                                struct wv_slice text)
{
    const struct wv_view *view = &findings->deepest;
    if (view->bytes == NULL) {
        return wv_slice_sub(text, hit->from, hit->to);
    }
    return wv_slice_sub(wv_view_slice(view), wv_view_index(view, hit->from),
                        wv_view_index(view, hit->to));
}

static struct wv_slice mark_of(const struct findings *findings, const struct wv_hit *hit,
                               struct wv_slice text, struct wv_context *context,
                               uint8_t out[WV_MARK_LEN])
{
    const struct wv_slice value = hit->needle != WV_HIT_NO_NEEDLE
                                      ? context->needles->texts[hit->needle].value
                                      : value_of(findings, hit, text);
    return wv_mark_of(context, hit->kind, hit->detail, value, out);
}

/* What is nothing by its shape alone: a value behind a name, a number behind words. */
static void learn(const struct findings *findings, const struct wv_hit *hit, struct wv_slice text,
                  struct wv_learning *learning)
{
    const bool named = hit->kind == WV_HIT_PARAMETER;
    if (hit->seen_from == hit->from || hit->needle != WV_HIT_NO_NEEDLE ||
        (!named && (hit->kind >= WV_DETECTOR_COUNT || wv_hit_is_address(hit)))) {
        return;
    }
    const struct wv_slice value = value_of(findings, hit, text);
    bool letter = false;
    for (size_t i = 0; i < value.len; i++) {
        letter = letter || wv_is_letter(value.ptr[i]);
    }
    const enum wv_needle_form form = named    ? wv_needle_form_of((enum wv_parameter)hit->detail)
                                     : letter ? WV_NEEDLE_ID
                                              : WV_NEEDLE_NUMBER;
    learning->told++;
    (void)wv_needles_add(learning->needles, form, hit->kind, hit->detail, value, learning->kept);
}

/* The same of hits that wider ones of another kind have taken in: elsewhere the value may stand
 * without what is around it here. */
static void learn_lost(const struct findings *findings, const struct wv_hits *sum,
                       struct wv_slice text, struct wv_learning *learning)
{
    for (size_t level = 0; level < findings->depth; level++) {
        const struct wv_hits *hits = &findings->levels[level];
        for (size_t i = 0, k = 0; i < hits->count; i++) {
            const struct wv_hit *hit = &hits->items[i];
            while (k + 1 < sum->count && sum->items[k].to <= hit->from) {
                k++;
            }
            const struct wv_hit *both = &sum->items[k];
            if (both->kind != hit->kind && both->to >= hit->to &&
                both->to - both->from > hit->to - hit->from) {
                learn(findings, hit, text, learning);
            }
        }
    }
}

static void write(const struct findings *findings, const struct wv_hits *hits, struct wv_slice text,
                  struct wv_context *context, struct wv_out *out)
{
    size_t done = 0;
    for (size_t i = 0; i < hits->count; i++) {
        const struct wv_hit *hit = &hits->items[i];
        uint8_t mem[WV_PLACEHOLDER_MAX];
        uint8_t mark[WV_MARK_LEN];
        if (context->learning != NULL) {
            learn(findings, hit, text, context->learning);
        }
        wv_out_keep(out, done, hit->from);
        if (wv_hit_is_address(hit)) {
            const struct wv_slice value = value_of(findings, hit, text);
            wv_out_put(out, wv_placeholder_of_address(context, hit, value, mem));
        } else {
            const struct wv_slice made = mark_of(findings, hit, text, context, mark);
            wv_out_put(out, wv_placeholder(context, hit, made, mem));
        }
        wv_sensitive_note(context, hit);
        done = hit->to;
    }
    wv_out_keep(out, done, text.len);
}

/* Whether a pattern was found, in any decoding, that wants the value removed. */
static bool wants_removal(const struct findings *findings)
{
    bool removal = false;
    for (size_t level = 0; level < findings->depth; level++) {
        removal = removal || findings->levels[level].removal;
    }
    return removal;
}

/* What the first look found is looked at more closely, and written. */
static enum wv_verdict finish(struct findings *findings, const struct wv_detection *detection,
                              struct wv_slice text, struct wv_context *context, struct wv_out *out)
{
    const size_t mark = context->scratch->used;
    look_deeper(findings, detection, text, context->scratch);
    const bool removal = wants_removal(findings);
    const struct wv_hits *hits = findings->failed || removal ? NULL : unite(findings, text);
    enum wv_verdict verdict = removal ? WV_REMOVED : WV_FAILED;
    if (hits != NULL && !findings->failed) {
        verdict = hits->count == 0 ? WV_HARMLESS : WV_REPLACED;
    }
    if (verdict == WV_REPLACED) {
        if (context->learning != NULL) {
            learn_lost(findings, hits, text, context->learning);
        }
        write(findings, hits, text, context, out);
    }
    wv_scratch_return(context->scratch, mark);
    return verdict;
}

enum wv_verdict wv_search(unsigned what, struct wv_slice text, struct wv_context *context,
                          struct wv_out *out)
{
    what = what_is_left(what, context);
    if (wv_unlikely(context->needles->texts_lost) && (what & WV_SEARCH_TEXTS) != 0 &&
        text.len >= WV_NEEDLE_MIN) {
        return WV_FAILED; /* nobody can tell what is not in it */
    }
    if (wv_is_plain_word(text) &&
        ((what & WV_SEARCH_TEXTS) == 0 || !wv_needles_may_be_in(context->needles, text)) &&
        !wv_patterns_may_match(context->patterns, text)) {
        return WV_HARMLESS;
    }
    if (what == 0 || (only_addresses(what) && !wv_search_may_find_address(text))) {
        return WV_HARMLESS;
    }
    if (text.len >= UINT32_MAX) {
        return WV_FAILED;
    }
    struct findings findings;
    const struct wv_detection detection = detection_of(what, context);
    look(&findings, &detection, text);
    const struct wv_hits *hits = &findings.levels[0];
    if (hits->count == 0 && !hits->coded && !findings.failed) {
        return WV_HARMLESS;
    }
    return finish(&findings, &detection, text, context, out);
}

bool wv_search_hits(unsigned what, struct wv_slice text, struct wv_context *context,
                    struct wv_hits *out)
{
    wv_hits_clear(out);
    if (text.len >= UINT32_MAX) {
        return false;
    }
    struct findings findings;
    const struct wv_detection detection = detection_of(what, context);
    const size_t mark = context->scratch->used;
    look(&findings, &detection, text);
    look_deeper(&findings, &detection, text, context->scratch);
    if (!findings.failed) {
        *out = *unite(&findings, text);
    }
    wv_scratch_return(context->scratch, mark);
    return !findings.failed;
}

enum wv_verdict wv_search_piece(unsigned what, size_t from, size_t to, struct wv_context *context,
                                struct wv_out *out)
{
    struct wv_out piece = *out;
    piece.text = wv_slice_sub(out->text, from, to);
    if (out->map != NULL) {
        piece.map = out->map + from;
    } else if (out->raw.ptr != NULL) {
        piece.raw = wv_slice_sub(out->raw, from, to);
    }
    const enum wv_verdict verdict = wv_search(what, piece.text, context, &piece);
    if (verdict == WV_HARMLESS) {
        wv_out_keep(out, from, to);
    }
    return verdict;
}

/* Whether what is spelled around the border could be part of an address that nobody can see the
 * ends of, because pieces were joined without what stood between them. */
static bool is_address_around(struct wv_slice text, size_t border)
{
    size_t points = 0;
    size_t colons = 0;
    size_t from = border;
    while (
        from > 0 && border - from < ADDRESS_REACH &&
        (wv_is_hex(text.ptr[from - 1]) || text.ptr[from - 1] == ':' || text.ptr[from - 1] == '.')) {
        from--;
    }
    size_t to = border;
    while (to < text.len && to - border < ADDRESS_REACH &&
           (wv_is_hex(text.ptr[to]) || text.ptr[to] == ':' || text.ptr[to] == '.')) {
        to++;
    }
    for (size_t i = from; i < to; i++) {
        points += text.ptr[i] == '.';
        colons += text.ptr[i] == ':';
    }
    return from < border && border < to && (points >= 3 || colons >= 2);
}

static bool crosses(const struct findings *findings, size_t border)
{
    for (size_t level = 0; level < findings->depth; level++) {
        const struct wv_hits *hits = &findings->levels[level];
        for (size_t i = 0; i < hits->count; i++) {
            if (hits->items[i].seen_from < border && border < hits->items[i].to) {
                return true;
            }
        }
    }
    return false;
}

bool wv_search_crosses(unsigned what, struct wv_slice text, const uint32_t *borders, size_t count,
                       struct wv_context *context)
{
    what = what_is_left(what, context);
    if (what == 0 || count == 0) {
        return false;
    }
    if (text.len >= UINT32_MAX) {
        return true;
    }
    struct findings findings;
    struct wv_detection detection = detection_of(what, context);
    detection.loose = true;
    const size_t mark = context->scratch->used;
    look(&findings, &detection, text);
    look_deeper(&findings, &detection, text, context->scratch);
    const bool addresses = (what & (WV_SEARCH_NEEDLES | WV_SEARCH_ADDRESSES)) != 0;
    bool found = findings.failed ||
                 (context->patterns != NULL && (what & WV_SEARCH_IDENTIFIERS) != 0 &&
                  wv_matcher_crosses(context->matcher, text, borders, count, context->scratch));
    for (size_t i = 0; i < count && !found; i++) {
        const struct wv_view *view = &findings.deepest;
        found = crosses(&findings, borders[i]) ||
                (addresses && is_address_around(text, borders[i])) ||
                (addresses && view->bytes != NULL &&
                 is_address_around(wv_view_slice(view), wv_view_index(view, borders[i])));
    }
    wv_scratch_return(context->scratch, mark);
    return found;
}
