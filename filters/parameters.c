/*
 * parameters.c — a table of normalised names, looked up from their ends.
 *
 * Normalised: lower case, letters and digits only, so that access_token, access-token and
 * accessToken are one name. A name is hashed from its last byte to its first; so
 * the hash of every suffix is there on the way, and one pass answers for all of them.
 */
#include "filters/parameters.h"

enum {
    NAME_MAX = 128,
    SLOTS = 4096, /* a power of two, far more than the names, so that probes stay short */
    NAMES_MAX = SLOTS / 4,
    END_MAX = 3, /* bytes of a name's end that rule most names out */
    END_BITS = 4096,
};

struct slot {
    uint8_t len; /* 0: free */
    uint8_t parameter;
    uint16_t at; /* of the normalised name in text */
};

struct wv_parameters {
    uint8_t *text;
    size_t used;
    size_t cap;
    size_t longest;
    size_t count;
    uint64_t ends[END_BITS / 64]; /* a bit for the end of each name, for end_bit() */
    uint8_t normal[256];          /* what a byte is in a normalised name; 0: a separator */
    struct slot slots[SLOTS];
    uint64_t own[SLOTS / 64]; /* bits of slots: the operator says so */
};

struct word {
    const char *member; /* in the document */
    const char *word;   /* in a placeholder */
    bool replaced;
};

static const struct word words[WV_PARAMETER_COUNT] = {
    /* Longer names that end like a listed one and yet say nothing: "max-age", "status_code". */
    [WV_PARAMETER_UNLISTED] = {"harmless", "VALUE", false},
    [WV_PARAMETER_CREDENTIAL] = {"credential", "CREDENTIAL", true},
    [WV_PARAMETER_SESSION] = {"session", "SESSION", true},
    [WV_PARAMETER_DIRECT_ID] = {"direct_id", "USER", true},
    [WV_PARAMETER_CONTACT] = {"contact", "CONTACT", true},
    [WV_PARAMETER_NATIONAL_ID] = {"national_id", "ID", true},
    [WV_PARAMETER_PAYMENT] = {"payment", "PAYMENT", true},
    [WV_PARAMETER_BIRTH] = {"birth", "BIRTH", true},
    [WV_PARAMETER_DEVICE] = {"device", "DEVICE", true},
    [WV_PARAMETER_LOCATION] = {"location", "LOCATION", true},
    [WV_PARAMETER_NETWORK] = {"network", "NETWORK", false},
    [WV_PARAMETER_TRACKING] = {"tracking", "TRACKING", true},
    [WV_PARAMETER_FREE_TEXT] = {"free_text", "TEXT", false},
};

/* In a name, whatever is no letter: "amp;sid" and "/login?sid" are a sid as "user[sid]" is one. */
static bool is_separator(uint8_t byte)
{
    const uint8_t lower = byte | 0x20;
    return byte < 0x80 && !(lower >= 'a' && lower <= 'z') && !(byte >= '0' && byte <= '9');
}

/* FNV-1a. A hostile name can choose its slot, but not how long the probes of our own names are. */
static uint32_t hash_step(uint32_t hash, uint8_t byte)
{
    return (hash ^ byte) * 16777619U;
}

enum { HASH_START = 0x7ee3623b };

enum { NUMBER_DIGITS = 2, HASH_DIGITS = 32 };

static uint32_t slot_of(uint32_t hash)
{
    return (hash ^ hash >> 15) & (SLOTS - 1);
}

static const struct slot *find_slot(const struct wv_parameters *parameters, uint32_t hash,
                                    struct wv_slice name)
{
    for (uint32_t i = slot_of(hash);; i = (i + 1) & (SLOTS - 1)) {
        const struct slot *slot = &parameters->slots[i];
        if (slot->len == 0) {
            return NULL;
        }
        if (slot->len == name.len && wv_bytes_eq(parameters->text + slot->at, name.ptr, name.len)) {
            return slot;
        }
    }
}

static size_t without_digits(struct wv_slice name, size_t len)
{
    while (len > 0 && name.ptr[len - 1] >= '0' && name.ptr[len - 1] <= '9') {
        len--;
    }
    return len;
}

static bool ends_with(struct wv_slice name, size_t len, struct wv_slice end)
{
    return len >= end.len && wv_bytes_eq(name.ptr + len - end.len, end.ptr, end.len);
}

/* Array indices at the end say nothing: "email[]", "password[0]", "phones.number.0" are email,
 * password and number; libmodsecurity writes "email.array_0". */
static size_t without_index(struct wv_slice name)
{
    for (size_t len = name.len;;) {
        const bool bracket = len > 0 && name.ptr[len - 1] == ']';
        const size_t at = without_digits(name, len - bracket);
        if (bracket ? ends_with(name, at, WV_LIT("["))
                    : at < len && ends_with(name, at, WV_LIT("."))) {
            len = at - 1;
        } else if (at < len && ends_with(name, at, WV_LIT(".array_"))) {
            len = at - WV_LIT(".array_").len;
        } else {
            return len;
        }
    }
}

/* The bit for the last bytes of a normalised name, of which all of a shorter one are taken. */
static uint32_t end_bit(uint32_t end, size_t len)
{
    return (end * 0x9e3779b1U + (uint32_t)len * 0x85ebca6bU) >> 20;
}

static bool is_set(const struct wv_parameters *parameters, uint32_t bit)
{
    return (parameters->ends[bit / 64] >> bit % 64 & 1) != 0;
}

/* Whether some listed name may be the end of this one. Most are asked for in vain, and this look at
 * the last bytes is all that those cost. */
static bool may_end_listed(const struct wv_parameters *parameters, struct wv_slice name)
{
    uint32_t end = 0;
    size_t len = 0;
    bool found = false;
    for (size_t i = name.len; i > 0 && len < END_MAX; i--) {
        const uint8_t byte = parameters->normal[name.ptr[i - 1]];
        if (byte != 0) {
            end = end << 8 | byte;
            len++;
            found = found || is_set(parameters, end_bit(end, len));
        }
    }
    return found;
}

/* Where a word begins: at the start, after a separator, or at a capital after a small letter. */
static bool begins_word(const struct wv_parameters *parameters, struct wv_slice name, size_t at)
{
    if (at == 0 || parameters->normal[name.ptr[at - 1]] == 0) {
        return true;
    }
    const uint8_t before = name.ptr[at - 1];
    return name.ptr[at] >= 'A' && name.ptr[at] <= 'Z' && before >= 'a' && before <= 'z';
}

/* "password2", "email1": fields of a form that come several times. "wordpress_logged_in_" and 32
 * hexadecimal digits, which tell the site. */
static size_t without_number(struct wv_slice name, size_t len)
{
    const size_t digits = without_digits(name, len);
    size_t hex = len;
    while (hex > 0 && ((name.ptr[hex - 1] >= '0' && name.ptr[hex - 1] <= '9') ||
                       (name.ptr[hex - 1] >= 'a' && name.ptr[hex - 1] <= 'f'))) {
        hex--;
    }
    if (len - hex == HASH_DIGITS && hex > 0 && name.ptr[hex - 1] == '_') {
        return hex - 1;
    }
    return len - digits <= NUMBER_DIGITS ? digits : len;
}

static const struct slot *find_name(const struct wv_parameters *parameters, struct wv_slice name,
                                    size_t len)
{
    if (!may_end_listed(parameters, wv_slice_sub(name, 0, len))) {
        return NULL;
    }
    uint8_t normal[NAME_MAX];
    size_t from = NAME_MAX;
    uint32_t hash = HASH_START;
    const struct slot *best = NULL;
    for (size_t i = len; i > 0 && NAME_MAX - from < parameters->longest; i--) {
        const uint8_t byte = parameters->normal[name.ptr[i - 1]];
        if (byte == 0) {
            continue;
        }
        normal[--from] = byte;
        hash = hash_step(hash, byte);
        if (!begins_word(parameters, name, i - 1)) {
            continue;
        }
        const struct wv_slice suffix = {normal + from, NAME_MAX - from};
        const struct slot *slot = find_slot(parameters, hash, suffix);
        best = slot != NULL ? slot : best;
    }
    return best;
}

static enum wv_parameter parameter_of(const struct slot *slot)
{
    return slot == NULL ? WV_PARAMETER_UNLISTED : (enum wv_parameter)slot->parameter;
}

/* What the table says of the name; NULL: nothing. */
static const struct slot *find(const struct wv_parameters *parameters, struct wv_slice name)
{
    if (name.len == 0 || name.len > NAME_MAX) {
        return NULL;
    }
    const size_t len = without_index(name);
    const struct slot *found = find_name(parameters, name, len);
    if (parameter_of(found) != WV_PARAMETER_UNLISTED) {
        return found;
    }
    const size_t shorter = without_number(name, len);
    const struct slot *other = shorter < len ? find_name(parameters, name, shorter) : NULL;
    return other != NULL ? other : found;
}

/* What stands behind the last byte of a name that is not of ASCII; {0}: there is none. */
static struct wv_slice narrow_end(struct wv_slice name)
{
    size_t at = name.len;
    while (at > 0 && name.ptr[at - 1] < 0x80) {
        at--;
    }
    return at > 0 ? wv_slice_sub(name, at, name.len) : (struct wv_slice){0};
}

/* Text of China and Japan, and blanks and dashes beyond ASCII, stand against a name without a blank
 * that would part them. */
enum wv_parameter wv_parameters_find(const struct wv_parameters *parameters, struct wv_slice name)
{
    const enum wv_parameter whole = parameter_of(find(parameters, name));
    const struct wv_slice end =
        whole != WV_PARAMETER_UNLISTED ? (struct wv_slice){0} : narrow_end(name);
    return end.len == 0 ? whole : parameter_of(find(parameters, end));
}

bool wv_parameters_know(const struct wv_parameters *parameters, struct wv_slice name)
{
    return find(parameters, name) != NULL;
}

struct wv_slice wv_parameter_stem(struct wv_slice name)
{
    return wv_slice_sub(name, 0, without_index(name));
}

const char *wv_parameter_member(enum wv_parameter parameter)
{
    wv_ensure(parameter < WV_PARAMETER_COUNT);
    return words[parameter].member;
}

const char *wv_parameter_word(enum wv_parameter parameter)
{
    wv_ensure(parameter < WV_PARAMETER_COUNT);
    return words[parameter].word;
}

bool wv_parameter_is_replaced(enum wv_parameter parameter)
{
    wv_ensure(parameter < WV_PARAMETER_COUNT);
    return words[parameter].replaced;
}

/* A name that is listed already. */
static bool add_again(struct wv_parameters *parameters, size_t at, enum wv_parameter parameter,
                      bool own, const struct wv_node *node, struct wv_report *report)
{
    struct slot *slot = &parameters->slots[at];
    const uint64_t bit = UINT64_C(1) << at % 64;
    if (own && (parameters->own[at / 64] & bit) == 0) {
        parameters->own[at / 64] |= bit;
        slot->parameter = (uint8_t)parameter;
        return true;
    }
    return slot->parameter == (uint8_t)parameter ||
           wv_node_fail(node, report, "is already listed as \"%s\"; keep one of the two",
                        words[slot->parameter].member);
}

static bool add_name(struct wv_parameters *parameters, struct wv_slice name,
                     enum wv_parameter parameter, bool own, const struct wv_node *node,
                     struct wv_report *report)
{
    uint8_t normal[NAME_MAX];
    size_t from = NAME_MAX;
    uint32_t hash = HASH_START;
    if (name.len > NAME_MAX) {
        return wv_node_fail(node, report, "a name of a parameter has at most %d bytes", NAME_MAX);
    }
    for (size_t i = name.len; i > 0; i--) {
        if (!is_separator(name.ptr[i - 1])) {
            normal[--from] = wv_lower(name.ptr[i - 1]);
            hash = hash_step(hash, normal[from]);
        }
    }
    const struct wv_slice key = {normal + from, NAME_MAX - from};
    if (key.len == 0) {
        return wv_node_fail(node, report, "a name needs more than separators");
    }
    const struct slot *known = find_slot(parameters, hash, key);
    if (known != NULL) {
        return add_again(parameters, (size_t)(known - parameters->slots), parameter, own, node,
                         report);
    }
    if (parameters->count == NAMES_MAX || key.len > parameters->cap - parameters->used) {
        return wv_node_fail(node, report, "there is room for %d names only", NAMES_MAX);
    }
    memcpy(parameters->text + parameters->used, key.ptr, key.len);
    uint32_t i = slot_of(hash);
    while (parameters->slots[i].len != 0) {
        i = (i + 1) & (SLOTS - 1);
    }
    parameters->slots[i] = (struct slot){
        .len = (uint8_t)key.len, .parameter = (uint8_t)parameter, .at = (uint16_t)parameters->used};
    parameters->own[i / 64] |= (uint64_t)own << i % 64;
    uint32_t end = 0;
    const size_t end_len = key.len < END_MAX ? key.len : END_MAX;
    for (size_t k = 0; k < end_len; k++) {
        end = end << 8 | key.ptr[key.len - 1 - k];
    }
    const uint32_t bit = end_bit(end, end_len);
    parameters->ends[bit / 64] |= (uint64_t)1 << bit % 64;
    parameters->used += key.len;
    parameters->count++;
    parameters->longest = key.len > parameters->longest ? key.len : parameters->longest;
    return true;
}

static bool add_names(struct wv_parameters *parameters, const struct wv_node *list,
                      enum wv_parameter parameter, bool own, struct wv_report *report)
{
    if (!json_is_array(list->value)) {
        return wv_node_fail(list, report, "expected an array of names");
    }
    bool good = true;
    for (size_t i = 0; i < json_array_size(list->value); i++) {
        const struct wv_node node = wv_node_element(list, i);
        struct wv_slice name;
        good = wv_node_text(&node, &name, report) &&
               add_name(parameters, name, parameter, own, &node, report) && good;
    }
    return good;
}

static bool find_member(const char *member, enum wv_parameter *out)
{
    for (size_t i = 0; i < WV_PARAMETER_COUNT; i++) {
        if (strcmp(words[i].member, member) == 0) {
            *out = (enum wv_parameter)i;
            return true;
        }
    }
    return false;
}

static bool fail_member(const struct wv_node *node, struct wv_report *report)
{
    const char *names[WV_PARAMETER_COUNT];
    for (size_t i = 0; i < WV_PARAMETER_COUNT; i++) {
        names[i] = words[i].member;
    }
    const char *near = wv_nearest(wv_slice_of(node->key), names, WV_PARAMETER_COUNT);
    if (near != NULL) {
        return wv_node_fail(node, report, "is no class of parameters; did you mean \"%s\"?", near);
    }
    return wv_node_fail(node, report, "is no class of parameters");
}

static bool add_lists(struct wv_parameters *parameters, const struct wv_node *node, bool own,
                      struct wv_report *report)
{
    if (!json_is_object(node->value)) {
        return wv_node_fail(node, report, "expected an object of arrays of names");
    }
    bool good = true;
    const char *member;
    json_t *value;
    json_object_foreach(node->value, member, value)
    {
        const struct wv_node list = wv_node_member(node, member);
        if (member[0] == '$') {
            continue; /* "$schema", "$comment" */
        }
        enum wv_parameter parameter;
        if (!find_member(member, &parameter)) {
            good = fail_member(&list, report);
        } else {
            good = add_names(parameters, &list, parameter, own, report) && good;
        }
    }
    return good;
}

bool wv_parameters_add(struct wv_parameters *parameters, const struct wv_node *node,
                       struct wv_report *report)
{
    return add_lists(parameters, node, true, report);
}

struct wv_parameters *wv_parameters_load(const struct wv_node *node, struct wv_arena *arena,
                                         struct wv_report *report)
{
    struct wv_parameters *parameters = WV_ARENA_NEW(arena, struct wv_parameters);
    uint8_t *text = WV_ARENA_ARRAY(arena, UINT16_MAX, uint8_t);
    if (parameters == NULL || text == NULL) {
        wv_node_fail(node, report, "there is no memory for the names of parameters");
        return NULL;
    }
    parameters->text = text;
    parameters->cap = UINT16_MAX;
    for (size_t byte = 0; byte < WV_COUNT(parameters->normal); byte++) {
        parameters->normal[byte] = is_separator((uint8_t)byte) ? 0 : wv_lower((uint8_t)byte);
    }
    return add_lists(parameters, node, false, report) ? parameters : NULL;
}
