/*
 * annotate.c — what a protected record says of itself, and the stub of one that had to be rejected.
 *
 * Everything written here is a word of ours or of the configuration, a token, or, in a stub, a word
 * of the firewall's own vocabulary.
 */
#include "engine/work.h"

#include "filters/search.h"
#include "filters/timestamp.h"
#include "json/text.h"

static void put_string(struct wv_buf *out, struct wv_slice text)
{
    wv_buf_byte(out, '"');
    wv_text_escape(out, text);
    wv_buf_byte(out, '"');
}

static uint64_t bit_of(uint8_t class)
{
    return UINT64_C(1) << class;
}

_Static_assert(WV_CLASS_COUNT <= 64, "a bit for each class");

static void put_token(const struct wv_token *token, struct wv_buf *out)
{
    wv_buf_byte(out, '"');
    wv_buf_put(out, wv_token_slice(token));
    wv_buf_byte(out, '"');
}

/* All tokens of the class of the first one, as an array. */
static void put_array(const struct wv_writer *writer, size_t first, struct wv_buf *out)
{
    const uint8_t class = writer->made[first].class;
    wv_buf_byte(out, '[');
    for (size_t i = first; i < writer->made_count; i++) {
        if (writer->made[i].class == class) {
            wv_buf_put(out, i > first ? WV_LIT(",") : (struct wv_slice){0});
            put_token(&writer->made[i].token, out);
        }
    }
    wv_buf_byte(out, ']');
}

/* A member for each class: a string, or an array where there are several. */
void wv_annotate_tokens(const struct wv_writer *writer, struct wv_buf *out)
{
    uint64_t seen = 0;
    uint64_t several = 0;
    uint64_t written = 0;
    for (size_t i = 0; i < writer->made_count; i++) {
        several |= seen & bit_of(writer->made[i].class);
        seen |= bit_of(writer->made[i].class);
    }
    wv_buf_byte(out, '{');
    for (size_t i = 0; i < writer->made_count; i++) {
        const struct wv_made_token *made = &writer->made[i];
        if ((written & bit_of(made->class)) != 0) {
            continue;
        }
        wv_buf_put(out, written == 0 ? (struct wv_slice){0} : WV_LIT(","));
        written |= bit_of(made->class);
        wv_buf_put(out, wv_class_key((enum wv_class)made->class));
        if ((several & bit_of(made->class)) != 0) {
            put_array(writer, i, out);
        } else {
            put_token(&made->token, out);
        }
    }
    wv_buf_byte(out, '}');
}

const char *wv_annotate_kind(const struct wv_writer *writer)
{
    if (writer->set->refused) {
        return "refused-profile";
    }
    return writer->made_count > 0 ? "tokenised" : "generalised";
}

static void put_weight(const struct wv_writer *writer, struct wv_buf *out)
{
    if (writer->weight.len > 0) {
        wv_buf_put(out, WV_LIT(",\"weight\":"));
        wv_buf_put(out, writer->weight);
    }
}

static void put_expires(const struct wv_writer *writer, struct wv_buf *out)
{
    if (writer->expires.len > 0) {
        wv_buf_put(out, WV_LIT(",\"expires\":\""));
        wv_buf_put(out, writer->expires);
        wv_buf_byte(out, '"');
    }
}

void wv_annotate_member(const struct wv_writer *writer, struct wv_buf *out)
{
    wv_buf_put(out, writer->set->annotation);
    wv_buf_put(out, wv_slice_of(wv_annotate_kind(writer)));
    wv_buf_byte(out, '"');
    put_weight(writer, out);
    put_expires(writer, out);
    if (writer->made_count > 0) {
        wv_buf_put(out, WV_LIT(",\"tokens\":"));
        wv_annotate_tokens(writer, out);
    }
    if (wv_client_any(writer)) {
        wv_buf_put(out, WV_LIT(",\"client\":"));
        wv_annotate_client(writer, out);
    }
    if (writer->sealed.len > 0 && wv_sealed_in_member(writer)) {
        wv_buf_put(out, WV_LIT(",\"sealed\":"));
        wv_buf_put(out, writer->sealed);
    }
    wv_buf_byte(out, '}');
}

/* A word of the vendor's: short, plain, of a field that no rule covers, and holding no address. */
static bool is_vendor_word(const struct wv_worker *worker, enum wv_role role, struct wv_slice text)
{
    const uint32_t index = worker->roles[role];
    if (text.len == 0 || text.len > 128 || worker->fields[index].class != WV_CLASS_NONE ||
        wv_search_may_hold_address(text)) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        const uint8_t byte = text.ptr[i];
        const bool letter = wv_lower(byte) >= 'a' && wv_lower(byte) <= 'z';
        const bool digit = byte >= '0' && byte <= '9';
        if (!letter && !digit && memchr("_-:/ #", byte, 6) == NULL) {
            return false;
        }
    }
    return true;
}

static void put_vendor_word(struct wv_writer *writer, const char *member, enum wv_role role,
                            struct wv_buf *out)
{
    const struct wv_slice text = wv_role_text(writer->worker, role);
    if (is_vendor_word(writer->worker, role, text)) {
        wv_buf_byte(out, ',');
        put_string(out, wv_slice_of(member));
        wv_buf_byte(out, ':');
        put_string(out, text);
    }
}

/* An output that must not hold what names the customer gets no stub that does. */
static bool may_name_tenant(const struct wv_writer *writer)
{
    const struct wv_rule *rule = wv_pick(writer, WV_CLASS_TENANT_REF);
    return rule->steps[0].filter->rank == 0;
}

void wv_annotate_event(struct wv_writer *writer, struct wv_buf *out)
{
    const struct wv_worker *worker = writer->worker;
    const int64_t time_ms = wv_coarse_time(writer, worker->settled.time_ms);
    wv_buf_put(out, WV_LIT("\"tenant\":"));
    if (may_name_tenant(writer)) {
        put_string(out, worker->settled.tenant_name);
    } else {
        wv_buf_put(out, WV_LIT("null"));
    }
    if (time_ms >= 0) {
        wv_buf_put(out, WV_LIT(",\"timestamp\":"));
        wv_buf_uint(out, (uint64_t)time_ms);
    }
    put_vendor_word(writer, "action", WV_ROLE_ACTION, out);
    put_vendor_word(writer, "rule", WV_ROLE_RULE, out);
}

void wv_annotate_stub(struct wv_writer *writer, enum wv_reason reason, struct wv_buf *out)
{
    wv_buf_byte(out, '{');
    wv_annotate_event(writer, out);
    wv_buf_put(out, WV_LIT(",\"_wafveil\":{\"v\":1,\"pack\":"));
    put_string(out, wv_slice_of(writer->set->name));
    wv_buf_put(out, WV_LIT(",\"kind\":\"stub\",\"reason\":"));
    put_string(out, wv_slice_of(wv_reason_word(reason)));
    put_weight(writer, out);
    put_expires(writer, out);
    wv_buf_put(out, WV_LIT("}}"));
}
