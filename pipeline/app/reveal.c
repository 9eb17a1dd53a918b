/*
 * reveal.c — a walk over the values of a line, nearest to its root first.
 *
 * What wafveil writes stands nearer to the root than what a client can have put into a record: so
 * whoever fills a record with texts that look like boxes uses up the limits behind his own box.
 */
#include "app/reveal.h"

#include <stdlib.h>
#include <string.h>

enum {
    WAITING_MAX = 65536, /* values that are still to be looked at */
    TEXTS_MAX = 64,      /* texts of a line that were read as JSON */
    NESTING_MAX = 5,     /* of texts inside each other */
};

struct waiting {
    json_t *value;
    int nesting;
};

struct walk {
    const struct wv_reveal *reveal;
    struct waiting *waiting; /* a ring */
    size_t first;
    size_t count;
    bool more;                /* than is looked through */
    json_t *texts[TEXTS_MAX]; /* owned */
    size_t text_count;
    json_t *root;
    size_t boxes;
};

/* ---- One box --------------------------------------------------------------------------------- */

static bool is_text_list(const json_t *value)
{
    bool good = json_is_array(value);
    for (size_t i = 0; good && i < json_array_size(value); i++) {
        good = json_is_string(json_array_get(value, i));
    }
    return good;
}

static bool is_values(json_t *value)
{
    const char *key;
    json_t *member;
    bool good = json_is_object(value);
    json_object_foreach(value, key, member)
    {
        good = good && is_text_list(member);
    }
    return good;
}

static bool is_text_or_null(const json_t *value)
{
    return json_is_string(value) || json_is_null(value);
}

static bool is_integer(const json_t *value)
{
    return json_is_integer(value);
}

static bool is_string(const json_t *value)
{
    return json_is_string(value);
}

/* What a box may hold. Anybody can make boxes for a certificate: nothing else is shown. */
static bool is_content(json_t *content)
{
    static const struct {
        const char *name;
        bool (*good)(const json_t *value);
    } members[] = {
        {"tenant", is_text_or_null}, {"timestamp", is_integer}, {"action", is_string},
        {"rule", is_string},         {"output", is_string},     {"left_out", is_text_list},
    };
    const char *key;
    json_t *value;
    bool good = json_is_object(content) && is_values(json_object_get(content, "values"));
    json_object_foreach(content, key, value)
    {
        bool known = strcmp(key, "values") == 0;
        for (size_t i = 0; i < WV_COUNT(members); i++) {
            known = known || (strcmp(key, members[i].name) == 0 && members[i].good(value));
        }
        good = good && known;
    }
    return good;
}

/* Where the message stands, as kcat tells it. */
static void put_place(json_t *out, const json_t *root)
{
    json_t *topic = json_object_get(root, "topic");
    json_t *partition = json_object_get(root, "partition");
    json_t *offset = json_object_get(root, "offset");
    if (json_is_string(topic) && json_is_integer(partition) && json_is_integer(offset)) {
        (void)json_object_set(out, "topic", topic);
        (void)json_object_set(out, "partition", partition);
        (void)json_object_set(out, "offset", offset);
    }
}

/* ASCII only, so that no text plays tricks with a terminal. NULL: memory is short. */
static char *make_line(const struct walk *walk, const char *until, json_t *content)
{
    json_t *out = json_object();
    (void)json_object_set_new(out, "line", json_integer((json_int_t)walk->reveal->line));
    put_place(out, walk->root);
    (void)json_object_set_new(out, "until", json_string(until));
    char *text = NULL;
    if (json_object_update(out, content) == 0) {
        text = json_dumps(out, JSON_COMPACT | JSON_ENSURE_ASCII);
    }
    json_decref(out);
    return text;
}

static struct wv_slice text_of(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    const char *text = json_string_value(value);
    return text == NULL ? (struct wv_slice){0}
                        : (struct wv_slice){(const uint8_t *)text, json_string_length(value)};
}

static bool open_sealed(struct walk *walk, const json_t *object)
{
    const struct wv_reveal *reveal = walk->reveal;
    const struct wv_sealed sealed = {text_of(object, "until"), text_of(object, "key"),
                                     text_of(object, "box")};
    struct wv_slice content;
    if (walk->boxes++ >= WV_REVEAL_BOXES) {
        return false;
    }
    enum wv_seal_verdict verdict = wv_seal_open(reveal->opener, &sealed, reveal->today, &content);
    bool good = true;
    if (verdict == WV_SEAL_OPENED) {
        json_t *document = json_loadb((const char *)content.ptr, content.len,
                                      JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
        char *text = NULL;
        if (is_content(document)) {
            text = make_line(walk, (const char *)sealed.until.ptr, document);
            good = text != NULL;
        }
        json_decref(document);
        if (text != NULL) {
            reveal->show(reveal->user, text);
            return true;
        }
        verdict = WV_SEAL_BROKEN;
    }
    reveal->refuse(reveal->user, verdict,
                   verdict == WV_SEAL_PAST ? (const char *)sealed.until.ptr : NULL);
    return good;
}

/* ---- The walk -------------------------------------------------------------------------------- */

static bool push(struct walk *walk, json_t *value, int nesting)
{
    if (walk->count == WAITING_MAX) {
        return false;
    }
    walk->waiting[(walk->first + walk->count++) % WAITING_MAX] = (struct waiting){value, nesting};
    return true;
}

static struct waiting next_of(struct walk *walk)
{
    const struct waiting next = walk->waiting[walk->first];
    walk->first = (walk->first + 1) % WAITING_MAX;
    walk->count--;
    return next;
}

/* As wafveil writes it: a number may be larger than an integer of Jansson's. */
static json_t *parse(const char *text, size_t len)
{
    json_t *value = json_loadb(text, len, JSON_ALLOW_NUL, NULL);
    return value != NULL ? value
                         : json_loadb(text, len, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
}

/* The text as JSON; NULL: it is none, or there are too many. */
static json_t *read_text(struct walk *walk, const json_t *text)
{
    if (walk->text_count == TEXTS_MAX) {
        walk->more = true;
        return NULL;
    }
    json_t *value = parse(json_string_value(text), json_string_length(text));
    if (value != NULL) {
        walk->texts[walk->text_count++] = value;
    }
    return value;
}

/* A text is looked into only where the word stands in it. */
static bool may_hold_sealed(const json_t *text)
{
    return memmem(json_string_value(text), json_string_length(text), "sealed", 6) != NULL;
}

/* Whatever may hold something sealed waits its turn. */
static bool consider(struct walk *walk, json_t *value, int nesting)
{
    if (json_is_object(value) || json_is_array(value)) {
        return push(walk, value, nesting);
    }
    if (json_is_string(value) && nesting < NESTING_MAX && may_hold_sealed(value)) {
        json_t *inner = read_text(walk, value);
        return inner == NULL || push(walk, inner, nesting + 1);
    }
    return true;
}

/* The value of the header wafveil-sealed; what is no object is told as a box that does not open. */
static bool open_header(struct walk *walk, const json_t *value)
{
    const json_t *object = json_is_string(value) ? read_text(walk, value) : value;
    return open_sealed(walk, object);
}

static bool is_header_name(const json_t *value)
{
    const char *name = json_string_value(value);
    return name != NULL && strcmp(name, "wafveil-sealed") == 0;
}

/* Headers may be a list of names and values by turns. */
static bool look_at_array(struct walk *walk, json_t *array, int nesting)
{
    const size_t count = json_array_size(array);
    bool good = true;
    for (size_t i = 0; good && i < count; i++) {
        json_t *element = json_array_get(array, i);
        if (is_header_name(element) && i + 1 < count) {
            good = open_header(walk, json_array_get(array, ++i));
        } else {
            good = consider(walk, element, nesting);
        }
    }
    return good;
}

/* The box in the headers of a message; NULL: there is none. */
static const json_t *header_of(const json_t *object)
{
    const json_t *headers = json_object_get(object, "headers");
    const json_t *found = json_object_get(object, "wafveil-sealed");
    found = found != NULL ? found : json_object_get(headers, "wafveil-sealed");
    for (size_t i = 0; found == NULL && i + 1 < json_array_size(headers); i++) {
        if (is_header_name(json_array_get(headers, i))) {
            found = json_array_get(headers, i + 1);
        }
    }
    return found;
}

/* An object with a member _wafveil is a record: there is one to each, and the input's are removed,
 * so whatever looks like another one further in was written by somebody else. A box stands in one
 * place, so the same goes for a message that has one in a header. */
static bool look_at_object(struct walk *walk, json_t *object, int nesting)
{
    const json_t *own = json_object_get(object, "_wafveil");
    const json_t *sealed = json_object_get(own, "sealed");
    const json_t *header = header_of(object);
    const char *key;
    json_t *value;
    bool good = true;
    if (json_is_object(own)) {
        return sealed == NULL || open_sealed(walk, sealed);
    }
    if (header != NULL) {
        return open_header(walk, header);
    }
    json_object_foreach(object, key, value)
    {
        good = good && consider(walk, value, nesting);
    }
    return good;
}

bool wv_reveal_line(const struct wv_reveal *reveal, struct wv_slice line)
{
    struct walk walk = {.reveal = reveal};
    walk.waiting = malloc(WAITING_MAX * sizeof *walk.waiting);
    walk.root = parse((const char *)line.ptr, line.len);
    bool good = walk.waiting != NULL && walk.root != NULL && consider(&walk, walk.root, 0);
    while (good && walk.count > 0) {
        const struct waiting next = next_of(&walk);
        good = json_is_array(next.value) ? look_at_array(&walk, next.value, next.nesting)
                                         : look_at_object(&walk, next.value, next.nesting);
    }
    for (size_t i = 0; i < walk.text_count; i++) {
        json_decref(walk.texts[i]);
    }
    json_decref(walk.root);
    free(walk.waiting);
    return good && !walk.more;
}
