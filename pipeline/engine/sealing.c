/*
 * sealing.c — the originals of a record that the recipient of an output may open, in a box.
 *
 * What the box holds is written straight into locked pages of the sealer: which event it was, and
 * the values by class, as the record had them, decoded:
 *
 *     {"tenant":"acme","timestamp":1763805611333,"action":"BLOCK","rule":"r1",
 *      "output":"soc","values":{"client_ip":["203.0.113.9"]},"left_out":["user_agent"]}
 *
 * What the firewall says comes before what a header says, and the address of the client before
 * all others: whoever writes many or long values cannot push it out. Nothing that fails here
 * touches the record: it goes without a box, and that is counted.
 */
#include "engine/work.h"

#include "json/text.h"
#include "json/utf8.h"
#include "keys/epoch.h"
#include "plan/sealing.h"

#include <stdlib.h>

enum {
    CANDIDATES_MAX = 256, /* values of a class that are looked at */
    VALUES_MAX = 8,       /* of a class */
    VALUE_MAX = 512,      /* bytes of one, decoded */
    TAIL_MAX = 512,       /* what comes behind the values */
};

/* What goes into the box of one record. */
struct sealing {
    struct wv_writer *writer;
    struct wv_buf *content;
    uint64_t classes;  /* bits that are asked for */
    uint64_t sealed;   /* those of which a value stands in the box */
    uint64_t left_out; /* those of which one does not */
    const struct wv_field *candidates[CANDIDATES_MAX]; /* of the class at hand */
    size_t candidate_count;
};

bool wv_sealers_init(struct wv_worker *worker)
{
    const size_t count = worker->plan->config->output_count;
    worker->sealers = calloc(count + 1, sizeof(struct wv_sealer *));
    bool good = worker->sealers != NULL;
    for (size_t i = 0; good && i < count; i++) {
        const struct wv_seal_certificate *certificate = wv_plan_seal(worker->plan, i);
        if (certificate != NULL) {
            worker->sealers[i] = wv_sealer_new(certificate);
            good = worker->sealers[i] != NULL;
        }
    }
    return good;
}

void wv_sealers_fini(struct wv_worker *worker)
{
    for (size_t i = 0; worker->sealers != NULL && i < worker->plan->config->output_count; i++) {
        wv_sealer_free(worker->sealers[i]);
    }
    free(worker->sealers);
}

/* ---- Which values ---------------------------------------------------------------------------- */

static uint64_t bit_of(uint8_t class)
{
    return UINT64_C(1) << class;
}

/* Of a class, the ones with a name, which the client can write, or the others. */
static void gather(struct sealing *sealing, uint8_t class, bool named)
{
    const struct wv_worker *worker = sealing->writer->worker;
    for (uint32_t i = 0; i < worker->field_count; i++) {
        const struct wv_field *field = &worker->fields[i];
        if (field->class != class || (field->name.len > 0) != named ||
            (!wv_field_is_text(field) && field->kind != WV_NUMBER)) {
            continue;
        }
        if (sealing->candidate_count == CANDIDATES_MAX) {
            sealing->left_out |= bit_of(class);
        } else {
            sealing->candidates[sealing->candidate_count++] = field;
        }
    }
}

/* "203.0.113.9, 2001:db8::1": addresses, and nothing else. */
static bool is_addresses(struct wv_slice text)
{
    size_t from = 0;
    for (size_t at = 0; at <= text.len; at++) {
        if (at == text.len || text.ptr[at] == ',') {
            struct wv_slice part = wv_slice_sub(text, from, at);
            struct wv_address address;
            while (part.len > 0 && part.ptr[0] == ' ') {
                part = wv_slice_sub(part, 1, part.len);
            }
            if (wv_address_parse(part, &address) != WV_ADDRESS_VALID) {
                return false;
            }
            from = at + 1;
        }
    }
    return true;
}

/* Tenants that never want sensitive values published get none in a box: an address is none, and of
 * every other text nobody has looked what it holds. */
static bool may_be_sealed(const struct sealing *sealing, uint8_t class, struct wv_slice text)
{
    const struct wv_tenant *tenant = sealing->writer->worker->settled.tenant;
    return tenant == NULL || !tenant->never_sensitive ||
           ((class == WV_CLASS_CLIENT_IP || class == WV_CLASS_FORWARDED_IP) && is_addresses(text));
}

/* The value in valid UTF-8; empty: there is none. */
static struct wv_slice value_of(const struct sealing *sealing, const struct wv_field *field)
{
    struct wv_worker *worker = sealing->writer->worker;
    const struct wv_slice raw = wv_field_raw(worker, field);
    if (raw.len > (size_t)6 * VALUE_MAX) {
        return raw; /* too long in any spelling: the caller leaves it out */
    }
    struct wv_slice text =
        wv_field_is_text(field) ? wv_field_text_in(worker, field, &worker->scratch) : raw;
    if (!wv_utf8_valid(text)) {
        const size_t cap = 3 * text.len;
        uint8_t *memory = wv_scratch_take(&worker->scratch, cap);
        struct wv_buf repaired = wv_buf_of(memory, memory == NULL ? 0 : cap);
        wv_utf8_repair(text, false, &repaired);
        if (!wv_buf_take(&repaired, &text)) {
            return (struct wv_slice){0};
        }
    }
    return text;
}

static bool is_among(const struct wv_slice *values, size_t count, struct wv_slice value)
{
    for (size_t i = 0; i < count; i++) {
        if (wv_slice_eq(values[i], value)) {
            return true;
        }
    }
    return false;
}

/* ---- The box --------------------------------------------------------------------------------- */

/* The value as JSON spells it, if it fits. */
static bool spell(const struct sealing *sealing, struct wv_slice value, struct wv_slice *out)
{
    const size_t left = sealing->content->cap - sealing->content->len;
    const size_t cap = 6 * value.len; /* "\u0000" */
    uint8_t *memory =
        value.len > VALUE_MAX ? NULL : wv_scratch_take(&sealing->writer->worker->scratch, cap);
    struct wv_buf buf = wv_buf_of(memory, memory == NULL ? 0 : cap);
    wv_text_escape(&buf, value);
    return wv_buf_take(&buf, out) && out->len + TAIL_MAX <= left;
}

static void put_text(struct wv_buf *out, struct wv_slice text)
{
    wv_buf_byte(out, '"');
    wv_text_escape(out, text);
    wv_buf_byte(out, '"');
}

/* The member of a class, where there is a value of it. */
static void put_class(struct sealing *sealing, uint8_t class)
{
    struct wv_buf *out = sealing->content;
    struct wv_slice values[VALUES_MAX];
    size_t count = 0;
    sealing->candidate_count = 0;
    gather(sealing, class, false);
    gather(sealing, class, true);
    for (size_t i = 0; i < sealing->candidate_count; i++) {
        const struct wv_field *field = sealing->candidates[i];
        const struct wv_slice value = value_of(sealing, field);
        if (value.len == 0 || wv_slice_eq(value, WV_LIT("-")) || is_among(values, count, value)) {
            continue;
        }
        struct wv_slice spelled;
        if (count == VALUES_MAX || !spell(sealing, value, &spelled) ||
            !may_be_sealed(sealing, class, value)) {
            sealing->left_out |= bit_of(class);
            continue;
        }
        if (count == 0) {
            wv_buf_put(out, sealing->sealed == 0 ? (struct wv_slice){0} : WV_LIT(","));
            wv_buf_put(out, wv_class_key((enum wv_class) class));
        }
        wv_buf_put(out, count == 0 ? WV_LIT("[\"") : WV_LIT(",\""));
        wv_buf_put(out, spelled);
        wv_buf_byte(out, '"');
        values[count++] = value;
        sealing->sealed |= bit_of(class);
    }
    if (count > 0) {
        wv_buf_byte(out, ']');
    }
}

static void put_left_out(struct sealing *sealing)
{
    struct wv_buf *out = sealing->content;
    for (uint64_t left = sealing->left_out; left != 0; left &= left - 1) {
        wv_buf_put(out, left == sealing->left_out ? WV_LIT(",\"left_out\":[") : WV_LIT(","));
        put_text(out, wv_slice_of(wv_class_word((enum wv_class)__builtin_ctzll(left))));
    }
    if (sealing->left_out != 0) {
        wv_buf_byte(out, ']');
    }
}

static void put_content(struct sealing *sealing)
{
    struct wv_writer *writer = sealing->writer;
    struct wv_buf *out = sealing->content;
    wv_buf_byte(out, '{');
    wv_annotate_event(writer, out);
    wv_buf_put(out, WV_LIT(",\"output\":"));
    put_text(out, writer->config->name);
    wv_buf_put(out, WV_LIT(",\"values\":{"));
    for (uint64_t left = sealing->classes; left != 0; left &= left - 1) {
        put_class(sealing, (uint8_t)__builtin_ctzll(left));
    }
    wv_buf_byte(out, '}');
    put_left_out(sealing);
    wv_buf_byte(out, '}');
}

/* The last day on which the box may be opened: counted from the event as far as the record tells
 * when that was, because it stands beside the box; and from today where it does not, or says that
 * it comes from the future. */
static int64_t last_day(const struct wv_writer *writer, int64_t now_ms)
{
    int64_t time_ms = wv_coarse_time(writer, writer->worker->settled.trusted_ms);
    time_ms = time_ms < 0 || time_ms > now_ms ? now_ms : time_ms;
    return wv_epoch_day(time_ms / 1000) + writer->config->seal.days;
}

/* Makes the box, and says what came of it; SHORTENED only where there is one. */
static enum wv_sealing make(struct sealing *sealing, int64_t until)
{
    struct wv_writer *writer = sealing->writer;
    struct wv_worker *worker = writer->worker;
    struct wv_sealer *sealer = worker->sealers[writer->output];
    char day[WV_DAY_TEXT];
    wv_day_format(until, day);
    const uint64_t now_ns = wv_clock_now_ns(worker->permits.clock);
    if (!wv_seal(sealer, wv_slice_of(day), now_ns, &writer->sealed)) {
        writer->sealed = (struct wv_slice){0};
        return WV_SEALING_FAILED;
    }
    writer->shown |= sealing->sealed;
    return sealing->left_out == 0 ? WV_SEALING_DONE : WV_SEALING_SHORTENED;
}

/* Why nothing is sealed, whatever the record holds; DONE: nothing is in the way. */
static enum wv_sealing obstacle(const struct wv_writer *writer, int64_t now_ms)
{
    const struct wv_seal_facts *facts =
        wv_seal_certificate_facts(wv_plan_seal(writer->worker->plan, writer->output));
    if (writer->set->refused) {
        return WV_SEALING_REFUSED;
    }
    if (now_ms / 1000 < facts->from_s || now_ms / 1000 > facts->until_s) {
        return WV_SEALING_CERTIFICATE;
    }
    const int64_t until = last_day(writer, now_ms);
    return until < wv_epoch_day(now_ms / 1000) || until > WV_EPOCH_DAY_MAX ? WV_SEALING_LATE
                                                                           : WV_SEALING_DONE;
}

void wv_seal_record(struct wv_writer *writer)
{
    struct wv_worker *worker = writer->worker;
    const struct wv_seal_config *config = &writer->config->seal;
    struct wv_sealer *sealer = worker->sealers[writer->output];
    if (wv_likely(sealer == NULL) || (config->when & ~worker->settled.routing) != 0) {
        return;
    }
    const int64_t now_ms = wv_clock_wall_ms(worker->permits.clock);
    enum wv_sealing result = obstacle(writer, now_ms);
    if (result == WV_SEALING_DONE) {
        struct sealing sealing;
        sealing.writer = writer;
        sealing.content = wv_sealer_content(sealer);
        sealing.classes = config->classes;
        sealing.sealed = sealing.left_out = 0;
        const size_t mark = worker->scratch.used;
        put_content(&sealing);
        wv_scratch_return(&worker->scratch, mark);
        if (sealing.sealed == 0 && sealing.left_out == 0) {
            return; /* there is nothing of these classes in the record */
        }
        result = make(&sealing, last_day(writer, now_ms));
    }
    writer->sealing = result;
    worker->tally.sealed[writer->output][result]++;
}

void wv_seal_forget(struct wv_writer *writer)
{
    writer->worker->tally.sealed[writer->output][writer->sealing]--;
    writer->sealed = (struct wv_slice){0};
}
