/* config_detectors.c — names, validators and classes of the operator's own detectors. */
#include "plan/config_detectors.h"

#include "filters/detect.h"
#include "filters/keywords.h"
#include "filters/placeholder.h"
#include "plan/classes.h"

enum { LITERAL_GOOD = 3 }; /* bytes: shorter ones stand in too many texts */

/* a-z, then digits and _ as well: its capitals become a placeholder. */
static bool is_name(struct wv_slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        const uint8_t byte = name.ptr[i];
        const bool inner = (byte >= '0' && byte <= '9') || byte == '_';
        if (!(byte >= 'a' && byte <= 'z') && !(i > 0 && inner)) {
            return false;
        }
    }
    return name.len > 0 && name.len <= WV_PATTERN_NAME_MAX;
}

/* Whether a placeholder of ours has the name as its word: nobody could tell the two apart. */
static bool is_taken(struct wv_slice name)
{
    uint8_t mem[WV_PLACEHOLDER_MAX];
    struct wv_buf buf = wv_buf_of(mem, sizeof mem);
    wv_buf_byte(&buf, '~');
    for (size_t i = 0; i < name.len; i++) {
        const uint8_t byte = name.ptr[i];
        wv_buf_byte(&buf, byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 'a' + 'A') : byte);
    }
    wv_buf_byte(&buf, '~');
    return wv_placeholder_is((struct wv_slice){mem, buf.len}, NULL);
}

static bool check_name(const struct wv_node *node, struct wv_report *report)
{
    const struct wv_slice name = wv_slice_of(node->key);
    if (!is_name(name)) {
        return wv_node_key_fail(node, report,
                                "a detector's name is 1 to %d of a-z, 0-9 and _, with a letter "
                                "first: its capitals become the placeholder",
                                WV_PATTERN_NAME_MAX);
    }
    if (wv_detector_find(name) != WV_DETECTOR_COUNT) {
        return wv_node_key_fail(node, report,
                                "is the name of a built-in detector: `wafveil detectors` lists "
                                "them");
    }
    if (is_taken(name)) {
        return wv_node_key_fail(node, report,
                                "would have the placeholder of a built-in detector: choose another "
                                "name");
    }
    wv_keywords_ready();
    return wv_keyword_find(name) == WV_KEYWORD_NONE ||
           wv_node_key_fail(node, report,
                            "is a word that attacks are written with, so that its placeholder "
                            "would look like one: choose another name, as %s_no",
                            node->key);
}

static bool find_validator(const struct wv_node *node, struct wv_slice word,
                           const struct wv_validator **out, struct wv_report *report)
{
    *out = wv_validator_find(word);
    if (node->value == NULL || *out != NULL) {
        return true;
    }
    const char *names[WV_VALIDATOR_COUNT];
    for (size_t i = 0; i < WV_VALIDATOR_COUNT; i++) {
        names[i] = wv_validator_at(i)->name;
    }
    const char *near = wv_nearest(word, names, WV_VALIDATOR_COUNT);
    return wv_node_fail(node, report, "no such validator: \"%.*s\"%s%s%s", WV_SHOW(word),
                        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static bool find_class(const struct wv_node *node, struct wv_slice word, uint32_t *out,
                       struct wv_report *report)
{
    enum wv_class class = WV_CLASS_COUNT;
    const bool found = wv_class_find(word, &class);
    *out = found ? class : WV_CLASS_COUNT;
    if (node->value == NULL || found) {
        return true;
    }
    const char *near = wv_nearest(word, wv_class_words(), WV_CLASS_COUNT);
    return wv_node_fail(node, report, "no such class: \"%.*s\"%s%s%s", WV_SHOW(word),
                        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

static void warn_literal(const struct wv_node *node, struct wv_slice literal,
                         struct wv_report *report)
{
    if (literal.len > 0 && literal.len < LITERAL_GOOD) {
        wv_node_warn(node, report,
                     "is shorter than %d bytes: most texts hold it, and all of them are looked at",
                     LITERAL_GOOD);
    }
    for (size_t i = 0; i < literal.len; i++) {
        if (literal.ptr[i] == '=' || literal.ptr[i] == '&') {
            wv_node_warn(node, report,
                         "holds a %c: in a query each name and each value is looked at by itself, "
                         "so nothing is found there",
                         literal.ptr[i]);
            return;
        }
    }
}

static bool read_detector(const struct wv_node *node, struct wv_arena *arena,
                          struct wv_report *report, struct wv_pattern_source *out)
{
    const struct wv_config_section *rows = &wv_config_tables[WV_AT_DETECTOR];
    const struct wv_node validator = wv_node_member(node, "validator");
    const struct wv_node class = wv_node_member(node, "class");
    const struct wv_node literal = wv_node_member(node, "literal");
    struct wv_detector_section section = {0};
    bool good = check_name(node, report);
    good = wv_options_bind(node, rows->options, rows->count, &section, arena, report) && good;
    good = find_validator(&validator, section.validator, &section.source.validator, report) && good;
    good = find_class(&class, section.class, &section.source.class, report) && good;
    warn_literal(&literal, section.source.literal, report);
    *out = section.source;
    out->name = wv_slice_of(node->key);
    return good;
}

bool wv_config_detectors(const struct wv_node *root, struct wv_arena *arena,
                         struct wv_report *report, struct wv_config *config)
{
    const struct wv_node section = wv_node_member(root, "detectors");
    if (section.value == NULL) {
        return true;
    }
    if (!json_is_object(section.value)) {
        return wv_node_fail(&section, report,
                            "must be an object: name to {\"pattern\": …, \"literal\": …}");
    }
    const size_t count = json_object_size(section.value);
    if (count > WV_PATTERNS_MAX) {
        return wv_node_fail(&section, report, "has %zu entries; at most %d are possible", count,
                            WV_PATTERNS_MAX);
    }
    struct wv_pattern_source *sources = WV_ARENA_ARRAY(arena, count + 1, struct wv_pattern_source);
    if (sources == NULL) {
        return wv_node_fail(&section, report, "there is no memory left for the configuration");
    }
    bool good = true;
    const char *name;
    json_t *value;
    config->detectors = sources;
    json_object_foreach(section.value, name, value)
    {
        const struct wv_node node = wv_node_member(&section, name);
        const bool one = read_detector(&node, arena, report, &sources[config->detector_count]);
        config->detector_count += one;
        good = one && good;
    }
    return good;
}
