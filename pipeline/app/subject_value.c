/*
 * subject_value.c — reads and checks the value of a request, and says who else may have it.
 */
#include "app/subject_value.h"

#include "app/setup.h"
#include "json/utf8.h"
#include "plan/geo.h"

#include <errno.h>
#include <unistd.h>

enum { SHORTEST_TOLD = 3 }; /* a shorter value is in any text by chance */

/* ---- Reading ----------------------------------------------------------------------------------
 */

/* Up to the end of stdin, or until there is no room. */
static ssize_t read_stdin(uint8_t *mem, size_t room)
{
    size_t len = 0;
    while (len < room) {
        const ssize_t got = read(STDIN_FILENO, mem + len, room - len);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        len += (size_t)got;
    }
    return (ssize_t)len;
}

static enum wv_exit take_text(const struct wv_arguments *arguments, const char *word,
                              struct wv_locked *memory, struct wv_slice *out)
{
    const char *text = wv_argument_text(arguments, word);
    const size_t room = WV_SUBJECT_VALUE_MAX + 2; /* with the end of the line */
    if (!wv_locked_new(room + 1, memory)) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    ssize_t len;
    if (strcmp(text, "-") == 0) {
        len = read_stdin(memory->mem, room + 1);
    } else {
        const size_t given = strlen(text);
        len = (ssize_t)(given > room ? room + 1 : given);
        memcpy(memory->mem, text, (size_t)len);
        wv_wipe((void *)(uintptr_t)text, given); /* so that ps shows it for a moment only */
    }
    if (len < 0) {
        return wv_usage_fail(arguments, "--%s -: the standard input cannot be read: %s", word,
                             strerror(errno));
    }
    *out = (struct wv_slice){memory->mem, (size_t)len};
    if (out->len > 0 && out->ptr[out->len - 1] == '\n') {
        out->len -= out->len > 1 && out->ptr[out->len - 2] == '\r' ? 2 : 1;
    }
    return WV_EXIT_OK;
}

/* ---- Checking ---------------------------------------------------------------------------------
 */

static bool is_plain(struct wv_slice text)
{
    bool plain = text.len > 0 && text.len <= WV_SUBJECT_VALUE_MAX && wv_utf8_valid(text);
    for (size_t i = 0; i < text.len && plain; i++) {
        plain = text.ptr[i] >= ' ' && text.ptr[i] != 0x7f;
    }
    return plain;
}

static bool is_email(struct wv_slice text)
{
    const uint8_t *at = memchr(text.ptr, '@', text.len);
    const size_t place = at == NULL ? 0 : (size_t)(at - text.ptr);
    return place > 0 && place + 1 < text.len && memchr(text.ptr, ' ', text.len) == NULL;
}

static enum wv_exit check(const struct wv_arguments *arguments, struct wv_subject_value *value)
{
    const char *word = wv_subject_word(value->by);
    if (!is_plain(value->text)) {
        return wv_usage_fail(arguments,
                             "--%s takes one line of text (UTF-8, at most %d bytes), and this is "
                             "none",
                             word, WV_SUBJECT_VALUE_MAX);
    }
    value->is_address = wv_address_parse(value->text, &value->address) == WV_ADDRESS_VALID;
    if (value->by == WV_SUBJECT_IP && !value->is_address) {
        return wv_usage_fail(arguments, "--ip takes one address, as 192.0.2.7 or 2001:db8::7, and "
                                        "this is none");
    }
    if (value->by == WV_SUBJECT_EMAIL && !is_email(value->text)) {
        return wv_usage_fail(arguments,
                             "--email takes one e-mail address, as somebody@example.com, "
                             "and this is none");
    }
    return WV_EXIT_OK;
}

enum wv_exit wv_subject_read(const struct wv_arguments *arguments, struct wv_subject_value *value,
                             struct wv_locked *memory)
{
    size_t given = 0;
    *value = (struct wv_subject_value){0};
    *memory = (struct wv_locked){0};
    for (unsigned by = 0; by < WV_SUBJECT_BY_COUNT; by++) {
        if (wv_argument_given(arguments, wv_subject_word((enum wv_subject_by)by))) {
            value->by = (enum wv_subject_by)by;
            given++;
        }
    }
    if (given != 1) {
        return wv_usage_fail(arguments, "subject: name one of --ip, --email, --user, --device, "
                                        "--phone and --session");
    }
    const enum wv_exit code =
        take_text(arguments, wv_subject_word(value->by), memory, &value->text);
    return code == WV_EXIT_OK ? check(arguments, value) : code;
}

/* Whether the byte before or behind a place goes on with the word that stands there. */
static bool goes_on(struct wv_slice text, size_t at)
{
    const uint8_t byte = at < text.len ? wv_lower(text.ptr[at]) : ' ';
    return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte >= 0x80;
}

static bool holds(struct wv_slice text, struct wv_slice wanted)
{
    for (size_t at = 0; wanted.len >= SHORTEST_TOLD && at + wanted.len <= text.len; at++) {
        if (wv_slice_eq_nocase(wv_slice_sub(text, at, at + wanted.len), wanted) &&
            !(at > 0 && goes_on(text, at - 1)) && !goes_on(text, at + wanted.len)) {
            return true;
        }
    }
    return false;
}

bool wv_subject_is_in(const struct wv_subject_value *value, struct wv_slice text)
{
    uint8_t spelled[WV_ADDRESS_TEXT_MAX];
    bool found = holds(text, value->text);
    if (value->is_address) {
        const size_t len = wv_address_format(&value->address, spelled);
        found = found || holds(text, (struct wv_slice){spelled, len});
        wv_wipe(spelled, sizeof spelled);
    }
    return found;
}

/* ---- Other people -----------------------------------------------------------------------------
 */

/* 100.64.0.0/10 (RFC 6598). */
static bool is_of_carriers(const struct wv_address *address)
{
    return address->family == 4 && address->bytes[0] == 100 && (address->bytes[1] & 0xc0) == 64;
}

static bool name_lists(const struct wv_plan *plan, const struct wv_address *address,
                       char out[WV_SUBJECT_WARNING])
{
    const struct wv_networks *networks = wv_plan_geo(plan)->networks;
    const struct wv_enrich *enrich = &wv_plan_config(plan)->enrich;
    const uint32_t lists = networks == NULL ? 0 : wv_networks_find(networks, address);
    size_t len = (size_t)snprintf(out, WV_SUBJECT_WARNING, "It stands in the list");
    for (size_t i = 0; i < enrich->list_count && len < WV_SUBJECT_WARNING; i++) {
        if ((lists >> i & 1) != 0) {
            len += (size_t)snprintf(out + len, WV_SUBJECT_WARNING - len, " \"%.*s\"",
                                    WV_SHOW(enrich->lists[i].name));
        }
    }
    if (len < WV_SUBJECT_WARNING) {
        (void)snprintf(out + len, WV_SUBJECT_WARNING - len,
                       ": if that is one of proxies, carriers or VPNs, many people share it, and "
                       "its records are not one person's.");
    }
    return lists != 0;
}

/* The epoch of such records is not that of their own day (engine/settle_time.c). */
static bool name_range(const struct wv_plan *plan, char out[WV_SUBJECT_WARNING])
{
    const struct wv_events *events = &wv_plan_config(plan)->events;
    char late[48] = "";
    char future[48] = "";
    if (events->late_days > 0) {
        (void)snprintf(late, sizeof late, "more than %u days after", events->late_days);
    }
    if (events->future_s > 0) {
        (void)snprintf(future, sizeof future, "more than %u seconds before", events->future_s);
    }
    (void)snprintf(out, WV_SUBJECT_WARNING,
                   "Records that came %s%s%s their time have tokens of the day on which they came: "
                   "ask for the days on which they may have come, too, or some are not found.",
                   late, late[0] != '\0' && future[0] != '\0' ? " or " : "", future);
    return events->out_of_range == WV_RANGE_ARRIVAL && (late[0] != '\0' || future[0] != '\0');
}

size_t wv_subject_warnings(const struct wv_plan *plan, const struct wv_subject_value *value,
                           char out[WV_SUBJECT_WARNINGS_MAX][WV_SUBJECT_WARNING])
{
    const char *shared = NULL;
    size_t count = name_range(plan, out[0]);
    if (!value->is_address || value->by != WV_SUBJECT_IP) {
        return count;
    }
    if (is_of_carriers(&value->address)) {
        shared = "It is in 100.64.0.0/10, which carriers give to many customers at once: its "
                 "records are not one person's. Do not hand them out or delete them by it alone.";
    } else if (wv_address_is_internal(&value->address)) {
        shared = "It is an internal address, which is used again in every network: its records are "
                 "not one person's. Do not hand them out or delete them by it alone.";
    }
    if (shared != NULL) {
        (void)snprintf(out[count++], WV_SUBJECT_WARNING, "%s", shared);
    }
    count += name_lists(plan, &value->address, out[count]);
    (void)snprintf(out[count++], WV_SUBJECT_WARNING,
                   "An address can be shared, and can be somebody else's the next day: make sure "
                   "whose it was and when before records are handed out or deleted.");
    return count;
}
