/*
 * config_properties.c — properties of librdkafka, taken over as they are written.
 */
#include "plan/config_properties.h"

#include "plan/config_paths.h"
#include "plan/config_secrets.h"

enum { POINTER_MAX = 1024 };

static bool no_memory(const struct wv_node *node, struct wv_report *report)
{
    return wv_node_fail(node, report, "there is no memory left for the configuration");
}

/* Appends "/name" to a pointer; false when it does not fit. */
static bool extend_pointer(char pointer[POINTER_MAX], const char *name)
{
    size_t at = strlen(pointer);
    pointer[at++] = '/';
    for (; *name != '\0'; name++) {
        if (at + 3 > POINTER_MAX) {
            return false;
        }
        if (*name == '~' || *name == '/') {
            pointer[at++] = '~';
            pointer[at++] = *name == '~' ? '0' : '1';
        } else {
            pointer[at++] = *name;
        }
    }
    pointer[at] = '\0';
    return true;
}

/* librdkafka takes text for everything; numbers and booleans may be written as such. */
static bool property_value(json_t *value, struct wv_arena *arena, const char **out)
{
    char number[64] = "";
    struct wv_slice text = {0};
    if (json_is_string(value)) {
        text = wv_slice_of(json_string_value(value));
    } else if (json_is_boolean(value)) {
        text = wv_slice_of(json_is_true(value) ? "true" : "false");
    } else if (json_is_integer(value)) {
        (void)snprintf(number, sizeof(number), "%lld", (long long)json_integer_value(value));
        text = wv_slice_of(number);
    } else if (json_is_real(value)) {
        (void)snprintf(number, sizeof(number), "%.15g", json_real_value(value));
        text = wv_slice_of(number);
    }
    const struct wv_slice copy = wv_arena_copy(arena, text);
    *out = (const char *)copy.ptr;
    return text.ptr != NULL;
}

/* {"file": PATH} or {"credential": NAME}: where the secret lies that is the value. */
static bool secret_place(const struct wv_node *node, const char *path, struct wv_arena *arena,
                         struct wv_report *report, struct wv_property *property)
{
    const struct wv_node file = wv_node_member(node, "file");
    const struct wv_node credential = wv_node_member(node, "credential");
    const struct wv_node *place = file.value != NULL ? &file : &credential;
    struct wv_slice text;
    if (!wv_is_secret_property(node->key)) {
        return wv_node_fail(node, report,
                            "must be a string, a number, true or false: only a secret can come "
                            "from a file or a credential");
    }
    if (json_object_size(node->value) != 1 || place->value == NULL) {
        return wv_node_fail(node, report, "needs one of \"file\" and \"credential\"");
    }
    if (!wv_node_text(place, &text, report)) {
        return false;
    }
    property->from = place == &file ? WV_PROPERTY_FILE : WV_PROPERTY_CREDENTIAL;
    if (text.len == 0 || (place == &credential && memchr(text.ptr, '/', text.len) != NULL)) {
        return wv_node_fail(place, report, "must be %s",
                            place == &file ? "the path of a file"
                                           : "the name of a credential, without a path");
    }
    if (place == &file && !wv_config_resolve(path, place, &text, arena, report)) {
        return false;
    }
    property->value = (const char *)wv_arena_copy(arena, text).ptr;
    return true;
}

static bool read_value(const struct wv_node *node, const char *path, struct wv_arena *arena,
                       struct wv_report *report, struct wv_property *property)
{
    property->from = WV_PROPERTY_TEXT;
    if (json_is_object(node->value)) {
        return secret_place(node, path, arena, report, property);
    }
    return property_value(node->value, arena, &property->value) ||
           wv_node_fail(node, report,
                        "must be a string, a number, true or false: it is given to librdkafka as "
                        "it is");
}

static bool read_property(const struct wv_node *node, const char *block_pointer, const char *path,
                          struct wv_arena *arena, struct wv_report *report,
                          struct wv_property *property)
{
    if (!read_value(node, path, arena, report, property)) {
        return false;
    }
    char pointer[POINTER_MAX];
    (void)snprintf(pointer, sizeof(pointer), "%s", block_pointer);
    if (!extend_pointer(pointer, node->key)) {
        return wv_node_fail(node, report, "the name of the property is too long");
    }
    property->pointer = (const char *)wv_arena_copy(arena, wv_slice_of(pointer)).ptr;
    property->name = (const char *)wv_arena_copy(arena, wv_slice_of(node->key)).ptr;
    if (property->value == NULL || property->pointer == NULL || property->name == NULL) {
        return no_memory(node, report);
    }
    return true;
}

bool wv_config_properties(const struct wv_node *owner, const char *owner_pointer, const char *path,
                          struct wv_arena *arena, struct wv_report *report,
                          struct wv_properties *out)
{
    const struct wv_node block = wv_node_member(owner, "kafka");
    if (block.value == NULL) {
        return true;
    }
    if (!json_is_object(block.value)) {
        return wv_node_fail(&block, report,
                            "must be an object of librdkafka's properties, as "
                            "{\"bootstrap.servers\": \"kafka:9092\"}");
    }
    const size_t count = json_object_size(block.value);
    struct wv_property *items = WV_ARENA_ARRAY(arena, count, struct wv_property);
    if (items == NULL) {
        return no_memory(&block, report);
    }
    char pointer[POINTER_MAX];
    (void)snprintf(pointer, sizeof(pointer), "%s/kafka", owner_pointer);
    bool ok = true;
    size_t at = 0;
    const char *name;
    json_t *value;
    json_object_foreach(block.value, name, value)
    {
        const struct wv_node node = wv_node_member(&block, name);
        ok = read_property(&node, pointer, path, arena, report, &items[at]) && ok;
        at++;
    }
    *out = (struct wv_properties){ok ? items : NULL, ok ? count : 0};
    return ok;
}
