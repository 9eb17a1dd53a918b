/* names.c — an open-addressed table, built once. */
#include "plan/names.h"

/* A name as numbers: of up to 16 bytes, length and both words say everything, so that a record's
 * names are hashed and compared in registers. */
struct digest {
    uint64_t head;
    uint64_t tail;
    size_t len; /* 0: free */
};

struct entry {
    struct digest digest;
    const uint8_t *name;
    enum wv_class class;
};

struct wv_name_table {
    struct entry *entries;
    size_t mask;
};

/* The two words overlap in the middle of a name that does not fill them, and leave out the middle
 * of one that is longer. */
static struct digest digest_of(struct wv_slice name)
{
    struct digest digest = {.len = name.len};
    if (name.len >= 4) {
        /* Two halves a word, so that names of every length take the same way: their lengths are as
         * mixed as can be. */
        const size_t half = name.len >= 8 ? 4 : 0;
        uint32_t parts[4];
        memcpy(&parts[0], name.ptr, 4);
        memcpy(&parts[1], name.ptr + half, 4);
        memcpy(&parts[2], name.ptr + name.len - 4, 4);
        memcpy(&parts[3], name.ptr + name.len - 4 - half, 4);
        digest.head = parts[0] | (uint64_t)parts[1] << 32;
        digest.tail = parts[2] | (uint64_t)parts[3] << 32;
        return digest;
    }
    for (size_t i = 0; i < name.len; i++) {
        digest.head = digest.head << 8 | name.ptr[i];
    }
    return digest;
}

/* Odd constants without structure spread the words over the upper half of the product. Nobody
 * outside chooses what is in a table, so this needs no secret. */
static size_t hash_of(const struct digest *digest)
{
    const uint64_t mixed = (digest->head ^ digest->len) * UINT64_C(0x9e3779b97f4a7c15) +
                           digest->tail * UINT64_C(0xc2b2ae3d27d4eb4f);
    return (size_t)((mixed ^ mixed >> 29) * UINT64_C(0xff51afd7ed558ccd) >> 32);
}

static bool is_name(const struct entry *entry, const struct digest *digest, struct wv_slice name)
{
    return entry->digest.head == digest->head && entry->digest.tail == digest->tail &&
           entry->digest.len == digest->len &&
           (name.len <= 16 || memcmp(entry->name, name.ptr, name.len) == 0);
}

/* name is not empty. */
static struct entry *slot(const struct wv_name_table *table, struct wv_slice name)
{
    const struct digest digest = digest_of(name);
    size_t at = hash_of(&digest) & table->mask;
    while (table->entries[at].digest.len != 0 && !is_name(&table->entries[at], &digest, name)) {
        at = (at + 1) & table->mask;
    }
    return &table->entries[at];
}

static bool add_name(struct wv_name_table *table, const struct wv_node *node, enum wv_class class,
                     struct wv_arena *arena, struct wv_report *report)
{
    struct wv_slice name;
    if (!wv_node_text(node, &name, report)) {
        return false;
    }
    if (name.len == 0 || name.len > WV_NAME_MAX) {
        return wv_node_fail(node, report, "a name has 1 to %d bytes", WV_NAME_MAX);
    }
    uint8_t lower[WV_NAME_MAX];
    for (size_t i = 0; i < name.len; i++) {
        lower[i] = wv_lower(name.ptr[i]);
    }
    struct entry *entry = slot(table, (struct wv_slice){lower, name.len});
    if (entry->digest.len != 0) {
        return wv_node_fail(node, report, "this name is listed twice (also as %s)",
                            wv_class_word(entry->class));
    }
    entry->digest = digest_of((struct wv_slice){lower, name.len});
    entry->name = wv_arena_copy(arena, (struct wv_slice){lower, name.len}).ptr;
    entry->class = class;
    if (entry->name == NULL) {
        return wv_node_fail(node, report, "the table is too large");
    }
    return true;
}

static size_t count_names(const struct wv_node *node)
{
    const char *key;
    json_t *list;
    size_t count = 0;
    json_object_foreach(node->value, key, list)
    {
        count += json_array_size(list);
    }
    return count;
}

static struct wv_name_table *new_table(size_t names, struct wv_arena *arena)
{
    struct wv_name_table *table = WV_ARENA_NEW(arena, struct wv_name_table);
    size_t slots = 16;
    while (slots < names * 2 + 1) {
        slots *= 2;
    }
    if (table == NULL || (table->entries = WV_ARENA_ARRAY(arena, slots, struct entry)) == NULL) {
        return NULL;
    }
    table->mask = slots - 1;
    return table;
}

const struct wv_name_table *wv_names_load(const struct wv_node *node, struct wv_arena *arena,
                                          struct wv_report *report)
{
    if (!json_is_object(node->value)) {
        wv_node_fail(node, report, "must be an object: class to array of names");
        return NULL;
    }
    struct wv_name_table *table = new_table(count_names(node), arena);
    if (table == NULL) {
        wv_node_fail(node, report, "the table is too large");
        return NULL;
    }
    const size_t errors = wv_report_errors(report);
    const char *key;
    json_t *list;
    json_object_foreach(node->value, key, list)
    {
        const struct wv_node member = wv_node_member(node, key);
        enum wv_class class;
        if (key[0] == '$' || strcmp(key, "comment") == 0) {
            continue;
        }
        if (!wv_class_find(wv_slice_of(key), &class)) {
            const char *near = wv_nearest(wv_slice_of(key), wv_class_words(), WV_CLASS_COUNT);
            wv_node_fail(&member, report, "no such class: \"%s\"%s%s%s", key,
                         near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
            continue;
        }
        for (size_t i = 0; i < json_array_size(list); i++) {
            const struct wv_node element = wv_node_element(&member, i);
            (void)add_name(table, &element, class, arena, report);
        }
    }
    return wv_report_errors(report) == errors ? table : NULL;
}

bool wv_names_find(const struct wv_name_table *table, struct wv_slice name, enum wv_class *out)
{
    if (name.len == 0 || name.len > WV_NAME_MAX) {
        return false;
    }
    const struct entry *entry = slot(table, name);
    if (entry->digest.len == 0) {
        return false;
    }
    *out = entry->class;
    return true;
}
