/* format_detect.c — by what a record of the format is known: "detect" and "skip". */
#include "plan/format_load.h"

#include "base/buf.h"

static struct wv_slice lower_copy(struct wv_arena *arena, struct wv_slice text)
{
    const struct wv_slice copy = wv_arena_copy(arena, text);
    uint8_t *bytes = (uint8_t *)(uintptr_t)copy.ptr;
    for (size_t i = 0; i < copy.len; i++) {
        bytes[i] = wv_lower(bytes[i]);
    }
    return copy;
}

/* The words of one test; true, which asks for any value, has none. */
static bool read_words(struct wv_format_loader *loader, const struct wv_node *node,
                       struct wv_mark *mark)
{
    if (json_is_true(node->value)) {
        return true;
    }
    const size_t count = json_array_size(node->value);
    struct wv_slice *words =
        count == 0 ? NULL : WV_ARENA_ARRAY(loader->arena, count, struct wv_slice);
    if (words == NULL) {
        return wv_node_fail(node, loader->report, "must be true, or a list of words");
    }
    bool good = true;
    for (size_t i = 0; i < count; i++) {
        const struct wv_node item = wv_node_element(node, i);
        struct wv_slice word;
        if (!wv_node_text(&item, &word, loader->report)) {
            good = false;
            continue;
        }
        words[i] = lower_copy(loader->arena, word);
        if (word.len > 2 && memchr(word.ptr + 1, '*', word.len - 2) != NULL) {
            good = wv_node_fail(&item, loader->report, "\"*\" stands at the beginning or the end");
        }
    }
    mark->words = words;
    mark->word_count = count;
    return good;
}

/* Adds a mark to the place; its marks stand side by side. */
static bool add_mark(struct wv_format_loader *loader, struct wv_place *place,
                     const struct wv_node *node, struct wv_mark *mark)
{
    struct wv_mark *marks = WV_ARENA_ARRAY(loader->arena, place->mark_count + 1, struct wv_mark);
    if (marks == NULL || loader->mark_count == WV_MARKS_MAX) {
        return wv_node_fail(node, loader->report, "a format has at most %d tests", WV_MARKS_MAX);
    }
    if (place->mark_count > 0) {
        memcpy(marks, place->marks, place->mark_count * sizeof *marks);
    }
    mark->number = loader->mark_count++;
    marks[place->mark_count++] = *mark;
    place->marks = marks;
    return true;
}

/* Notes a path and all that leads to it, in lower case: "a", "a.b", "a.b[].c". */
static bool note_path(struct wv_format_loader *loader, struct wv_slice path,
                      const struct wv_node *node)
{
    const struct wv_slice lower = lower_copy(loader->arena, path);
    for (size_t at = 1; lower.ptr != NULL && at <= path.len; at++) {
        if ((at == path.len || path.ptr[at] == '.' || path.ptr[at] == '[') &&
            !wv_place_note(loader, loader->keys, wv_slice_sub(lower, 0, at), node)) {
            return false;
        }
    }
    return lower.ptr != NULL;
}

/* The place that a test is about. Of one format it must be listed; in the tests of all it is made,
 * and its path noted. */
static struct wv_place *reach_tested(struct wv_format_loader *loader, const struct wv_node *node)
{
    const size_t before = loader->place_count;
    const struct wv_slice path = wv_slice_of(node->key);
    struct wv_place *root = loader->beside != NULL ? loader->beside : loader->root;
    struct wv_place *place = wv_place_reach(loader, root, path, node);
    if (place == NULL || loader->beside != NULL) {
        return place;
    }
    if (loader->keys != NULL) {
        place->leaf = true;
        place->class = WV_CLASS_UNLISTED;
        return note_path(loader, path, node) ? place : NULL;
    }
    if (loader->place_count > before || !place->leaf) {
        wv_node_fail(node, loader->report, "a test stands on a field that \"fields\" lists");
        return NULL;
    }
    return place;
}

static bool read_test(struct wv_format_loader *loader, const struct wv_node *node,
                      struct wv_marks *all)
{
    struct wv_mark mark = {0};
    struct wv_place *place = reach_tested(loader, node);
    if (place == NULL) {
        return false;
    }
    if (!read_words(loader, node, &mark) || !add_mark(loader, place, node, &mark)) {
        return false;
    }
    all->bits[mark.number / 64] |= UINT64_C(1) << mark.number % 64;
    return true;
}

static bool read_alternative(struct wv_format_loader *loader, const struct wv_node *node,
                             struct wv_marks *all)
{
    if (!json_is_object(node->value) || json_object_size(node->value) == 0) {
        return wv_node_fail(node, loader->report, "must be an object: path to test");
    }
    bool good = true;
    const char *key;
    json_t *value;
    json_object_foreach(node->value, key, value)
    {
        const struct wv_node member = wv_node_member(node, key);
        good = read_test(loader, &member, all) && good;
    }
    return good;
}

bool wv_format_alternatives(struct wv_format_loader *loader, const struct wv_node *node,
                            struct wv_alternatives *out)
{
    const bool list = json_is_array(node->value);
    const size_t count = list ? json_array_size(node->value) : 1;
    struct wv_marks *items = WV_ARENA_ARRAY(loader->arena, count + 1, struct wv_marks);
    bool good =
        items != NULL && (count > 0 || wv_node_fail(node, loader->report, "no test is named"));
    for (size_t i = 0; items != NULL && i < count; i++) {
        const struct wv_node one = list ? wv_node_element(node, i) : *node;
        good = read_alternative(loader, &one, &items[i]) && good;
    }
    *out = (struct wv_alternatives){items, items == NULL ? 0 : count};
    return good;
}

static void describe_test(const struct wv_node *test, struct wv_buf *out)
{
    wv_buf_put(out, wv_slice_of(test->key));
    for (size_t i = 0; i < json_array_size(test->value); i++) {
        const struct wv_node word = wv_node_element(test, i);
        wv_buf_put(out, i == 0 ? WV_LIT(" is ") : WV_LIT(" or "));
        wv_buf_put(out, wv_slice_of(json_string_value(word.value)));
    }
}

static void describe_alternative(const struct wv_node *alternative, struct wv_buf *out)
{
    const char *key;
    json_t *value;
    bool first = true;
    json_object_foreach(alternative->value, key, value)
    {
        const struct wv_node test = wv_node_member(alternative, key);
        wv_buf_put(out, first ? (struct wv_slice){0} : WV_LIT(" + "));
        describe_test(&test, out);
        first = false;
    }
}

const char *wv_format_known_by(struct wv_format_loader *loader, const struct wv_node *detect)
{
    uint8_t memory[4096];
    struct wv_buf out = wv_buf_of(memory, sizeof memory);
    struct wv_slice text;
    const size_t count = json_is_array(detect->value) ? json_array_size(detect->value) : 0;
    if (count == 0 && detect->value != NULL) {
        describe_alternative(detect, &out);
    }
    for (size_t i = 0; i < count; i++) {
        const struct wv_node one = wv_node_element(detect, i);
        wv_buf_put(&out, i == 0 ? (struct wv_slice){0} : WV_LIT("; or "));
        describe_alternative(&one, &out);
    }
    const bool fits = wv_buf_take(&out, &text);
    const struct wv_slice copy = wv_arena_copy(loader->arena, fits ? text : WV_LIT("…"));
    return copy.ptr == NULL ? "" : (const char *)copy.ptr;
}

static bool is_word(struct wv_slice word, struct wv_slice text)
{
    if (word.len > 0 && word.ptr[0] == '*') {
        word = wv_slice_sub(word, 1, word.len);
        return text.len >= word.len &&
               wv_slice_eq_nocase(word, wv_slice_sub(text, text.len - word.len, text.len));
    }
    if (word.len > 0 && word.ptr[word.len - 1] == '*') {
        word = wv_slice_sub(word, 0, word.len - 1);
        return text.len >= word.len && wv_slice_eq_nocase(word, wv_slice_sub(text, 0, word.len));
    }
    return wv_slice_eq_nocase(word, text);
}

bool wv_mark_met(const struct wv_mark *mark, struct wv_slice text)
{
    bool met = mark->word_count == 0;
    for (size_t i = 0; !met && i < mark->word_count; i++) {
        met = is_word(mark->words[i], text);
    }
    return met;
}

struct wv_format_tests {
    struct wv_format_loader loader;
};

struct wv_format_tests *wv_format_tests_new(struct wv_arena *arena, struct wv_report *report)
{
    struct wv_format_tests *tests = WV_ARENA_NEW(arena, struct wv_format_tests);
    if (tests == NULL) {
        return NULL;
    }
    tests->loader = (struct wv_format_loader){.arena = arena, .report = report};
    if (!wv_format_begin(&tests->loader)) {
        return NULL;
    }
    tests->loader.keys = wv_place_new(&tests->loader, (struct wv_slice){0});
    return tests->loader.keys == NULL ? NULL : tests;
}

bool wv_format_tests_add(struct wv_format_tests *tests, const struct wv_node *document,
                         struct wv_alternatives *out)
{
    const struct wv_node detect = wv_node_member(document, "detect");
    return wv_format_alternatives(&tests->loader, &detect, out);
}

const struct wv_format *wv_format_tests_end(struct wv_format_tests *tests,
                                            const struct wv_place **keys)
{
    struct wv_format *format = tests->loader.format;
    const struct wv_node nowhere = {0};
    if (!wv_places_finish(&tests->loader, &nowhere)) {
        return NULL;
    }
    /* Whichever way a format writes its keys; what is found so is then read by the format itself.
     */
    format->name = "";
    format->any_case = true;
    format->dotted = true;
    *keys = tests->loader.keys;
    return format;
}
