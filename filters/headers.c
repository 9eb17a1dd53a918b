/*
 * headers — lets a header pass only by its name, and of some only the part that nobody is known by.
 *
 * Anybody can send any header, so the list is of names that are allowed, never of those that are
 * not. What passes is searched like any other text.
 */
#include "filters/search.h"

enum { NAMES_MAX = 128, SLOTS = 256 };

struct settings {
    struct wv_name_list allow;
    uint8_t slots[SLOTS]; /* index of a name, and one; 0: free */
};

#define NAME(text)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

static const struct wv_slice harmless[] = {
    NAME("accept"),
    NAME("accept-charset"),
    NAME("accept-encoding"),
    NAME("accept-language"),
    NAME("cache-control"),
    NAME("connection"),
    NAME("content-encoding"),
    NAME("content-length"),
    NAME("content-type"),
    NAME("dnt"),
    NAME("expect"),
    NAME("pragma"),
    NAME("priority"),
    NAME("save-data"),
    NAME("sec-ch-ua"),
    NAME("sec-ch-ua-mobile"),
    NAME("sec-ch-ua-platform"),
    NAME("sec-fetch-dest"),
    NAME("sec-fetch-mode"),
    NAME("sec-fetch-site"),
    NAME("sec-fetch-user"),
    NAME("sec-gpc"),
    NAME("te"),
    NAME("transfer-encoding"),
    NAME("upgrade"),
    NAME("upgrade-insecure-requests"),
    NAME("x-requested-with"),
};

#undef NAME

/* Names without regard to case: their length, and the bits of letters that differ between cases
 * set. Two names of one hash are compared in full. */
static uint32_t hash_of(struct wv_slice name)
{
    if (name.len == 0) {
        return 0;
    }
    const uint32_t first = name.ptr[0] | 0x20U;
    const uint32_t middle = name.ptr[name.len / 2] | 0x20U;
    const uint32_t last = name.ptr[name.len - 1] | 0x20U;
    const uint32_t all = first | last << 8 | middle << 16 | (uint32_t)name.len << 24;
    return all * 0x9e3779b1U >> 24;
}

/* The first name of each hash goes straight into its slot, later ones into the next free one, as
 * there are twice as many slots as names. */
static void fill_slots(struct settings *set)
{
    for (size_t i = 0; i < set->allow.count && i < NAMES_MAX; i++) {
        uint32_t slot = hash_of(set->allow.items[i]);
        while (set->slots[slot] != 0) {
            slot = (slot + 1) % SLOTS;
        }
        set->slots[slot] = (uint8_t)(i + 1);
    }
}

static bool prepare(void *settings, const struct wv_loading *loading)
{
    struct settings *set = settings;
    /* An empty list in the pack means that no header passes, and so does one that is all that two
     * rules agree on. */
    if (!loading->merged &&
        (loading->node.value == NULL || wv_node_member(&loading->node, "allow").value == NULL)) {
        set->allow = (struct wv_name_list){.items = harmless, .count = WV_COUNT(harmless)};
    }
    memset(set->slots, 0, sizeof set->slots);
    fill_slots(set);
    return true;
}

static bool is_allowed(const struct settings *set, struct wv_slice name)
{
    for (uint32_t slot = hash_of(name); set->slots[slot] != 0; slot = (slot + 1) % SLOTS) {
        const struct wv_slice known = set->allow.items[set->slots[slot] - 1];
        if (wv_slice_eq(known, name) || wv_slice_eq_nocase(known, name)) {
            return true;
        }
    }
    return false;
}

static size_t skip_blanks(struct wv_slice text, size_t at)
{
    while (at < text.len && (text.ptr[at] == ' ' || text.ptr[at] == '\t')) {
        at++;
    }
    return at;
}

/* A list of languages with weights is rare enough to single people out; the first language is not.
 */
static size_t language_end(struct wv_slice text)
{
    size_t at = 0;
    while (at < text.len && text.ptr[at] != ',' && text.ptr[at] != ';' && text.ptr[at] != '-' &&
           text.ptr[at] != '_') {
        at++;
    }
    return at;
}

/* The end of the value of a parameter of a media type that begins at `at`. */
static size_t parameter_end(struct wv_slice text, size_t at)
{
    while (at < text.len && text.ptr[at] != ';') {
        at++;
    }
    return at;
}

/* A boundary is unique to a request; of all parameters only the character set stays. */
static enum wv_verdict put_media_type(struct wv_slice text, struct wv_context *context,
                                      struct wv_out *out)
{
    size_t end = parameter_end(text, 0);
    enum wv_verdict verdict = wv_search_piece(WV_SEARCH_ALL, 0, end, context, out);
    bool shorter = false;
    while (end < text.len && verdict != WV_FAILED && verdict != WV_REMOVED) {
        const size_t from = end;
        end = parameter_end(text, end + 1);
        const size_t name = skip_blanks(text, from + 1);
        const struct wv_slice charset = WV_LIT("charset=");
        if (name + charset.len <= end &&
            wv_slice_eq_nocase(wv_slice_sub(text, name, name + charset.len), charset)) {
            const enum wv_verdict kept = wv_search_piece(WV_SEARCH_ALL, from, end, context, out);
            verdict = kept == WV_HARMLESS ? verdict : kept;
        } else {
            shorter = true;
        }
    }
    return verdict == WV_HARMLESS && shorter ? WV_REPLACED : verdict;
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    const struct settings *set = settings;
    if (value->name.len == 0 || !is_allowed(set, value->name)) {
        return WV_REMOVED;
    }
    if (wv_slice_eq(value->name, WV_LIT("accept-language"))) {
        const size_t end = language_end(value->text);
        const enum wv_verdict verdict = wv_search_piece(WV_SEARCH_ALL, 0, end, context, out);
        return verdict == WV_HARMLESS && end < value->text.len ? WV_REPLACED : verdict;
    }
    if (wv_slice_eq(value->name, WV_LIT("content-type"))) {
        return put_media_type(value->text, context, out);
    }
    return wv_search(WV_SEARCH_ALL, value->text, context, out);
}

static const struct wv_option options[] = {
    {.name = "allow",
     .kind = WV_OPTION_NAMES,
     .member = offsetof(struct settings, allow),
     .max = NAMES_MAX,
     .stricter = WV_STRICTER_FEWER,
     .help = "names of headers that pass, in any case of letters; left out: those that describe "
             "the browser's wishes and say nothing of a person"},
};

const struct wv_filter wv_filter_headers = {
    .name = "headers",
    .summary = "Lets only listed headers pass, searched and without their telling parts",
    .residue = WV_RESIDUE_SCRUBBED,
    .steady = true,
    .rank = 20,
    .options = options,
    .option_count = WV_COUNT(options),
    .settings_size = sizeof(struct settings),
    .prepare = prepare,
    .apply = apply,
};
