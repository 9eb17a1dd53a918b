/*
 * needles.c — which values of a record must be found wherever else they stand in it.
 *
 * Addresses of the client and its proxies; and texts: what a field holds by its class, and what a
 * name of a query or cookie announces; in other fields, told.c. What only words before it show to
 * be personal is learned while the record is written (write_record() in transform.c).
 */
#include "engine/told.h"

#include "base/lanes.h"
#include "filters/detect.h"
#include "filters/needle.h"
#include "filters/uri.h"
#include "filters/view.h"

enum { TOLD_NOTED = 8 }; /* fields that may announce something: in most records all of them */

/* Which needle the address is; WV_NO_NEEDLE: it is none, or there are too many. */
static uint8_t add_needle(struct wv_worker *worker, struct wv_slice text)
{
    struct wv_needles *needles = &worker->needles;
    struct wv_address address;
    if (wv_address_parse(text, &address) != WV_ADDRESS_VALID) {
        return WV_NO_NEEDLE;
    }
    for (size_t i = 0; i < needles->count; i++) {
        if (wv_address_eq(&needles->items[i].address, &address)) {
            return (uint8_t)i;
        }
    }
    if (needles->count == WV_NEEDLES_MAX) {
        worker->settled.search_all = true;
        return WV_NO_NEEDLE;
    }
    needles->items[needles->count] = (struct wv_needle){.address = address};
    return (uint8_t)needles->count++;
}

static void add_needles_of_list(struct wv_worker *worker, struct wv_slice text);

static void add_client(struct wv_worker *worker, struct wv_field *field, struct wv_slice text)
{
    field->needle = add_needle(worker, text);
    if (field->needle == WV_NO_NEEDLE) {
        add_needles_of_list(worker, text); /* some write several there */
    }
    if (field->needle != WV_NO_NEEDLE) {
        uint8_t canonical[WV_ADDRESS_CANONICAL_MAX];
        if (worker->settled.first_client == WV_NO_NEEDLE) {
            worker->settled.first_client = field->needle;
        }
        worker->settled.clients |= UINT32_C(1) << field->needle;
        wv_tokens_expect(
            worker->tokens, WV_KIND_IP,
            wv_address_canonical(&worker->needles.items[field->needle].address, canonical));
    }
}

/* A list of hops, as X-Forwarded-For or Forwarded write it: whatever stands between separators. */
static void add_needles_of_list(struct wv_worker *worker, struct wv_slice text)
{
    size_t from = 0;
    for (size_t at = 0; at <= text.len; at++) {
        const uint8_t byte = at < text.len ? text.ptr[at] : ',';
        if (byte == ',' || byte == ';' || byte == '=' || byte == '"' || byte == ' ' ||
            byte == '\t') {
            if (at > from) {
                (void)add_needle(worker, wv_slice_sub(text, from, at));
            }
            from = at + 1;
        }
    }
}

static void settle_addresses(struct wv_worker *worker)
{
    worker->needles.count = 0;
    worker->settled.search_all = false;
    worker->settled.clients = 0;
    worker->settled.first_client = WV_NO_NEEDLE;
    for (uint32_t i = 0; i < worker->field_count; i++) {
        struct wv_field *field = &worker->fields[i];
        if (!wv_field_is_text(field)) {
            continue;
        }
        if (field->class != WV_CLASS_CLIENT_IP && field->class != WV_CLASS_FORWARDED_IP) {
            continue;
        }
        const struct wv_slice text = wv_field_text(worker, field);
        if (text.len == 0) {
            /* No room to read it, unless it is empty: then all addresses are looked for. */
            worker->settled.search_all |= wv_field_raw(worker, field).len > 0;
        } else if (field->class == WV_CLASS_CLIENT_IP) {
            add_client(worker, field, text);
        } else {
            add_needles_of_list(worker, text);
        }
    }
}

/* What a class holds, and as what it is hidden elsewhere. */
struct source {
    enum wv_needle_form form;
    uint8_t kind;   /* enum wv_hit_kind */
    uint8_t detail; /* enum wv_parameter */
};

static const struct source sources[WV_CLASS_COUNT] = {
    [WV_CLASS_USERNAME] = {WV_NEEDLE_LOGIN, WV_HIT_PARAMETER, WV_PARAMETER_DIRECT_ID},
    [WV_CLASS_EMAIL] = {WV_NEEDLE_EMAIL, WV_HIT_EMAIL, 0},
    [WV_CLASS_PHONE] = {WV_NEEDLE_NUMBER, WV_HIT_PHONE, 0},
    [WV_CLASS_PERSON_NAME] = {WV_NEEDLE_NAME, WV_HIT_PARAMETER, WV_PARAMETER_DIRECT_ID},
    [WV_CLASS_ADDRESS] = {WV_NEEDLE_NAME, WV_HIT_PARAMETER, WV_PARAMETER_CONTACT},
    [WV_CLASS_DEVICE_ID] = {WV_NEEDLE_ID, WV_HIT_PARAMETER, WV_PARAMETER_DEVICE},
    [WV_CLASS_SESSION_ID] = {WV_NEEDLE_ID, WV_HIT_PARAMETER, WV_PARAMETER_SESSION},
};

static void add_text(struct wv_worker *worker, const struct source *source, struct wv_slice value)
{
    (void)wv_needles_add(&worker->needles, source->form, source->kind, source->detail, value,
                         &worker->kept);
}

/* A value as the server reads it; the text itself where nothing is coded. */
static struct wv_slice decoded(struct wv_worker *worker, struct wv_slice value, unsigned codings)
{
    struct wv_view view;
    if (wv_view_open(value, codings, &worker->scratch, &view) != WV_VIEW_DECODED) {
        return value;
    }
    wv_view_deepen(&view, WV_CODING_PERCENT);
    return wv_view_slice(&view);
}

static void add_named(struct wv_worker *worker, struct wv_slice name, struct wv_slice value)
{
    if (value.len < WV_NEEDLE_MIN) {
        return;
    }
    const enum wv_parameter parameter = wv_parameters_find(worker->plan->parameters, name);
    const enum wv_needle_form form = wv_needle_form_of(parameter);
    if (wv_likely(form == WV_NEEDLE_NONE)) {
        return;
    }
    const struct source source = {form, WV_HIT_PARAMETER, (uint8_t)parameter};
    const size_t mark = worker->scratch.used;
    add_text(worker, &source, decoded(worker, value, WV_CODING_PERCENT | WV_CODING_PLUS));
    wv_scratch_return(&worker->scratch, mark);
}

static void add_query(struct wv_worker *worker, const struct wv_field *field, struct wv_slice text)
{
    struct wv_uri_query query = wv_uri_query_of(
        text.len > 0 && text.ptr[0] == '?' ? wv_slice_sub(text, 1, text.len) : text);
    struct wv_uri_parameter parameter;
    if (field->name.len > 0) {
        add_named(worker, field->name, text);
        return;
    }
    while (wv_uri_query_next(&query, &parameter)) {
        if (parameter.value.len > 0) {
            add_named(worker, parameter.name, parameter.value);
        }
    }
}

static void add_cookies(struct wv_worker *worker, const struct wv_field *field,
                        struct wv_slice text)
{
    if (field->name.len > 0 && memchr(text.ptr, '=', text.len) == NULL) {
        add_named(worker, field->name, text); /* one cookie by its name */
        return;
    }
    for (size_t from = 0; from < text.len;) {
        const size_t to = wv_find_byte(text, from, ';');
        const size_t sign = wv_find_byte(wv_slice_sub(text, 0, to), from, '=');
        while (from < sign && text.ptr[from] == ' ') {
            from++;
        }
        if (sign < to) {
            add_named(worker, wv_slice_sub(text, from, sign), wv_slice_sub(text, sign + 1, to));
            if (wv_unlikely(wv_byte_at(text, sign + 1) == '{' ||
                            wv_byte_at(text, sign + 1) == '%')) {
                wv_told_by_json(worker, wv_slice_sub(text, sign + 1, to)); /* also %7B */
            }
        }
        from = to + 1;
    }
}

/* "Bearer abc", "Basic abc", or a credential without a scheme. */
static void add_credential(struct wv_worker *worker, struct wv_slice text)
{
    static const struct source source = {WV_NEEDLE_ID, WV_HIT_PARAMETER, WV_PARAMETER_CREDENTIAL};
    size_t at = text.len;
    while (at > 0 && text.ptr[at - 1] != ' ') {
        at--;
    }
    add_text(worker, &source, wv_slice_sub(text, at, text.len));
    wv_told_by_credential(worker, text);
}

static void add_field(struct wv_worker *worker, const struct wv_field *field)
{
    const enum wv_class class = (enum wv_class)field->class;
    const size_t mark = worker->scratch.used;
    const struct wv_slice text = wv_field_text_in(worker, field, &worker->scratch);
    if (text.len == 0) {
        /* There is nothing in it, or no room to decode it. */
    } else if (class == WV_CLASS_QUERY) {
        add_query(worker, field, text);
    } else if (class == WV_CLASS_COOKIE) {
        add_cookies(worker, field, text);
    } else if (class == WV_CLASS_AUTH_HEADER) {
        add_credential(worker, text);
    } else {
        add_text(worker, &sources[class], text);
    }
    wv_scratch_return(&worker->scratch, mark);
}

/* Of whose values some are searched for elsewhere: those of `sources`, and those that hold values
 * with names or a credential. Most fields are none of them. */
static const uint64_t learned =
    UINT64_C(1) << WV_CLASS_QUERY | UINT64_C(1) << WV_CLASS_COOKIE |
    UINT64_C(1) << WV_CLASS_AUTH_HEADER | UINT64_C(1) << WV_CLASS_USERNAME |
    UINT64_C(1) << WV_CLASS_EMAIL | UINT64_C(1) << WV_CLASS_PHONE |
    UINT64_C(1) << WV_CLASS_PERSON_NAME | UINT64_C(1) << WV_CLASS_ADDRESS |
    UINT64_C(1) << WV_CLASS_DEVICE_ID | UINT64_C(1) << WV_CLASS_SESSION_ID;

static bool is_learned(uint8_t class)
{
    return (learned >> class & 1) != 0;
}

/* What tells itself goes first: where there is no room for all, it is the least that is made up. */
static void settle_texts(struct wv_worker *worker)
{
    uint32_t told[TOLD_NOTED];
    size_t count = 0;
    worker->needles.text_count = 0;
    worker->needles.texts_lost = false;
    worker->needles.patterns = worker->plan->patterns;
    for (uint32_t i = 0; i < worker->field_count; i++) {
        const struct wv_field *field = &worker->fields[i];
        if (wv_unlikely(is_learned(field->class))) {
            if (wv_field_is_text(field)) {
                add_field(worker, field);
            }
        } else if (wv_unlikely(wv_told_of(field)) && count < TOLD_NOTED) {
            told[count++] = i;
        }
    }
    for (size_t i = 0; i < count; i++) {
        wv_told_by_field(worker, &worker->fields[told[i]]);
    }
    /* Seldom there are more of them, in records with layers or because somebody made them up. */
    for (uint32_t i = count < TOLD_NOTED ? worker->field_count : told[TOLD_NOTED - 1] + 1;
         i < worker->field_count; i++) {
        wv_told_by_field(worker, &worker->fields[i]);
    }
}

void wv_settle_needles(struct wv_worker *worker)
{
    settle_addresses(worker);
    settle_texts(worker);
}
