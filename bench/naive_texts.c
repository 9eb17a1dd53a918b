/*
 * naive_texts.c — what stands for a value, and the values of the record at hand that are searched
 * for wherever else they stand: one plain search after another over a copy in lower case.
 */
#include "bench/naive.h"

#include <ctype.h>
#include <stdlib.h>

enum { COMMON_MAX = 32 * 1024, CUT_MIN = 8, LOOSE_MIN = 6 };

/* What may be looked for, in lower case: a value must look like what it is said to be. */
static const char *const forms[NAIVE_FORMS] = {
    [NAIVE_EMAIL] = "^[\\w.+/=:~()\\x80-\\xff-]+@(?=.*\\.)[\\w.+/=:~()\\x80-\\xff-]*[^.@ ]$",
    [NAIVE_LOGIN] = "^(?=.*[a-z\\x80-\\xff]|(?:[^0-9]*[0-9]){6})[\\w.@+/=:~()\\x80-\\xff-]{3,}$",
    [NAIVE_NAME] = "^(?! )(?=(?:[^a-z\\x80-\\xff]*[a-z\\x80-\\xff]){4})"
                   "[\\w .@+/=:~()\\x80-\\xff-]+$",
    [NAIVE_ID] = "^(?=.*[0-9])(?=.*[a-z\\x80-\\xff]|(?:[^0-9]*[0-9]){7})"
                 "[\\w.@+/=:~()\\x80-\\xff-]{6,}$",
    [NAIVE_NUMBER] = "^(?! )(?=(?:[^0-9]*[0-9]){7})[0-9_ .@+/=:~()-]+$",
};

/* What a class of values holds. */
static const struct {
    enum wv_class class;
    struct naive_sort sort;
} sources[] = {
    {WV_CLASS_USERNAME, {"USER", WV_CLASS_USERNAME, NAIVE_LOGIN, NAIVE_RANK_NAME}},
    {WV_CLASS_EMAIL, {"EMAIL", WV_CLASS_EMAIL, NAIVE_EMAIL, WV_HIT_EMAIL}},
    {WV_CLASS_PHONE, {"PHONE", WV_CLASS_PHONE, NAIVE_NUMBER, WV_HIT_PHONE}},
    {WV_CLASS_PERSON_NAME, {"USER", WV_CLASS_USERNAME, NAIVE_NAME, NAIVE_RANK_NAME}},
    {WV_CLASS_ADDRESS, {"CONTACT", WV_CLASS_PHONE, NAIVE_NAME, NAIVE_RANK_NAME}},
    {WV_CLASS_DEVICE_ID, {"DEVICE", WV_CLASS_DEVICE_ID, NAIVE_ID, NAIVE_RANK_NAME}},
    {WV_CLASS_SESSION_ID, {"SESSION", WV_CLASS_SESSION_ID, NAIVE_ID, NAIVE_RANK_NAME}},
    {WV_CLASS_AUTH_HEADER, {"CREDENTIAL", WV_CLASS_NONE, NAIVE_ID, NAIVE_RANK_NAME}},
};

static const struct naive_sort email = {"EMAIL", WV_CLASS_EMAIL, NAIVE_LOGIN, WV_HIT_EMAIL};

/* Words that half of all records are made of. */
static const char common[] =
    "account|accounts|action|admin|administrator|anonymous|api|app|assets|auth|backend|blog|cart|"
    "category|checkout|client|company|config|contact|content|customer|dashboard|data|default|demo|"
    "details|download|edit|email|empty|enabled|error|example|false|files|form|guest|help|home|html|"
    "http|https|images|index|info|internal|items|json|list|localhost|login|logout|mail|main|media|"
    "member|members|message|mobile|mozilla|name|news|nobody|none|null|order|orders|page|pages|"
    "password|path|product|products|profile|public|query|register|report|request|response|root|"
    "search|secret|server|service|session|settings|shop|signin|signup|site|start|static|status|"
    "store|submit|support|system|test|tester|token|true|undefined|unknown|update|upload|user|"
    "username|users|value|version|view|visitor|web|welcome|word|www|xml";

/* They, and the keywords of attacks. */
static naive_pattern *compile_common(void)
{
    static const char *const keywords[] = {
#define WV_KEYWORDS(group, words) words,
#include "filters/keywords.def"
#undef WV_KEYWORDS
    };
    static uint8_t memory[COMMON_MAX];
    struct wv_buf buf = wv_buf_of(memory, sizeof memory);
    wv_buf_put(&buf, WV_LIT("^(?: *(?:"));
    wv_buf_put(&buf, wv_slice_of(common));
    for (size_t i = 0; i < WV_COUNT(keywords); i++) {
        wv_buf_byte(&buf, '|');
        for (const char *at = keywords[i]; *at != '\0'; at++) {
            wv_buf_byte(&buf, *at == ' ' ? '|' : (uint8_t)*at);
        }
    }
    wv_buf_put(&buf, (struct wv_slice){(const uint8_t *)")(?= |$))* *$", sizeof ")(?= |$))* *$"});
    wv_ensure(!buf.overflowed);
    return naive_compile((const char *)memory);
}

void naive_texts_open(struct naive *naive)
{
    for (size_t i = NAIVE_NEVER + 1; i < NAIVE_FORMS; i++) {
        naive->forms[i] = naive_compile(forms[i]);
    }
    naive->common = compile_common();
    naive->own_word = naive_compile("^" NAIVE_WORD "$");
}

void naive_texts_close(struct naive *naive)
{
    for (size_t i = 0; i < NAIVE_FORMS; i++) {
        pcre2_code_free(naive->forms[i]);
    }
    pcre2_code_free(naive->common);
    pcre2_code_free(naive->own_word);
}

/* The first letters of its token, where the pack makes one for values of the class. */
static struct wv_slice mark_of(struct naive *naive, enum wv_class class, struct wv_slice value,
                               char token[NAIVE_TOKEN_MAX])
{
    const struct wv_rule *rule = tree_rule(&naive->tree, class);
    if (rule->token == WV_KIND_NONE || value.len == 0 || value.len > TREE_TEXT_MAX) {
        return (struct wv_slice){0};
    }
    naive->canonical[0] = 'S';
    memcpy(naive->canonical + 1, value.ptr, value.len);
    const size_t len =
        naive_token(naive, rule, (struct wv_slice){naive->canonical, value.len + 1}, token);
    const char *point = memchr(token, '.', len);
    return (struct wv_slice){(const uint8_t *)point, 1 + NAIVE_MARK};
}

void naive_put_word(struct naive *naive, const struct naive_sort *sort, struct wv_slice value,
                    struct wv_buf *out)
{
    char token[NAIVE_TOKEN_MAX];
    const bool mail = sort->class == WV_CLASS_USERNAME && value.len > 0 &&
                      memchr(value.ptr, '@', value.len) != NULL;
    const enum wv_class class = mail ? WV_CLASS_EMAIL : sort->class;
    wv_buf_byte(out, '~');
    wv_buf_put(out, wv_slice_of(sort->word));
    if (class != WV_CLASS_NONE) {
        wv_buf_put(out, mark_of(naive, class, value, token));
    }
    wv_buf_byte(out, '~');
}

/* ---- What is searched for -------------------------------------------------------------------- */

static bool is_wanted(struct naive *naive, enum naive_form form, struct wv_slice value)
{
    if (form == NAIVE_LOGIN && naive_matches(naive, naive->forms[NAIVE_EMAIL], value)) {
        return true;
    }
    return naive_matches(naive, naive->forms[form], value) &&
           ((form != NAIVE_LOGIN && form != NAIVE_NAME) ||
            !naive_matches(naive, naive->common, value));
}

static void add_as(struct naive *naive, enum naive_form form, const struct naive_sort *sort,
                   struct wv_slice value)
{
    struct naive_needle *needle = &naive->needles[naive->needle_count];
    if (form == NAIVE_NEVER || value.len == 0 || value.len > sizeof needle->text ||
        naive->needle_count == NAIVE_NEEDLES_MAX || naive_matches(naive, naive->own_word, value)) {
        return;
    }
    for (size_t i = 0; i < value.len; i++) {
        needle->text[i] = wv_lower(value.ptr[i]);
    }
    memcpy(needle->value, value.ptr, value.len);
    needle->len = value.len;
    needle->sort = form == NAIVE_LOGIN && memchr(value.ptr, '@', value.len) != NULL ? &email : sort;
    const struct wv_slice text = {needle->text, needle->len};
    for (size_t i = 0; i < naive->needle_count; i++) {
        const struct naive_needle *known = &naive->needles[i];
        if (wv_slice_eq(text, (struct wv_slice){known->text, known->len})) {
            return;
        }
    }
    naive->needle_count += is_wanted(naive, form, text);
}

static void add(struct naive *naive, const struct naive_sort *sort, struct wv_slice value)
{
    add_as(naive, sort->form, sort, value);
}

void naive_texts_told(struct naive *naive, const struct naive_sort *sort, struct wv_slice value)
{
    const bool detected = sort->rank < WV_DETECTOR_COUNT; /* and not named */
    const size_t known = naive->needle_count;
    bool letter = false;
    for (size_t i = 0; i < value.len; i++) {
        letter = letter || isalpha(value.ptr[i]);
    }
    add_as(naive, !detected ? sort->form : letter ? NAIVE_ID : NAIVE_NUMBER, sort, value);
    naive->told = naive->told || naive->needle_count > known;
}

static void add_named(struct naive *naive, struct wv_slice name, struct wv_slice value)
{
    const struct naive_sort *sort = value.len == 0 ? NULL : naive_names_sort(naive, name);
    if (sort != NULL) {
        add(naive, sort, naive_form_value(naive, value));
    }
}

/* name=value */
static void add_pair(struct naive *naive, struct wv_slice pair)
{
    const uint8_t *sign = pair.len == 0 ? NULL : memchr(pair.ptr, '=', pair.len);
    if (sign != NULL) {
        const size_t at = (size_t)(sign - pair.ptr);
        add_named(naive, wv_slice_sub(pair, 0, at), wv_slice_sub(pair, at + 1, pair.len));
    }
}

static void add_query(struct naive *naive, struct wv_slice text)
{
    const bool ampersands = memchr(text.ptr, '&', text.len) != NULL;
    for (size_t from = text.ptr[0] == '?'; from <= text.len;) {
        const size_t to = naive_parameter_end(naive, text, from, ampersands);
        add_pair(naive, wv_slice_sub(text, from, to));
        from = to + 1;
    }
}

static void add_cookies(struct naive *naive, struct wv_slice text)
{
    for (size_t from = 0; from < text.len;) {
        const uint8_t *next = memchr(text.ptr + from, ';', text.len - from);
        const size_t to = next == NULL ? text.len : (size_t)(next - text.ptr);
        while (from < to && text.ptr[from] == ' ') {
            from++;
        }
        add_pair(naive, wv_slice_sub(text, from, to));
        from = to + 1;
    }
}

/* "Bearer abc": what stands behind the last blank. */
static struct wv_slice credential_of(struct wv_slice text)
{
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != ' ') {
        at--;
    }
    return wv_slice_sub(text, at, text.len);
}

void naive_texts_learn(struct naive *naive, enum wv_class class, struct wv_slice name,
                       struct wv_slice text)
{
    const bool pairs = text.len > 0 && memchr(text.ptr, '=', text.len) != NULL;
    const bool one =
        name.len > 0 && (class == WV_CLASS_QUERY || (class == WV_CLASS_COOKIE && !pairs));
    if (text.len == 0) {
        return;
    }
    if (one) {
        add_named(naive, name, text);
    } else if (class == WV_CLASS_QUERY) {
        add_query(naive, text);
    } else if (class == WV_CLASS_COOKIE) {
        add_cookies(naive, text);
    }
    for (size_t i = 0; i < WV_COUNT(sources); i++) {
        if (sources[i].class == class) {
            add(naive, &sources[i].sort,
                class == WV_CLASS_AUTH_HEADER ? credential_of(text) : text);
        }
    }
}

/* ---- The search ------------------------------------------------------------------------------ */

/* Whether a word goes on over the place between two bytes. */
static bool is_inside(struct wv_slice text, size_t at)
{
    return at > 0 && at < text.len && isalnum(text.ptr[at - 1]) && isalnum(text.ptr[at]);
}

static struct naive_hit hit_of(const struct naive_needle *needle, size_t from, size_t to)
{
    return (struct naive_hit){from, to, .sort = needle->sort, .needle = needle};
}

static void find_whole(struct naive *naive, const struct naive_layer *layer, struct wv_slice text,
                       const struct naive_needle *needle)
{
    const uint8_t *at = text.ptr;
    while ((at = memmem(at, text.len - (size_t)(at - text.ptr), needle->text, needle->len)) !=
           NULL) {
        const size_t from = (size_t)(at - text.ptr);
        const size_t to = from + needle->len;
        const bool found = layer->loose || (!is_inside(text, from) && !is_inside(text, to));
        if (found) {
            naive_add_hit(naive, layer, from, hit_of(needle, from, to));
        }
        at += found ? needle->len : 1;
    }
}

/* A firewall may have cut the text off in the middle of one: so much of it must be left that it can
 * be nothing else. */
static void find_cut(struct naive *naive, const struct naive_layer *layer, struct wv_slice text,
                     const struct naive_needle *needle)
{
    const uint8_t *sign = memchr(needle->text, '@', needle->len);
    for (size_t len = needle->len - 1; len > 0; len--) {
        const size_t from = text.len - len;
        const bool shown = sign != NULL && (size_t)(sign - needle->text) < len
                               ? (size_t)(sign - needle->text) + 1 < len
                               : len >= CUT_MIN && 2 * len >= needle->len;
        if (shown && len <= text.len && memcmp(text.ptr + from, needle->text, len) == 0 &&
            (layer->loose || !is_inside(text, from))) {
            naive_add_hit(naive, layer, from, hit_of(needle, from, text.len));
            return;
        }
    }
}

void naive_find_needles(struct naive *naive, const struct naive_layer *layer)
{
    const struct wv_slice text = {naive->lowered, layer->text.len};
    if (naive->needle_count == 0 || text.len == 0) {
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        naive->lowered[i] = wv_lower(layer->text.ptr[i]);
    }
    for (size_t i = 0; i < naive->needle_count; i++) {
        const struct naive_needle *needle = &naive->needles[i];
        if (!layer->loose || needle->len >= LOOSE_MIN) {
            find_whole(naive, layer, text, needle);
            find_cut(naive, layer, text, needle);
        }
    }
}
