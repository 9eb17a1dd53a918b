/*
 * suggest_class.c — what a field or a parameter probably is.
 *
 * Hits that are all of a value say most, then the member's name, then hits inside of values, then
 * how many different values there are. In doubt the stricter: `none` is kept unread, so that it
 * takes many values of which few differ.
 */
#include "app/suggest.h"

#include "filters/detectors.h"
#include "filters/patterns.h"

enum {
    ENOUGH = 10,       /* values that make a share mean something */
    ENOUGH_NONE = 20,  /* … and that make few different ones mean something */
    FEW_DISTINCT = 16, /* actions, countries, versions; no users */
    OFTEN = 5,         /* how often each of them stands there at least */
};

const char *wv_suggest_sure_word(enum wv_suggest_sure sure)
{
    static const char *const words[] = {"guess", "likely", "sure"};
    return words[sure];
}

static bool is_share(uint64_t part, uint64_t whole, uint64_t percent)
{
    return whole > 0 && part * 100 >= whole * percent;
}

/* What found most of the values: a detector, or one of the configuration. */
struct finder {
    const struct wv_detector *detector;  /* NULL: not this … */
    const struct wv_pattern_source *own; /* … and not that */
};

static struct finder finder_of(const struct wv_suggest *suggest, const struct wv_count *count)
{
    const char *label = wv_count_label_most(count);
    const struct wv_patterns *patterns = wv_plan_patterns(suggest->plan);
    for (size_t i = 0; label != NULL && i < WV_DETECTOR_COUNT; i++) {
        if (strcmp(wv_detector_at(i)->label, label) == 0) {
            return (struct finder){.detector = wv_detector_at(i)};
        }
    }
    for (size_t i = 0; label != NULL && i < wv_patterns_count(patterns); i++) {
        if (strcmp(wv_patterns_label(patterns, i), label) == 0) {
            return (struct finder){.own = wv_patterns_at(patterns, i)};
        }
    }
    return (struct finder){0};
}

static bool is_some(const struct finder *finder)
{
    return finder->detector != NULL || finder->own != NULL;
}

static bool is_word(const struct wv_detector *detector, const char *word)
{
    return strcmp(detector->word, word) == 0;
}

/* What a value is that is found as a whole. Numbers of cards, accounts and of states have no class
 * of their own: nobody needs them in a log, and unlisted says that they stay out. */
static const char *class_of_finder(const struct finder *finder)
{
    const struct wv_detector *detector = finder->detector;
    if (detector == NULL) {
        return finder->own->class < WV_CLASS_COUNT
                   ? wv_class_word((enum wv_class)finder->own->class)
                   : "unlisted";
    }
    if (detector->class[0] != '\0') {
        return detector->class;
    }
    return is_word(detector, "KEY") ? "auth_header" : is_word(detector, "GEO") ? "geo" : "unlisted";
}

/* Part of a name, without regard to case. */
static bool says(struct wv_slice name, const char *part)
{
    const size_t len = strlen(part);
    for (size_t i = 0; i + len <= name.len; i++) {
        if (wv_slice_eq_nocase(wv_slice_sub(name, i, i + len), wv_slice_of(part))) {
            return true;
        }
    }
    return false;
}

static const char *class_of_contact(struct wv_slice name)
{
    static const char *const phones[] = {"phone", "tel", "mobile", "cell", "msisdn", "fax"};
    for (size_t i = 0; i < WV_COUNT(phones); i++) {
        if (says(name, phones[i])) {
            return "phone";
        }
    }
    return "address";
}

/* The class of a field whose name is listed among those of parameters; NULL: it says nothing. */
static const char *class_of_name(enum wv_parameter parameter, struct wv_slice name)
{
    switch (parameter) {
    case WV_PARAMETER_CREDENTIAL:
        return "auth_header";
    case WV_PARAMETER_SESSION:
        return "session_id";
    case WV_PARAMETER_DIRECT_ID:
        return says(name, "mail")                          ? "email"
               : says(name, "user") || says(name, "login") ? "username"
               : says(name, "name")                        ? "person_name"
                                                           : "username";
    case WV_PARAMETER_CONTACT:
        return class_of_contact(name);
    case WV_PARAMETER_NATIONAL_ID:
    case WV_PARAMETER_PAYMENT:
    case WV_PARAMETER_BIRTH:
        return "unlisted";
    case WV_PARAMETER_DEVICE:
    case WV_PARAMETER_TRACKING:
        return "device_id";
    case WV_PARAMETER_LOCATION:
        return "geo";
    case WV_PARAMETER_NETWORK:
        return says(name, "forward") ? "forwarded_ip" : "client_ip";
    case WV_PARAMETER_FREE_TEXT:
        return "free_text";
    case WV_PARAMETER_UNLISTED:
    case WV_PARAMETER_COUNT:
        break;
    }
    return NULL;
}

static struct wv_slice last_name(const struct wv_count *count)
{
    size_t from = count->text_len;
    size_t to = count->text_len;
    while (to > 1 && count->text[to - 1] == ']' && count->text[to - 2] == '[') {
        to -= 2;
    }
    from = to;
    while (from > 0 && count->text[from - 1] != '.') {
        from--;
    }
    return (struct wv_slice){count->text + from, to - from};
}

/* Neither strings nor numbers. */
static bool is_switch(const struct wv_count *count)
{
    return (count->kinds & ~(1U << WV_SIGHT_BOOLEAN | 1U << WV_SIGHT_NULL)) == 0;
}

/* Long values of one piece that hardly ever come twice: ids of a session, device or request. */
static bool is_id(const struct wv_count *count)
{
    /* An estimate may be an eighth too small. */
    const uint64_t percent = wv_distinct_is_exact(&count->distinct) ? 90 : 75;
    return is_share(count->longs, count->values, 90) &&
           is_share(wv_count_distinct(count), count->values, percent);
}

static struct wv_suggestion by_number(const struct wv_count *count)
{
    const uint64_t distinct = wv_count_distinct(count);
    if (is_id(count)) {
        return (struct wv_suggestion){"session_id",
                                      count->values < ENOUGH_NONE ? WV_GUESS : WV_LIKELY};
    }
    if (is_switch(count)) {
        return (struct wv_suggestion){"none", WV_SURE};
    }
    if (distinct <= FEW_DISTINCT && count->values >= ENOUGH_NONE &&
        count->values >= OFTEN * distinct) {
        return (struct wv_suggestion){"none", WV_LIKELY};
    }
    return (struct wv_suggestion){"free_text", WV_GUESS};
}

struct wv_suggestion wv_suggest_field(const struct wv_suggest *suggest,
                                      const struct wv_count *count)
{
    const struct finder finder = finder_of(suggest, count);
    const enum wv_suggest_sure sure = count->values < ENOUGH                      ? WV_GUESS
                                      : is_share(count->whole, count->values, 90) ? WV_SURE
                                                                                  : WV_LIKELY;
    if (is_some(&finder) && is_share(count->whole, count->values, 80)) {
        return (struct wv_suggestion){class_of_finder(&finder), sure};
    }
    const struct wv_slice name = last_name(count);
    const char *class =
        class_of_name(wv_parameters_find(wv_plan_parameters(suggest->plan), name), name);
    if (class != NULL) {
        return (struct wv_suggestion){class, WV_LIKELY};
    }
    if (count->found > 0) {
        return (struct wv_suggestion){"free_text", count->values < ENOUGH ? WV_GUESS : WV_LIKELY};
    }
    return by_number(count);
}

struct wv_suggestion wv_suggest_kept(const struct wv_suggest *suggest, const struct wv_count *count)
{
    const struct finder finder = finder_of(suggest, count);
    if (!is_some(&finder)) {
        return (struct wv_suggestion){NULL, WV_GUESS};
    }
    /* What names a customer may well look like an id of something: it is one. */
    const bool expected = count->class == WV_CLASS_TENANT_REF && finder.detector != NULL &&
                          !is_word(finder.detector, "EMAIL");
    const bool whole = is_share(count->whole, count->values, 80);
    const bool chance =
        finder.own == NULL && !is_share(count->found, count->values, 20); /* of a check digit */
    return (struct wv_suggestion){whole ? class_of_finder(&finder) : "free_text",
                                  expected || chance || count->values < ENOUGH ? WV_GUESS
                                  : whole                                      ? WV_SURE
                                                                               : WV_LIKELY};
}

/* The class of parameters for values of a class; DIRECT_ID, if there is none. */
static enum wv_parameter parameter_of_own(const struct wv_pattern_source *own)
{
    switch (own->class) {
    case WV_CLASS_SESSION_ID:
        return WV_PARAMETER_SESSION;
    case WV_CLASS_DEVICE_ID:
        return WV_PARAMETER_DEVICE;
    case WV_CLASS_PHONE:
    case WV_CLASS_ADDRESS:
        return WV_PARAMETER_CONTACT;
    case WV_CLASS_AUTH_HEADER:
        return WV_PARAMETER_CREDENTIAL;
    default:
        return WV_PARAMETER_DIRECT_ID;
    }
}

static enum wv_parameter parameter_of(const struct finder *finder)
{
    static const struct {
        const char *word;
        enum wv_parameter parameter;
    } rows[] = {
        {"EMAIL", WV_PARAMETER_DIRECT_ID}, {"IP", WV_PARAMETER_NETWORK},
        {"PHONE", WV_PARAMETER_CONTACT},   {"PAN", WV_PARAMETER_PAYMENT},
        {"IBAN", WV_PARAMETER_PAYMENT},    {"ID", WV_PARAMETER_NATIONAL_ID},
        {"UUID", WV_PARAMETER_DEVICE},     {"MAC", WV_PARAMETER_DEVICE},
        {"DEVICE", WV_PARAMETER_DEVICE},   {"GEO", WV_PARAMETER_LOCATION},
    };
    if (finder->detector == NULL) {
        return parameter_of_own(finder->own);
    }
    for (size_t i = 0; i < WV_COUNT(rows); i++) {
        if (is_word(finder->detector, rows[i].word)) {
            return rows[i].parameter;
        }
    }
    return WV_PARAMETER_CREDENTIAL;
}

struct wv_suggestion wv_suggest_name(const struct wv_suggest *suggest, const struct wv_count *count)
{
    const struct finder finder = finder_of(suggest, count);
    if (is_some(&finder) && is_share(count->whole, count->values, 50)) {
        return (struct wv_suggestion){
            wv_parameter_member(parameter_of(&finder)),
            count->values < ENOUGH                      ? WV_GUESS
            : is_share(count->whole, count->values, 90) ? WV_SURE
                                                        : WV_LIKELY,
        };
    }
    /* Text around it, of which an attack may be a part: it is searched, and not replaced whole. */
    if (is_some(&finder) && is_share(count->found, count->values, 10)) {
        return (struct wv_suggestion){wv_parameter_member(WV_PARAMETER_FREE_TEXT),
                                      count->values < ENOUGH ? WV_GUESS : WV_LIKELY};
    }
    if (is_id(count)) {
        return (struct wv_suggestion){wv_parameter_member(WV_PARAMETER_SESSION),
                                      count->values < ENOUGH_NONE ? WV_GUESS : WV_LIKELY};
    }
    return (struct wv_suggestion){NULL, WV_GUESS};
}
