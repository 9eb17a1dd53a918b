/* told.c — reads names and their values out of paths, URLs, bodies and credentials. */
#include "engine/told.h"

#include "base/base64.h"
#include "base/lanes.h"
#include "filters/detect.h"
#include "filters/needle.h"
#include "filters/skeleton.h"
#include "filters/uri.h"
#include "filters/view.h"

enum { BASIC_MAX = 1024 }; /* bytes of a credential that are decoded */

/* A value as the server reads it; the text itself where nothing is coded. */
static struct wv_slice decoded(struct wv_worker *worker, struct wv_slice value, unsigned codings)
{
    struct wv_view view;
    if (wv_view_open(value, codings, &worker->scratch, &view) != WV_VIEW_DECODED) {
        return value;
    }
    wv_view_deepen(&view, codings & ~(unsigned)WV_CODING_PLUS);
    return wv_view_slice(&view);
}

/* What stands in paths, calls and assignments stands in no name of an account. */
static bool is_odd_login(struct wv_slice value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] == '/' || value.ptr[i] == '(' || value.ptr[i] == ')' ||
            value.ptr[i] == '=') {
            return true;
        }
    }
    return false;
}

/* A decoded value that stands for what the name says. */
static void add_value(struct wv_worker *worker, enum wv_parameter parameter, struct wv_slice value)
{
    const enum wv_needle_form form = wv_needle_form_of(parameter);
    if (form != WV_NEEDLE_NONE && !(form == WV_NEEDLE_LOGIN && is_odd_login(value)) &&
        !wv_skeleton_has_syntax(value, &worker->scratch)) {
        (void)wv_needles_add(&worker->needles, form, WV_HIT_PARAMETER, (uint8_t)parameter, value,
                             &worker->kept);
    }
}

static void add_named(struct wv_worker *worker, struct wv_slice name, struct wv_slice value,
                      unsigned codings)
{
    if (value.len < WV_NEEDLE_MIN) {
        return;
    }
    const enum wv_parameter parameter = wv_parameters_find(worker->plan->parameters, name);
    if (wv_unlikely(wv_needle_form_of(parameter) != WV_NEEDLE_NONE)) {
        const size_t mark = worker->scratch.used;
        add_value(worker, parameter, decoded(worker, value, codings));
        wv_scratch_return(&worker->scratch, mark);
    }
}

/* ---- Paths and URLs --------------------------------------------------------------------------
 */

/* Whether an equals sign stands there, or is spelled with percent signs (%3D, %253D). */
static bool has_sign(struct wv_slice text)
{
    size_t at = wv_find_either(text, 0, '=', '%', '%');
    while (at < text.len && text.ptr[at] == '%') {
        const size_t three = at + (wv_byte_at(text, at + 1) == '2' ? 3 : 1);
        if (wv_byte_at(text, three) == '3' && wv_lower(wv_byte_at(text, three + 1)) == 'd') {
            return true;
        }
        at = wv_find_either(text, at + 1, '=', '%', '%');
    }
    return at < text.len;
}

static bool parts_path(uint8_t byte)
{
    return byte == '/' || byte == ';' || byte == '?' || byte == '&' || byte == '#';
}

/* "/user=a/b;sid=c": segments, and the parameters of segments. */
static void add_path(struct wv_worker *worker, struct wv_slice path)
{
    const struct wv_slice text = decoded(worker, path, WV_CODING_PERCENT);
    size_t done = 0;
    for (size_t sign = wv_find_byte(text, 0, '='); sign < text.len;
         sign = wv_find_byte(text, done, '=')) {
        size_t from = sign;
        while (from > done && !parts_path(text.ptr[from - 1])) {
            from--;
        }
        done = sign + 1;
        while (done < text.len && !parts_path(text.ptr[done])) {
            done++;
        }
        add_named(worker, wv_slice_sub(text, from, sign), wv_slice_sub(text, sign + 1, done),
                  WV_CODING_PERCENT);
    }
}

static void add_query(struct wv_worker *worker, struct wv_slice text)
{
    struct wv_uri_query query = wv_uri_query_of(text);
    struct wv_uri_parameter parameter;
    while (wv_uri_query_next(&query, &parameter)) {
        add_named(worker, parameter.name, parameter.value, WV_CODING_PERCENT | WV_CODING_PLUS);
    }
}

/* What stands before the question mark, behind it, and behind the hash. */
static void add_url(struct wv_worker *worker, struct wv_slice text)
{
    const size_t mark = wv_find_byte(text, 0, '?');
    const size_t query = mark < text.len ? mark + 1 : text.len;
    const size_t hash = wv_find_byte(text, query, '#');
    if (has_sign(wv_slice_sub(text, 0, mark))) {
        add_path(worker, wv_slice_sub(text, 0, mark));
    }
    add_query(worker, wv_slice_sub(text, query, hash));
    add_query(worker, wv_slice_sub(text, hash < text.len ? hash + 1 : hash, text.len));
}

/* ---- Bodies ----------------------------------------------------------------------------------
 */

static size_t skip_white(struct wv_slice text, size_t at)
{
    while (at < text.len && text.ptr[at] <= ' ') {
        at++;
    }
    return at;
}

/* The quote that ends the string which begins before `at`; text.len: none does. */
static size_t string_end(struct wv_slice text, size_t at)
{
    while (at < text.len && text.ptr[at] != '"') {
        at += text.ptr[at] == '\\' ? 2 : 1;
    }
    return at < text.len ? at : text.len;
}

static size_t number_end(struct wv_slice text, size_t at)
{
    while (at < text.len && text.ptr[at] > ' ' && text.ptr[at] != ',' && text.ptr[at] != '}' &&
           text.ptr[at] != ']' && text.ptr[at] != '"') {
        at++;
    }
    return at;
}

static void add_members(struct wv_worker *worker, struct wv_slice text)
{
    for (size_t at = wv_find_byte(text, 0, '"'); at < text.len; at = wv_find_byte(text, at, '"')) {
        const size_t end = string_end(text, at + 1);
        const struct wv_slice name = wv_slice_sub(text, at + 1, end);
        size_t from = skip_white(text, end < text.len ? end + 1 : end);
        if (wv_byte_at(text, from) != ':') {
            at = from;
            continue;
        }
        from = skip_white(text, from + 1);
        const bool quoted = wv_byte_at(text, from) == '"';
        const size_t to = quoted ? string_end(text, from + 1) : number_end(text, from);
        if (to < text.len) {
            add_named(worker, name, wv_slice_sub(text, from + quoted, to), WV_CODING_ESCAPES);
        }
        at = to + (quoted && to < text.len);
    }
}

void wv_told_by_json(struct wv_worker *worker, struct wv_slice text)
{
    const uint8_t first = wv_byte_at(text, skip_white(text, 0));
    if (first != '{' && first != '[' && first != '%') {
        return;
    }
    const size_t mark = worker->scratch.used;
    text = first == '%' ? decoded(worker, text, WV_CODING_PERCENT) : text;
    if (first != '%' || wv_byte_at(text, skip_white(text, 0)) == '{') {
        add_members(worker, text);
    }
    wv_scratch_return(&worker->scratch, mark);
}

static void add_body(struct wv_worker *worker, struct wv_slice text)
{
    const uint8_t first = wv_byte_at(text, skip_white(text, 0));
    if (first == '{' || first == '[') {
        add_members(worker, text);
    } else {
        add_query(worker, text);
    }
}

/* ---- Credentials -----------------------------------------------------------------------------
 */

static void add_basic(struct wv_worker *worker, struct wv_slice coded)
{
    size_t len;
    uint8_t *bytes =
        coded.len > BASIC_MAX ? NULL : wv_scratch_take(&worker->scratch, coded.len + 1);
    if (bytes == NULL || !wv_base64_decode(coded, bytes, &len)) {
        return;
    }
    const struct wv_slice text = {bytes, len};
    const size_t colon = wv_find_byte(text, 0, ':');
    if (colon < text.len) {
        add_value(worker, WV_PARAMETER_DIRECT_ID, wv_slice_sub(text, 0, colon));
        add_value(worker, WV_PARAMETER_CREDENTIAL, wv_slice_sub(text, colon + 1, text.len));
    }
}

/* username="a", wherever it stands among the others. */
static void add_digest(struct wv_worker *worker, struct wv_slice text)
{
    static const struct wv_slice name = {(const uint8_t *)"username=", sizeof "username=" - 1};
    for (size_t at = 0; at + name.len < text.len; at++) {
        if ((at > 0 && wv_is_word(text.ptr[at - 1])) ||
            !wv_slice_eq_nocase(wv_slice_sub(text, at, at + name.len), name)) {
            continue;
        }
        size_t from = at + name.len;
        const bool quoted = text.ptr[from] == '"';
        from += quoted;
        const size_t to = wv_find_byte(text, from, quoted ? '"' : ',');
        add_value(worker, WV_PARAMETER_DIRECT_ID, wv_slice_sub(text, from, to));
        return;
    }
}

void wv_told_by_credential(struct wv_worker *worker, struct wv_slice text)
{
    const size_t begin = skip_white(text, 0);
    const size_t blank = wv_find_byte(text, begin, ' ');
    const struct wv_slice scheme = wv_slice_sub(text, begin, blank);
    const size_t mark = worker->scratch.used;
    size_t from = skip_white(text, blank);
    size_t to = text.len;
    while (to > from && text.ptr[to - 1] <= ' ') {
        to--;
    }
    if (wv_slice_eq_nocase(scheme, WV_LIT("Basic"))) {
        add_basic(worker, wv_slice_sub(text, from, to));
    } else if (wv_slice_eq_nocase(scheme, WV_LIT("Digest"))) {
        add_digest(worker, wv_slice_sub(text, from, to));
    }
    wv_scratch_return(&worker->scratch, mark);
}

/* ---- Fields ----------------------------------------------------------------------------------
 */

static bool is_location(const struct wv_field *field)
{
    return wv_slice_eq(field->name, WV_LIT("location")) ||
           wv_slice_eq(field->name, WV_LIT("content-location"));
}

/* Whether the field may announce anything. Cheap; false is certain. */
static bool may_tell(const struct wv_worker *worker, const struct wv_field *field)
{
    if (!wv_field_is_text(field) || (field->class == WV_CLASS_HEADER && !is_location(field))) {
        return false;
    }
    const struct wv_slice raw = wv_field_raw(worker, field);
    return has_sign(raw) || field->escaped ||
           (field->class == WV_CLASS_BODY && wv_find_byte(raw, 0, ':') < raw.len);
}

void wv_told_by_field(struct wv_worker *worker, const struct wv_field *field)
{
    if (!wv_told_of(field) || !may_tell(worker, field)) {
        return;
    }
    const size_t mark = worker->scratch.used;
    const struct wv_slice text = wv_field_text_in(worker, field, &worker->scratch);
    if (text.len == 0) {
        /* There is nothing in it, or no room to decode it. */
    } else if (field->class == WV_CLASS_URI_PATH) {
        add_path(worker, text);
    } else if (field->class == WV_CLASS_BODY) {
        add_body(worker, text);
    } else {
        add_url(worker, text);
    }
    wv_scratch_return(&worker->scratch, mark);
}
