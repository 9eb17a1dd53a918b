/*
 * reject_box.c — the report of a rejected record, with the record itself sealed in it.
 */
#include "runtime/reject_box.h"

#include "base/base64.h"
#include "base/log.h"
#include "base/wipe.h"
#include "json/text.h"
#include "json/utf8.h"
#include "keys/seal_cms.h"
#include "plan/sealing.h"

#include <stdio.h>
#include <stdlib.h>

/* Begins the last member of a report. It cannot stand inside a string: there, quotes are escaped.
 */
#define SEALED   ",\"sealed\":\""
#define UNSEALED ",\"unsealed\":\""

enum { DER_MAX = WV_REJECT_BOXED_MAX / 4 * 3 };

const char *wv_box_word(enum wv_box result)
{
    static const char *const words[WV_BOX_COUNT] = {
        [WV_BOX_SEALED] = "sealed",     [WV_BOX_FIRST] = "with_first",
        [WV_BOX_WITHHELD] = "withheld", [WV_BOX_TOO_LARGE] = "too_large",
        [WV_BOX_LATE] = "late",         [WV_BOX_CERTIFICATE] = "certificate",
        [WV_BOX_FAILED] = "failed",
    };
    return words[result];
}

bool wv_reject_box_use(struct wv_reject_box *box, const struct wv_plan *plan)
{
    const struct wv_seal_certificate *certificate = wv_plan_reject_seal(plan);
    struct wv_cms_sealer *sealer = certificate == NULL ? NULL : wv_cms_sealer_new(certificate);
    if (certificate != NULL && box->der == NULL) {
        box->der = malloc(DER_MAX);
    }
    if (certificate != NULL && box->text == NULL) {
        box->text = malloc(WV_REJECT_BOXED_MAX);
    }
    if (certificate != NULL && (sealer == NULL || box->der == NULL || box->text == NULL)) {
        wv_cms_sealer_free(sealer);
        return false;
    }
    wv_cms_sealer_free(box->sealer);
    box->sealer = sealer;
    box->certificate = certificate;
    box->most = WV_REJECT_BOXED_MAX;
    return true;
}

void wv_reject_box_fini(struct wv_reject_box *box)
{
    wv_cms_sealer_free(box->sealer);
    free(box->der);
    free(box->text);
    *box = (struct wv_reject_box){0};
}

void wv_reject_box_open(struct wv_reject_box *box, const struct wv_record *record,
                        const struct wv_results *results, int32_t partition, int64_t offset)
{
    box->record = record;
    box->partition = partition;
    box->offset = offset;
    box->results = results;
    box->boxed = false;
    box->looked = false;
}

void wv_reject_box_close(struct wv_reject_box *box)
{
    box->record = NULL;
    box->results = NULL;
}

/* ---- What is sealed -------------------------------------------------------------------------- */

static void put_base64(struct wv_buf *out, struct wv_slice bytes)
{
    if (bytes.ptr == NULL) {
        wv_buf_put(out, WV_LIT("null"));
        return;
    }
    wv_buf_byte(out, '"');
    wv_base64_encode(out, bytes);
    wv_buf_byte(out, '"');
}

static void put_number(struct wv_buf *out, const char *name, int64_t number)
{
    char text[64];
    (void)snprintf(text, sizeof text, ",\"%s\":%lld", name, (long long)number);
    wv_buf_put(out, wv_slice_of(text));
}

static void put_headers(struct wv_buf *out, const struct wv_record *record)
{
    wv_buf_put(out, WV_LIT(",\"headers\":["));
    for (size_t i = 0; i < record->header_count; i++) {
        const struct wv_header *header = &record->headers[i];
        wv_buf_put(out, i == 0 ? WV_LIT("{\"name") : WV_LIT(",{\"name"));
        if (wv_utf8_valid(header->name)) {
            wv_buf_put(out, WV_LIT("\":\""));
            wv_text_escape(out, header->name);
            wv_buf_byte(out, '"');
        } else {
            wv_buf_put(out, WV_LIT("_base64\":"));
            put_base64(out, header->name);
        }
        wv_buf_put(out, WV_LIT(",\"value\":"));
        put_base64(out, header->value);
        wv_buf_byte(out, '}');
    }
    wv_buf_byte(out, ']');
}

/* The line before the value. Key and headers that do not fit are left out, and it says so. */
static struct wv_slice write_head(struct wv_reject_box *box, const struct wv_reject *reject)
{
    const struct wv_record *record = box->record;
    struct wv_slice head = {0};
    for (int whole = 1; whole >= 0 && head.len == 0; whole--) {
        struct wv_buf out = wv_buf_of(box->head, sizeof box->head);
        wv_buf_put(&out, WV_LIT("{\"topic\":\""));
        wv_text_escape(&out, wv_slice_of(reject->topic));
        wv_buf_byte(&out, '"');
        put_number(&out, "partition", reject->partition);
        put_number(&out, "offset", reject->offset);
        put_number(&out, "time_ms", record->time_ms);
        if (whole) {
            wv_buf_put(&out, WV_LIT(",\"key\":"));
            put_base64(&out, record->key);
            put_headers(&out, record);
        } else {
            wv_buf_put(&out, WV_LIT(",\"left_out\":[\"key\",\"headers\"]"));
        }
        put_number(&out, "bytes", (int64_t)record->value.len);
        wv_buf_put(&out, WV_LIT("}\n"));
        if (!wv_buf_take(&out, &head)) {
            wv_wipe(box->head, sizeof box->head);
            head = (struct wv_slice){0};
        }
    }
    return head;
}

/* ---- Whether --------------------------------------------------------------------------------- */

/* Something of the message does not go to this output because a transfer or a consent was refused:
 * nothing that leads to the raw record may go along with what is told of it there. Each message is
 * looked through once. */
static bool is_withheld(struct wv_reject_box *box, uint32_t output)
{
    if (!box->looked) {
        box->looked = true;
        box->withheld = 0;
        for (size_t i = 0; i < box->results->count; i++) {
            const struct wv_result *result = &box->results->items[i];
            if (result->withheld && result->output < WV_OUTPUTS_MAX) {
                box->withheld |= UINT64_C(1) << result->output;
            }
        }
    }
    return output >= WV_OUTPUTS_MAX ? box->withheld != 0 : (box->withheld >> output & 1) != 0;
}

/* Whether the report is of the message that is open. */
static bool is_open(const struct wv_reject_box *box, const struct wv_reject *reject)
{
    return box->results != NULL && reject->offset == box->offset &&
           reject->partition == box->partition &&
           (box->record == NULL || wv_slice_eq(box->record->topic, wv_slice_of(reject->topic)));
}

static enum wv_box judge(struct wv_reject_box *box, const struct wv_reject *reject,
                         const struct wv_clock *clock)
{
    const struct wv_seal_facts *facts = wv_seal_certificate_facts(box->certificate);
    const int64_t now_s = wv_clock_wall_ms(clock) / 1000;
    if (box->record == NULL || !is_open(box, reject)) {
        return WV_BOX_LATE;
    }
    if (box->boxed) {
        return WV_BOX_FIRST;
    }
    if (is_withheld(box, reject->output)) {
        return WV_BOX_WITHHELD;
    }
    if (now_s < facts->from_s || now_s > facts->until_s) {
        return WV_BOX_CERTIFICATE;
    }
    return WV_BOX_SEALED;
}

/* Seals into the report, behind what it already says. */
static enum wv_box seal(struct wv_reject_box *box, const struct wv_reject *reject,
                        const struct wv_clock *clock, struct wv_buf *report)
{
    const struct wv_slice parts[] = {write_head(box, reject), box->record->value};
    const size_t content = parts[0].len + parts[1].len;
    const size_t begin = report->len;
    struct wv_buf der = wv_buf_of(box->der, DER_MAX);
    enum wv_box result = WV_BOX_TOO_LARGE;
    if (content + WV_CMS_OVERHEAD <= DER_MAX &&
        begin + (content + WV_CMS_OVERHEAD + 2) / 3 * 4 + sizeof SEALED + 2 <= box->most) {
        result = WV_BOX_FAILED;
        if (parts[0].len > 0 &&
            wv_cms_seal(box->sealer, parts, WV_COUNT(parts), wv_clock_now_ns(clock), &der)) {
            wv_buf_put(report, WV_LIT(SEALED));
            wv_base64_encode(report, (struct wv_slice){box->der, der.len});
            result = WV_BOX_SEALED;
        }
    }
    wv_wipe(box->head, parts[0].len);
    return result;
}

struct wv_slice wv_reject_box_write(struct wv_reject_box *box, const struct wv_reject *reject,
                                    const struct wv_clock *clock)
{
    const bool seals = box->certificate != NULL;
    struct wv_buf report = seals ? wv_buf_of(box->text, WV_REJECT_BOXED_MAX)
                                 : wv_buf_of(box->small, sizeof box->small);
    struct wv_slice text = {0};
    struct wv_reject known = *reject;
    known.records = is_open(box, reject) ? box->results->records : 0;
    wv_reject_write(&report, &known);
    if (report.overflowed) { /* of names that an operator made very long */
        known.place = NULL;
        known.tenant = WV_LIT("");
        wv_reject_write(&report, &known);
    }
    if (seals) {
        wv_buf_rewind(&report, report.len - 1); /* before the brace */
        enum wv_box result = judge(box, reject, clock);
        if (result == WV_BOX_SEALED) {
            result = seal(box, reject, clock, &report);
        }
        if (result == WV_BOX_SEALED) {
            box->boxed = true;
        } else {
            wv_buf_put(&report, WV_LIT(UNSEALED));
            wv_buf_put(&report, wv_slice_of(wv_box_word(result)));
        }
        wv_buf_put(&report, WV_LIT("\"}"));
        box->counts[result]++;
    }
    wv_ensure(wv_buf_take(&report, &text));
    return text;
}

struct wv_slice wv_reject_box_shorten(struct wv_reject_box *box, struct wv_slice report)
{
    const uint8_t *at = memmem(report.ptr, report.len, SEALED, sizeof SEALED - 1);
    struct wv_buf out = wv_buf_of(box->small, sizeof box->small);
    struct wv_slice text = {0};
    if (at == NULL) {
        return text;
    }
    wv_buf_put(&out, (struct wv_slice){report.ptr, (size_t)(at - report.ptr)});
    wv_buf_put(&out, WV_LIT(UNSEALED));
    wv_buf_put(&out, wv_slice_of(wv_box_word(WV_BOX_TOO_LARGE)));
    wv_buf_put(&out, WV_LIT("\"}"));
    if (box->most > report.len / 2) {
        box->most = report.len / 2;
        wv_log(WV_LOG_WARN, "reject_box_refused",
               WV_FIELDS(wv_log_number("bytes", (int64_t)report.len),
                         wv_log_number("next_most", (int64_t)box->most),
                         wv_log_word("effect", "longer reports go without the sealed record"),
                         wv_log_word("advice", "raise max.message.bytes of rejects.topic")));
    }
    box->counts[WV_BOX_SEALED]--;
    box->counts[WV_BOX_TOO_LARGE]++;
    return wv_buf_take(&out, &text) ? text : (struct wv_slice){0};
}
