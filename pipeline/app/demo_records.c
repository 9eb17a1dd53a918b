/*
 * demo_records.c — made-up records, a few of them broken as they are broken in real life.
 */
#include "app/demo_records.h"

enum { BROKEN_EVERY_MAX = 500, TOO_DEEP = 200 };

enum fault { CUT_SHORT = 0, NO_JSON, ARRAY, STRANGE_TENANT, DEEP, FAULTS };

void wv_demo_records_init(struct wv_demo_records *records, uint64_t seed, uint64_t count)
{
    *records = (struct wv_demo_records){0};
    wv_corpus_init(&records->corpus, seed);
    const uint64_t every = count / (2 * FAULTS) + 1;
    records->broken_every = every < BROKEN_EVERY_MAX ? every : BROKEN_EVERY_MAX;
}

/* A web ACL of an account that no table knows. */
static void move_account(struct wv_slice value, uint8_t *mem)
{
    static const char account[] = "111122223333";
    const uint8_t *found = memmem(value.ptr, value.len, account, sizeof account - 1);
    wv_ensure(found != NULL);
    memset(mem + (found - value.ptr), '9', sizeof account - 1);
}

/* One more member before the end, nested as no firewall nests. */
static void put_deep(struct wv_buf *buf)
{
    wv_buf_rewind(buf, buf->len - 1);
    wv_buf_put(buf, WV_LIT(",\"x\":"));
    for (size_t i = 0; i < TOO_DEEP; i++) {
        wv_buf_byte(buf, '[');
    }
    for (size_t i = 0; i < TOO_DEEP; i++) {
        wv_buf_byte(buf, ']');
    }
    wv_buf_byte(buf, '}');
}

static void break_record(struct wv_buf *buf, enum fault fault)
{
    const struct wv_slice value = {buf->mem, buf->len};
    switch (fault) {
    case CUT_SHORT:
        wv_buf_rewind(buf, buf->len / 2);
        break;
    case NO_JSON:
        wv_buf_reset(buf);
        wv_buf_put(buf, WV_LIT("connection reset by 198.51.100.23"));
        break;
    case ARRAY:
        wv_buf_reset(buf);
        wv_buf_put(buf, WV_LIT("[\"198.51.100.23\"]"));
        break;
    case STRANGE_TENANT:
        move_account(value, buf->mem);
        break;
    case DEEP:
    case FAULTS:
        put_deep(buf);
        break;
    }
}

void wv_demo_records_next(struct wv_demo_records *records)
{
    struct wv_buf buf = wv_buf_of(records->mem, sizeof records->mem);
    wv_ensure(wv_corpus_next(&records->corpus, &buf));
    records->made++;
    if (records->made % records->broken_every == 0) {
        break_record(&buf, (enum fault)(records->made / records->broken_every % FAULTS));
    }
    records->key = wv_corpus_address_of(&records->corpus);
    wv_ensure(wv_buf_take(&buf, &records->value));
}
