/*
 * naive_names.c — one pattern for each class of names, made from the product's table
 * (schemas/names/parameters.json): "user[email]=…", "accessToken": "…", billing_iban=….
 *
 * As in the product a name may end in a listed one, separators do not count, and the longest listed
 * name decides: in front of "address" the patterns refuse "ip_" and "email_", which are listed for
 * something else.
 */
#include "bench/naive.h"

#include "plan/builtin.h"

#include <stdlib.h>

/* Members of the table in the order of the patterns, and what their values are. */
static const struct {
    const char *member;
    struct naive_sort sort;
} classes[NAIVE_NAMES] = {
    {"credential", {"CREDENTIAL", WV_CLASS_NONE, NAIVE_ID, NAIVE_RANK_NAME}},
    {"session", {"SESSION", WV_CLASS_SESSION_ID, NAIVE_ID, NAIVE_RANK_NAME}},
    {"direct_id", {"USER", WV_CLASS_USERNAME, NAIVE_LOGIN, NAIVE_RANK_NAME}},
    {"contact", {"CONTACT", WV_CLASS_PHONE, NAIVE_NUMBER, NAIVE_RANK_NAME}},
    {"national_id", {"ID", WV_CLASS_NONE, NAIVE_ID, NAIVE_RANK_NAME}},
    {"payment", {"PAYMENT", WV_CLASS_NONE, NAIVE_NUMBER, NAIVE_RANK_NAME}},
    {"birth", {"BIRTH", WV_CLASS_NONE, NAIVE_NEVER, NAIVE_RANK_NAME}},
    {"device", {"DEVICE", WV_CLASS_DEVICE_ID, NAIVE_ID, NAIVE_RANK_NAME}},
    {"location", {"LOCATION", WV_CLASS_NONE, NAIVE_NEVER, NAIVE_RANK_NAME}},
    {"tracking", {"TRACKING", WV_CLASS_NONE, NAIVE_NEVER, NAIVE_RANK_NAME}},
};

/* Where a name begins: not inside of a word, or at a capital; not where a URL names its user. */
#define BEGIN     "(?:(?<![A-Za-z0-9\\x80-\\xff])(?<!://)|(?<=[a-z])(?=[A-Z]))"
#define SEPARATOR "[][._-]{0,2}"
/* "password2", "email[0]", "wordpress_logged_in_" with a hash. */
#define END    "(?:_[0-9a-f]{32}|[0-9]{1,2})?(?:[]._ -]|\\[[0-9]*\\]|\\.(?:array_)?[0-9]+)*"
#define SCHEME "(?:(?i:bearer|basic|negotiate|ntlm)[ \\t+]+)?"
#define BLANKS "[ \\t]{0,2}"
/* Not of the header Location, and not of a class that PHP has written: O:4:"User":1:{ */
#define SIGN    BLANKS "(?:[=!]{0,2}=(?!=)|(?<![Ll]ocation)(?<!LOCATION):(?!:|//|[0-9]+:\\{))" BLANKS
#define NO_WORD "(?!" NAIVE_WORD "(?:[\\x00-\\x20&;,\"'`<>)}\\]\\\\|]|\\z))"
#define PLAIN   "[\"']?" SCHEME NO_WORD "([^\\x00-\\x20&;,\"'`<>)}\\]\\\\|]+)"
/* In JSON a string ends with its quote; elsewhere a quote may be part of an attack. */
#define STRING                                                                                     \
    "(?|\"" SCHEME NO_WORD "((?:[^\"\\\\]++|\\\\.)+)\"|'" SCHEME NO_WORD                           \
    "((?:[^'\\\\]++|\\\\.)+)'|" PLAIN ")"
#define LOOSE                                                                                      \
    "(?|\"" SCHEME NO_WORD "([^\"&<>]+)(?=[^\"]*\")|'" SCHEME NO_WORD                              \
    "([^'&<>]+)(?=[^']*')|" PLAIN ")"

enum { NAMES_MAX = 512, SPELLED_MAX = 64, TEXT_MAX = 64 * 1024 };

/* A listed name without separators, and where they may stand in it. */
struct name {
    char text[SPELLED_MAX];
    size_t len;
    uint64_t breaks; /* bit i: before byte i */
    size_t class;    /* NAIVE_NAMES: its values are not replaced */
};

struct table {
    struct name names[NAMES_MAX];
    size_t count;
    struct wv_buf text; /* of the pattern that is being made */
    uint8_t memory[TEXT_MAX];
};

const struct naive_sort *naive_names_at(size_t class)
{
    return &classes[class].sort;
}

static void add_name(struct table *table, size_t class, const char *spelled)
{
    struct name *name = &table->names[table->count++];
    wv_ensure(table->count < NAMES_MAX && strlen(spelled) < SPELLED_MAX);
    *name = (struct name){.class = class};
    for (const char *at = spelled; *at != '\0'; at++) {
        if (strchr("._-[] ", *at) != NULL) {
            name->breaks |= UINT64_C(1) << name->len;
        } else {
            name->text[name->len++] = (char)wv_lower((uint8_t)*at);
        }
    }
}

static size_t class_of(const char *member)
{
    size_t class = 0;
    while (class < NAIVE_NAMES && strcmp(classes[class].member, member) != 0) {
        class ++;
    }
    return class;
}

/* "sessionid" may be spelled "session_id", because "session" is a name of its own. */
static void add_breaks(struct table *table)
{
    for (size_t i = 0; i < table->count; i++) {
        struct name *name = &table->names[i];
        for (size_t k = 0; k < table->count; k++) {
            const struct name *word = &table->names[k];
            if (word->len < 2 || word->len >= name->len) {
                continue;
            }
            if (memcmp(name->text, word->text, word->len) == 0) {
                name->breaks |= UINT64_C(1) << word->len;
            }
            if (memcmp(name->text + name->len - word->len, word->text, word->len) == 0) {
                name->breaks |= UINT64_C(1) << (name->len - word->len);
            }
        }
        if (name->len > 3 && strcmp(name->text + name->len - 2, "id") == 0) {
            name->breaks |= UINT64_C(1) << (name->len - 2);
        }
        if (name->len > 5 && strcmp(name->text + name->len - 4, "name") == 0) {
            name->breaks |= UINT64_C(1) << (name->len - 4);
        }
    }
}

static bool read_table(struct table *table)
{
    const struct wv_builtin *file = wv_builtin_find("names", "parameters");
    json_t *root = file == NULL ? NULL : json_loadb((const char *)file->bytes, file->len, 0, NULL);
    const char *member;
    json_t *list;
    json_object_foreach(root, member, list)
    {
        size_t i;
        json_t *name;
        json_array_foreach(list, i, name)
        {
            add_name(table, class_of(member), json_string_value(name));
        }
    }
    json_decref(root);
    add_breaks(table);
    return table->count > 0;
}

static void put(struct table *table, const char *text)
{
    wv_buf_put(&table->text, wv_slice_of(text));
}

static void put_letters(struct table *table, const struct name *name, size_t from, size_t to,
                        const char *separator, uint64_t breaks)
{
    for (size_t i = from; i < to; i++) {
        if (i > from && (breaks >> i & 1) != 0) {
            put(table, separator);
        }
        wv_buf_byte(&table->text, (uint8_t)name->text[i]);
    }
}

/* Refuses to begin behind what makes it the end of a longer name of another class. What stands in
 * front must have a length, so each spelling of it is one alternative. */
static void put_refusal(struct table *table, const struct name *name, const struct name *longer)
{
    const size_t end = longer->len - name->len;
    const uint64_t inner = longer->breaks & ((UINT64_C(1) << end) - 1) & ~UINT64_C(1);
    put(table, "(?<!");
    for (uint64_t some = inner;; some = (some - 1) & inner) {
        for (int behind = 1; behind >= 0; behind--) {
            put(table, some == inner && behind == 1 ? "" : "|");
            put(table, "(?<![A-Za-z0-9\\x80-\\xff])");
            put_letters(table, longer, 0, end, "[][._-]", some);
            put(table, behind == 1 ? "[][._-]" : "");
        }
        if (some == 0) {
            break;
        }
    }
    put(table, ")");
}

static void put_name(struct table *table, const struct name *name)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct name *longer = &table->names[i];
        if (longer->class != name->class && longer->len > name->len &&
            memcmp(longer->text + longer->len - name->len, name->text, name->len) == 0) {
            put_refusal(table, name, longer);
        }
    }
    put_letters(table, name, 0, name->len, SEPARATOR, name->breaks);
}

static void put_class(struct table *table, size_t class)
{
    bool first = true;
    put(table, BEGIN "(?i:");
    for (size_t i = 0; i < table->count; i++) {
        if (table->names[i].class == class) {
            put(table, first ? "" : "|");
            put_name(table, &table->names[i]);
            first = false;
        }
    }
    put(table, ")" END);
}

static naive_pattern *finish(struct table *table, const char *end)
{
    put(table, end);
    wv_buf_byte(&table->text, '\0');
    wv_ensure(!table->text.overflowed);
    return naive_compile((const char *)table->memory);
}

bool naive_names_open(struct naive *naive)
{
    struct table *table = calloc(1, sizeof *table);
    if (table == NULL || !read_table(table)) {
        free(table);
        return false;
    }
    for (size_t i = 0; i < NAIVE_NAMES; i++) {
        /* A secret ends with its quote whatever stands before it. */
        const bool secret = i == 0;
        table->text = wv_buf_of(table->memory, sizeof table->memory);
        put_class(table, i);
        naive->names[i] = finish(table, "\\z");
        table->text = wv_buf_of(table->memory, sizeof table->memory);
        put_class(table, i);
        naive->values[i] = finish(table, secret ? "[\"']?" SIGN STRING
                                                : "(?|[\"']" SIGN STRING "|" SIGN LOOSE ")");
    }
    free(table);
    return true;
}

void naive_names_close(struct naive *naive)
{
    for (size_t i = 0; i < NAIVE_NAMES; i++) {
        pcre2_code_free(naive->names[i]);
        pcre2_code_free(naive->values[i]);
    }
}

const struct naive_sort *naive_names_sort(struct naive *naive, struct wv_slice name)
{
    for (size_t i = 0; i < NAIVE_NAMES; i++) {
        if (naive_matches(naive, naive->names[i], name)) {
            return &classes[i].sort;
        }
    }
    return NULL;
}
