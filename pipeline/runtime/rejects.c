/*
 * rejects.c — what is said about a record that could not be published.
 */
#include "runtime/rejects.h"

#include "json/text.h"

#include <stdio.h>

static void put_name(struct wv_buf *buf, const char *name)
{
    wv_buf_byte(buf, buf->len == 0 ? '{' : ',');
    wv_buf_byte(buf, '"');
    wv_buf_put(buf, wv_slice_of(name));
    wv_buf_put(buf, WV_LIT("\":"));
}

static void put_word(struct wv_buf *buf, const char *name, struct wv_slice word)
{
    put_name(buf, name);
    wv_buf_byte(buf, '"');
    wv_text_escape(buf, word);
    wv_buf_byte(buf, '"');
}

static void put_number(struct wv_buf *buf, const char *name, int64_t number)
{
    char text[24];
    (void)snprintf(text, sizeof text, "%lld", (long long)number);
    put_name(buf, name);
    wv_buf_put(buf, wv_slice_of(text));
}

void wv_reject_write(struct wv_buf *buf, const struct wv_reject *reject)
{
    const struct wv_config *config = wv_plan_config(reject->plan);
    wv_buf_reset(buf);
    put_word(buf, "reason", wv_slice_of(wv_reason_word(reject->reason)));
    put_number(buf, "at", (int64_t)reject->at);
    if (reject->place == NULL) {
        put_name(buf, "place");
        wv_buf_put(buf, WV_LIT("null"));
    } else {
        put_word(buf, "place", wv_slice_of(reject->place));
    }
    put_word(buf, "topic", wv_slice_of(reject->topic));
    put_number(buf, "partition", reject->partition);
    put_number(buf, "offset", reject->offset);
    put_number(buf, "record", reject->record);
    if (reject->records > 0) {
        put_number(buf, "records", (int64_t)reject->records);
    }
    put_word(buf, "tenant", reject->tenant);
    put_word(buf, "plan", wv_slice_of(wv_plan_version(reject->plan)));
    put_word(buf, "input", config->inputs[reject->input].format);
    put_word(buf, "output",
             reject->output == UINT32_MAX ? WV_LIT("*") : config->outputs[reject->output].name);
    wv_buf_byte(buf, '}');
}

void wv_reject_stub(struct wv_buf *buf, enum wv_reason reason, int64_t time_ms)
{
    wv_buf_reset(buf);
    put_name(buf, "tenant");
    wv_buf_put(buf, WV_LIT("null"));
    if (time_ms >= 0) {
        put_number(buf, "timestamp", time_ms);
    }
    wv_buf_put(buf, WV_LIT(",\"_wafveil\":{\"v\":1,\"kind\":\"stub\",\"reason\":\""));
    wv_buf_put(buf, wv_slice_of(wv_reason_word(reason)));
    wv_buf_put(buf, WV_LIT("\"}}"));
}
