/*
 * formats_wrappings — the same made-up AWS WAF records in all wrappings in which records travel.
 */
#include "bench/formats.h"

#include "app/corpus.h"
#include "base/base64.h"
#include "base/compress.h"

#include <stdlib.h>

enum { BATCH = 100, RECORD_MEAN = 1800 };

/* Of base64, or of a string inside a string, with what is around it. */
enum { GROWTH = 2, AROUND_MAX = 1024 };

struct wrapping {
    const char *name;
    const char *input;
    bool detected;
    size_t batch;
    enum wv_packing packing;
    const char *before;
    void (*put)(struct wv_buf *out, struct wv_slice record);
    const char *between;
    const char *after;
};

static void put_plain(struct wv_buf *out, struct wv_slice record)
{
    wv_buf_put(out, record);
}

/* Made-up records hold no control bytes. */
static void put_string(struct wv_buf *out, struct wv_slice record)
{
    wv_buf_byte(out, '"');
    for (size_t i = 0; i < record.len; i++) {
        if (record.ptr[i] == '"' || record.ptr[i] == '\\') {
            wv_buf_byte(out, '\\');
        }
        wv_buf_byte(out, record.ptr[i]);
    }
    wv_buf_byte(out, '"');
}

static void put_base64(struct wv_buf *out, struct wv_slice record)
{
    wv_buf_byte(out, '"');
    wv_base64_encode(out, record);
    wv_buf_byte(out, '"');
}

static void put_event(struct wv_buf *out, struct wv_slice record)
{
    wv_buf_put(out, WV_LIT("{\"id\":\"37000000000000000000000000000000000000000000000000000001\","
                           "\"timestamp\":1763805600123,\"message\":"));
    put_string(out, record);
    wv_buf_byte(out, '}');
}

#define CLOUDWATCH                                                                                 \
    "{\"messageType\":\"DATA_MESSAGE\",\"owner\":\"111122223333\",\"logGroup\":\"aws-waf-logs-"    \
    "shop\",\"logStream\":\"eu-west-1_shop_0\",\"subscriptionFilters\":[\"to-kafka\"],"            \
    "\"logEvents\":["
#define FILEBEAT                                                                                   \
    "{\"@timestamp\":\"2025-11-22T10:00:00.000Z\",\"@metadata\":{\"beat\":\"filebeat\",\"type\":"  \
    "\"_doc\",\"version\":\"8.17.0\"},\"host\":{\"name\":\"shipper-1\"},\"log\":{\"offset\":0,"    \
    "\"file\":{\"path\":\"/var/log/waf/aws.ndjson\"}},\"message\":"
#define PUBSUB "{\"message\":{\"attributes\":{},\"messageId\":\"1\",\"data\":"

static const struct wrapping wrappings[] = {
    {"bare", "aws-waf", true, 1, WV_PACKING_NONE, "", put_plain, "", ""},
    {"lines-100", "aws-waf", true, BATCH, WV_PACKING_NONE, "", put_plain, "\n", ""},
    {"array-100", "aws-waf", true, BATCH, WV_PACKING_NONE, "[", put_plain, ",", "]"},
    /* Format auto takes an object with that member for Azure's by what its records hold. */
    {"records-100", "azure-records", false, BATCH, WV_PACKING_NONE, "{\"records\":[", put_plain,
     ",", "]}"},
    {"cloudwatch-gzip-100", "cloudwatch-logs", true, BATCH, WV_PACKING_GZIP, CLOUDWATCH, put_event,
     ",", "]}"},
    {"shipper-message", "shipper", true, 1, WV_PACKING_NONE, FILEBEAT, put_string, "", "}"},
    {"pubsub-base64", "pubsub", true, 1, WV_PACKING_NONE, PUBSUB, put_base64, "",
     "},\"subscription\":\"projects/p1/subscriptions/s1\"}"},
    {"gzip", "aws-waf", true, 1, WV_PACKING_GZIP, "", put_plain, "", ""},
    {"zstd", "aws-waf", true, 1, WV_PACKING_ZSTD, "", put_plain, "", ""},
};

static bool make_records(struct format_messages *records, const struct format_amount *amount)
{
    const size_t count = (amount->bytes / RECORD_MEAN / BATCH + 1) * BATCH;
    struct wv_corpus corpus;
    wv_corpus_init(&corpus, amount->seed);
    if (!format_messages_init(records, count, count * WV_CORPUS_RECORD_MAX / 2)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!wv_corpus_next(&corpus, &records->buf) || !format_messages_end(records)) {
            return false;
        }
    }
    records->records = count;
    records->bytes = records->buf.len;
    return true;
}

/* The records from `first` on, as many as one message takes. */
static struct wv_slice wrap(const struct wrapping *wrapping, const struct wv_slice *first,
                            struct wv_buf *out)
{
    struct wv_slice message;
    wv_buf_reset(out);
    wv_buf_put(out, wv_slice_of(wrapping->before));
    for (size_t i = 0; i < wrapping->batch; i++) {
        wv_buf_put(out, wv_slice_of(i == 0 ? "" : wrapping->between));
        wrapping->put(out, first[i]);
    }
    wv_buf_put(out, wv_slice_of(wrapping->after));
    wv_ensure(wv_buf_take(out, &message));
    return message;
}

/* What packs the messages of all rows, and the space for one of them. */
struct packer {
    struct wv_compressor *compressor;
    struct wv_room packed;
    struct wv_buf message;
};

static bool wrap_all(const struct wrapping *wrapping, const struct format_messages *records,
                     struct packer *packer, struct format_row *row)
{
    struct format_messages *messages = &row->messages;
    const size_t count = records->count / wrapping->batch;
    if (!format_messages_init(messages, count, records->bytes * GROWTH + count * AROUND_MAX)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct wv_slice message =
            wrap(wrapping, &records->items[i * wrapping->batch], &packer->message);
        if (wrapping->packing != WV_PACKING_NONE) {
            wv_ensure(wv_compress(packer->compressor, wrapping->packing, message,
                                  &packer->packed) == WV_COMPRESS_DONE);
            message = wv_room_bytes(&packer->packed);
        }
        wv_buf_put(&messages->buf, message);
        if (!format_messages_end(messages)) {
            return false;
        }
    }
    messages->records = records->records;
    messages->bytes = records->bytes;
    return true;
}

size_t format_wrappings(const struct format_amount *amount, struct format_row *rows, size_t max)
{
    enum { MESSAGE_MAX = BATCH * (GROWTH * WV_CORPUS_RECORD_MAX + AROUND_MAX) };
    struct format_messages records = {0};
    struct packer packer = {.compressor = wv_compressor_new()};
    uint8_t *mem = malloc(MESSAGE_MAX);
    packer.message = wv_buf_of(mem, mem == NULL ? 0 : MESSAGE_MAX);
    bool good = max >= WV_COUNT(wrappings) && mem != NULL && packer.compressor != NULL &&
                make_records(&records, amount);
    for (size_t i = 0; good && i < WV_COUNT(wrappings); i++) {
        rows[i] = (struct format_row){.name = wrappings[i].name,
                                      .input = wrappings[i].input,
                                      .wrapped = true,
                                      .detected = wrappings[i].detected};
        good = wrap_all(&wrappings[i], &records, &packer, &rows[i]);
    }
    format_messages_fini(&records);
    wv_compressor_free(packer.compressor);
    wv_room_fini(&packer.packed);
    free(mem);
    return good ? WV_COUNT(wrappings) : 0;
}
