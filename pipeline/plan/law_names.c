/*
 * law_names.c — what rows of the law can name: countries and lists of them, mechanisms, origins.
 */
#include "plan/law_read.h"

struct origin_words {
    json_t *countries;
    bool instruction;
};

static const struct wv_option origin_options[] = {
    {.name = "countries",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct origin_words, countries),
     .required = true,
     .help = "where the law holds"},
    {.name = "instruction",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct origin_words, instruction)},
};

bool wv_law_origin(const struct wv_law *law, struct wv_slice name, uint32_t *index)
{
    for (size_t i = 0; i < law->origin_count; i++) {
        if (wv_slice_eq(law->origins[i].name, name)) {
            *index = (uint32_t)i;
            return true;
        }
    }
    return false;
}

bool wv_law_mechanism(const struct wv_law *law, struct wv_slice name, uint32_t *index)
{
    for (size_t i = 0; i < law->mechanism_count; i++) {
        if (wv_slice_eq(law->mechanisms[i].name, name)) {
            *index = (uint32_t)i;
            return true;
        }
    }
    return false;
}

/* The name of a member, kept as long as the law. */
static bool keep_name(const struct wv_law_reading *reading, const struct wv_node *node,
                      struct wv_slice *out)
{
    *out = wv_arena_copy(reading->arena, wv_slice_of(node->key));
    return out->len > 0 || wv_node_key_fail(node, reading->report, "is no name");
}

static bool wrong_kind(const struct wv_node *node, bool right, const char *what,
                       struct wv_report *report)
{
    return node->value != NULL && !right && !wv_node_fail(node, report, "must be %s", what);
}

static const struct wv_country_list *find_list(const struct wv_law *law, struct wv_slice name)
{
    for (size_t i = 0; i < law->list_count; i++) {
        if (wv_slice_eq(law->lists[i].name, name)) {
            return &law->lists[i];
        }
    }
    return NULL;
}

static bool no_such_list(const struct wv_law_reading *reading, const struct wv_node *node,
                         struct wv_slice word)
{
    const char *names[WV_COUNTRY_LISTS_MAX];
    for (size_t i = 0; i < reading->law->list_count; i++) {
        names[i] = (const char *)reading->law->lists[i].name.ptr;
    }
    const char *near = wv_nearest(word, names, reading->law->list_count);
    return wv_node_fail(node, reading->report,
                        "must be a country (two capital letters) or a list that stands before "
                        "it%s%s%s",
                        near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                        near == NULL ? "" : "\"?");
}

static bool add_country(const struct wv_law_reading *reading, const struct wv_node *node, bool star,
                        struct wv_countries *out)
{
    struct wv_slice word;
    if (!wv_node_text(node, &word, reading->report)) {
        return false;
    }
    const struct wv_country_list *list = find_list(reading->law, word);
    if (list != NULL) {
        for (size_t i = 0; i < WV_COUNT(out->bits); i++) {
            out->bits[i] |= list->countries.bits[i];
        }
        return true;
    }
    if (star && wv_slice_eq(word, WV_LIT("*"))) {
        out->all = true;
        return true;
    }
    if (word.len != 2) {
        return no_such_list(reading, node, word);
    }
    if (!wv_country_check(node, word, reading->report)) {
        return false;
    }
    const unsigned at = (unsigned)(word.ptr[0] - 'A') * 26 + (unsigned)(word.ptr[1] - 'A');
    out->bits[at / 64] |= UINT64_C(1) << at % 64;
    return true;
}

bool wv_law_read_countries(const struct wv_law_reading *reading, const struct wv_node *node,
                           bool star, struct wv_countries *out)
{
    *out = (struct wv_countries){0};
    if (!json_is_array(node->value) || json_array_size(node->value) == 0) {
        return wv_node_fail(node, reading->report, "must be an array of countries, as [\"JP\"]");
    }
    bool ok = true;
    for (size_t i = 0; i < json_array_size(node->value); i++) {
        const struct wv_node element = wv_node_element(node, i);
        ok = add_country(reading, &element, star, out) && ok;
    }
    return ok;
}

bool wv_law_read_lists(const struct wv_law_reading *reading, const struct wv_node *node)
{
    if (wrong_kind(node, json_is_object(node->value), "an object: name to countries",
                   reading->report)) {
        return false;
    }
    const char *key;
    json_t *value;
    bool ok = true;
    json_object_foreach(node->value, key, value)
    {
        const struct wv_node member = wv_node_member(node, key);
        if (wv_law_is_full(&member, reading->law->list_count, WV_COUNTRY_LISTS_MAX,
                           reading->report)) {
            return false;
        }
        struct wv_country_list *list = &reading->law->lists[reading->law->list_count];
        if (find_list(reading->law, wv_slice_of(key)) != NULL) {
            ok = wv_node_key_fail(&member, reading->report, "there is such a list already");
        } else if (wv_law_read_countries(reading, &member, false, &list->countries) &&
                   keep_name(reading, &member, &list->name)) {
            reading->law->list_count++;
        } else {
            ok = false;
        }
    }
    return ok;
}

bool wv_law_read_mechanisms(const struct wv_law_reading *reading, const struct wv_node *node)
{
    struct wv_law *law = reading->law;
    if (wrong_kind(node, json_is_object(node->value), "an object: name to what it is",
                   reading->report)) {
        return false;
    }
    const char *key;
    json_t *value;
    bool ok = true;
    json_object_foreach(node->value, key, value)
    {
        const struct wv_node member = wv_node_member(node, key);
        uint32_t known;
        struct wv_slice title;
        if (wv_law_is_full(&member, law->mechanism_count, WV_MECHANISMS_MAX, reading->report)) {
            return false;
        }
        struct wv_mechanism *mechanism = &law->mechanisms[law->mechanism_count];
        if (wv_law_mechanism(law, wv_slice_of(key), &known)) {
            ok = wv_node_key_fail(&member, reading->report, "there is such a mechanism already");
        } else if (!wv_node_text(&member, &title, reading->report) ||
                   !keep_name(reading, &member, &mechanism->name)) {
            ok = false;
        } else {
            mechanism->title = wv_arena_copy(reading->arena, title);
            law->consent =
                strcmp(key, "consent") == 0 ? (uint32_t)law->mechanism_count : law->consent;
            law->mechanism_count++;
        }
    }
    return ok;
}

bool wv_law_read_origins(const struct wv_law_reading *reading, const struct wv_node *node)
{
    struct wv_law *law = reading->law;
    if (wrong_kind(node, json_is_object(node->value), "an object: region to its countries",
                   reading->report)) {
        return false;
    }
    const char *key;
    json_t *value;
    bool ok = true;
    json_object_foreach(node->value, key, value)
    {
        const struct wv_node member = wv_node_member(node, key);
        const struct wv_node countries = wv_node_member(&member, "countries");
        struct origin_words words = {0};
        uint32_t known;
        if (wv_law_is_full(&member, law->origin_count, WV_ORIGINS_MAX, reading->report)) {
            return false;
        }
        struct wv_origin *origin = &law->origins[law->origin_count];
        if (wv_law_origin(law, wv_slice_of(key), &known)) {
            ok = wv_node_key_fail(&member, reading->report, "there is such an origin already");
        } else if (wv_options_bind(&member, origin_options, WV_COUNT(origin_options), &words,
                                   reading->arena, reading->report) &&
                   wv_law_read_countries(reading, &countries, false, &origin->countries) &&
                   keep_name(reading, &member, &origin->name)) {
            origin->instruction = words.instruction;
            law->origin_count++;
        } else {
            ok = false;
        }
    }
    return ok;
}
