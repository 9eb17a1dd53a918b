/*
 * At stake: every record of a message has a verdict of its own. One that is lost without a word is
 * an attack that nobody sees; one that is torn into pieces is read without knowing whose it is; and
 * a message made to be slow must not stop the others.
 */
#include "base/base64.h"
#include "base/compress.h"
#include "engine/work.h"
#include "support/engine.h"

#include <check.h>

enum { MEBIBYTE = 1 << 20 };

static struct engine plain_engine(const char *format, const char *more)
{
    char config[1024];
    snprintf(config, sizeof config,
             "{\"inputs\":[{\"format\":\"%s\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}}],"
             "\"regions\":[{\"from\":\"tenant\"}],\"outputs\":[{\"name\":\"soc\","
             "\"purpose\":\"security\",\"annotate\":\"none\"}]%s}",
             format, more);
    return engine_config(config, NULL, 0);
}

/* ---- What comes out ---------------------------------------------------------------------------
 */

static void put_result(FILE *stream, const struct wv_result *result)
{
    static const char *const outcomes[] = {
        [WV_REJECT] = "!reject", [WV_PUBLISH] = "", [WV_STUB] = "!stub", [WV_SUPPRESS] = "!gone"};
    fprintf(stream, "%u ", result->record);
    if (result->outcome == WV_PUBLISH) {
        fprintf(stream, "%.*s\n", (int)result->value.len, (const char *)result->value.ptr);
    } else {
        fprintf(stream, "%s %s\n", outcomes[result->outcome], wv_reason_word(result->reason));
    }
}

/* A line for each result: its record, and the value or the reason. malloc'd. */
static char *spell(const struct wv_results *results)
{
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);
    ck_assert_ptr_nonnull(stream);
    for (size_t i = 0; i < results->count; i++) {
        put_result(stream, &results->items[i]);
    }
    ck_assert_int_eq(fclose(stream), 0);
    return text;
}

/* What holds for every message: records are numbered in order, none is left out, what is rejected
 * holds nothing, and places lie in the message and in its order. */
static void check_order(const struct wv_results *results, struct wv_slice message)
{
    size_t last = 0;
    uint32_t next = 0;
    for (size_t i = 0; i < results->count; i++) {
        const struct wv_result *result = &results->items[i];
        ck_assert_uint_eq(result->record, next);
        next++;
        ck_assert(result->outcome == WV_PUBLISH || result->outcome == WV_STUB ||
                  result->value.len == 0);
        ck_assert_uint_le(result->at, message.len);
        ck_assert_uint_ge(result->at, last);
        last = result->at;
    }
    ck_assert_uint_eq(results->records, next);
}

struct message {
    const char *value;
    const char *results;
};

static void check_message(const char *format, const char *more, const struct message *message)
{
    struct engine engine = plain_engine(format, more);
    const struct wv_slice value = wv_slice_of(message->value);
    const struct wv_results results = engine_run(&engine, value);
    char *got = spell(&results);
    ck_assert_msg(strcmp(got, message->results) == 0, "%.200s\ngives\n%swanted\n%s", message->value,
                  got, message->results);
    check_order(&results, value);
    free(got);
    engine_fini(&engine);
}

/* ---- Lines, objects, arrays -------------------------------------------------------------------
 */

#define REC(word) "{\"action\":\"" word "\"}"

static const struct message messages[] = {
    /* Lines. */
    {REC("A") "\r\n" REC("B") "\r\n\r\n", "0 " REC("A") "\r\n1 " REC("B") "\r\n"},
    {"\t\n \r\n" REC("A") "\n\n  \n" REC("B"), "0 " REC("A") "\n1 " REC("B") "\n"},
    {"{\"action\":\"A\n" REC("B"), "0 !reject syntax\n1 " REC("B") "\n"},
    {"{\"action\":\n" REC("B"), "0 !reject syntax\n1 " REC("B") "\n"},
    {REC("A") "\n}\n]\n" REC("B") "\n\"\n" REC("C"),
     "0 " REC("A") "\n1 !reject syntax\n2 !reject syntax\n3 " REC(
         "B") "\n4 !reject not_object\n5 " REC("C") "\n"},
    /* Objects without anything between them. */
    {REC("A") " \t" REC("B") REC("C") "\r\n" REC("D"),
     "0 " REC("A") " \t\n1 " REC("B") "\n2 " REC("C") "\n3 " REC("D") "\n"},
    {REC("A") "{\"action\":}" REC("B"), "0 " REC("A") "\n1 !reject syntax\n2 " REC("B") "\n"},
    {REC("A") "{\"action\":[}" REC("B") "\n" REC("C"),
     "0 " REC("A") "\n1 !reject syntax\n2 " REC("C") "\n"},
    {"{\"action\":}" REC("B"), "0 !reject syntax\n1 " REC("B") "\n"},
    {"{\"action\":\"}{\"}" REC("}{"), "0 " REC("}{") "\n1 " REC("}{") "\n"},
    {"{\"action\":\"\xff\"}" REC("B"), "0 " REC("\xef\xbf\xbd") "\n1 " REC("B") "\n"},
    {REC("A") "{\"action\":\"\x01\"}" REC("C"),
     "0 " REC("A") "\n1 " REC("\xef\xbf\xbd") "\n2 " REC("C") "\n"},
    /* Arrays. */
    {"[ ]\n[\n]\n[]", ""},
    {"[[" REC("A") "]," REC("B") "]", "0 !reject not_object\n1 " REC("B") "\n"},
    {"[" REC("A") ",5,null,true,[1]," REC("B") "]",
     "0 " REC("A") "\n1 !reject not_object\n2 !reject not_object\n3 !reject not_object\n"
                   "4 !reject not_object\n5 " REC("B") "\n"},
    {"[\"{\\\"action\\\":\\\"A\\\"}\",\"x\"," REC("B") "]",
     "0 " REC("A") "\n1 !reject syntax\n2 " REC("B") "\n"},
    {"[\"{\\\"action\\\":\\\"A\\\"}\\n{\\\"action\\\":\\\"B\\\"}\"]",
     "0 " REC("A") "\n1 " REC("B") "\n"},
    {"[\"\\x\"," REC("B") "]", "0 !reject syntax\n1 " REC("B") "\n"},
    {"[" REC("A") ",{\"action\":," REC("B") "]\n" REC("C"),
     "0 " REC("A") "\n1 !reject syntax\n2 " REC("C") "\n"},
    {"[" REC("A") " " REC("B") "]\n" REC("C"),
     "0 " REC("A") "\n1 !reject syntax\n2 " REC("C") "\n"},
    {"[" REC("A") ",]\n" REC("C"), "0 " REC("A") "\n1 !reject syntax\n2 " REC("C") "\n"},
    {"[" REC("A") ",\n\n " REC("B") "\n]\n" REC("C"),
     "0 " REC("A") "\n1 " REC("B") "\n2 " REC("C") "\n"},
    {"[" REC("A") "] x\n[" REC("B") "]", "0 " REC("A") "\n1 !reject syntax\n2 " REC("B") "\n"},
    {"[" REC("A") "][" REC("B") "]" REC("C"), "0 " REC("A") "\n1 " REC("B") "\n2 " REC("C") "\n"},
    {"[" REC("A") ",\"{", "0 " REC("A") "\n1 !reject syntax\n"},
    /* Over several lines. */
    {"{\r\n \"action\":\r\n\"A\"\r\n}\r\n" REC("B"),
     "0 {\r\n \"action\":\r\n\"A\"\r\n}\n1 " REC("B") "\n"},
    {"{\n\"action\":\"}\"\n}{\n\"action\":\"B\"\n}",
     "0 {\n\"action\":\"}\"\n}\n1 {\n\"action\":\"B\"\n}\n"},
    {"{\"action\":\n{\n\"action\":\"B\"\n}", "0 !reject syntax\n1 {\n\"action\":\"B\"\n}\n"},
};

START_TEST(messages_hold_records)
{
    check_message("aws-waf", "", &messages[_i]);
}
END_TEST

/* ---- What only the first record of a line does not pass ---------------------------------------
 */

#define KNOWN(word) "{\"webaclId\":\"w\",\"action\":\"" word "\"}"
#define SMALL       ",\"limits\":{\"record_bytes\":1024,\"depth\":4,\"fields\":64}"
#define TEN(x)      x x x x x x x x x x

static const struct message neighbours[] = {
    {"{\"x\":1}" KNOWN("A") "{\"x\":1}" KNOWN("B"),
     "0 !reject undetected\n1 " KNOWN("A") "\n2 !reject undetected\n3 " KNOWN("B") "\n"},
    {"{\"webaclId\":\"w\",\"x\":[[[[]]]]}" KNOWN("B"), "0 !stub too_deep\n1 " KNOWN("B") "\n"},
    {"{\"webaclId\":\"w\",\"x\":[" TEN("0,0,0,0,0,0,0,") "0]}" KNOWN("B"),
     "0 !stub too_many_fields\n1 " KNOWN("B") "\n"},
    {"{\"webaclId\":\"w\",\"x\":\"" TEN(TEN("0123456789ab")) "\"}" KNOWN("B"),
     "0 !reject too_large\n1 " KNOWN("B") "\n"},
    {KNOWN("A") "{\"webaclId\":\"w\",\"x\":\"" TEN(TEN("0123456789ab")) "\"}" KNOWN("B"),
     "0 " KNOWN("A") "\n1 !reject too_large\n2 " KNOWN("B") "\n"},
    {"[" KNOWN("A") ",{\"webaclId\":\"w\",\"x\":\"" TEN(TEN("0123456789ab")) "\"}," KNOWN("B") "]",
     "0 " KNOWN("A") "\n1 !reject too_large\n2 " KNOWN("B") "\n"},
    {"{\"x\":\"" TEN(TEN("0123456789ab")) "\"}\n" KNOWN("B"),
     "0 !reject too_large\n1 " KNOWN("B") "\n"},
    /* A line of it is no record: whose it is, only the whole says. */
    {"{\"webaclId\":\"w\",\n\"x\":[\n" KNOWN("A") "\n],\"y\":\"" TEN(
         TEN("0123456789ab")) "\"}\n" KNOWN("B"),
     "0 !reject too_large\n1 " KNOWN("B") "\n"},
};

START_TEST(a_record_costs_no_neighbour)
{
    check_message("auto", SMALL, &neighbours[_i]);
}
END_TEST

/* However many records over several lines a message holds, good ones and broken ones. */
START_TEST(lines_are_put_together_again)
{
    enum { GOOD = 40 };
    char message[GOOD * 64 + 64] = "{\"action\":\n";
    size_t len = strlen(message);
    for (int i = 0; i < GOOD; i++) {
        len +=
            (size_t)snprintf(message + len, sizeof message - len,
                             "{\n \"action\": \"%d\",\n \"labels\":\n[{\"name\":\"a\"}]\n}\n", i);
    }
    struct engine engine = plain_engine("aws-waf", "");
    const struct wv_results results = engine_text(&engine, message);
    ck_assert_uint_eq(results.count, GOOD + 1);
    ck_assert_int_eq(results.items[0].outcome, WV_REJECT);
    for (size_t i = 1; i < results.count; i++) {
        ck_assert_int_eq(results.items[i].outcome, WV_PUBLISH);
    }
    engine_fini(&engine);
}
END_TEST

/* ---- Places -----------------------------------------------------------------------------------
 */

static const struct {
    const char *message;
    size_t record;
    const char *place; /* what stands where the reason is */
} places[] = {
    {REC("A") "\r\n\r\n {\"action\":x}", 1, "x}"},
    {REC("A") REC("B") " {\"action\":y}", 2, "y}"},
    {REC("A") REC("B") " ?", 2, "?"},
    {"[" REC("A") ", {\"action\":x}]", 1, "x}"},
    {"[" REC("A") ", 7 ]", 1, "7 ]"},
    {"[" REC("A") ", [7]]", 1, "[7]]"},
    {"[" REC("A") ", \"{\\\"action\\\":x}\"]", 1, "\"{\\\"action\\\":x}\"]"},
    {"[" REC("A") " " REC("B") "]", 1, " " REC("B")},
    {"{\n\"action\":\nx}", 0, "x}"},
    {"\n\n{\n\"action\":\n\"A\"}\n{\"action\":\nz}", 1, "z}"},
};

START_TEST(places_are_exact)
{
    struct engine engine = plain_engine("aws-waf", "");
    const struct wv_results results = engine_text(&engine, places[_i].message);
    ck_assert_uint_gt(results.count, places[_i].record);
    const struct wv_result *result = &results.items[places[_i].record];
    ck_assert_int_eq(result->outcome, WV_REJECT);
    ck_assert_uint_le(result->at, strlen(places[_i].message));
    const char *at = places[_i].message + result->at;
    ck_assert_msg(strncmp(at, places[_i].place, strlen(places[_i].place)) == 0, "%s\nat %s",
                  places[_i].message, at);
    engine_fini(&engine);
}
END_TEST

/* ---- Packed -----------------------------------------------------------------------------------
 */

static const enum wv_packing packings[] = {WV_PACKING_GZIP, WV_PACKING_ZLIB, WV_PACKING_ZSTD};

/* Packs into *room, which is the caller's. */
static struct wv_slice pack(enum wv_packing packing, struct wv_slice text, struct wv_room *room)
{
    struct wv_compressor *compressor = wv_compressor_new();
    ck_assert_ptr_nonnull(compressor);
    ck_assert_int_eq(wv_compress(compressor, packing, text, room), WV_COMPRESS_DONE);
    wv_compressor_free(compressor);
    return wv_room_bytes(room);
}

static bool publishes(const struct wv_results *results)
{
    bool any = false;
    for (size_t i = 0; i < results->count; i++) {
        any = any || results->items[i].outcome == WV_PUBLISH || results->items[i].value.len > 0;
    }
    return any;
}

static const char packed_text[] = REC("A") "\n{\"action\":x}\n[" REC("B") "]\n{\n\"x\":1\n}";
static const char packed_results[] = "0 " REC("A") "\n1 !reject syntax\n2 " REC("B") "\n3 {\n\n}\n";

START_TEST(packed_messages_are_opened)
{
    struct engine engine = plain_engine("aws-waf", "");
    struct wv_room room = {0};
    const struct wv_slice packed = pack(packings[_i], wv_slice_of(packed_text), &room);
    const struct wv_results results = engine_run(&engine, packed);
    char *got = spell(&results);
    ck_assert_str_eq(got, packed_results);
    check_order(&results, packed);
    ck_assert_uint_eq(results.items[1].at, 0); /* no place in it is one in the message */
    free(got);
    wv_room_fini(&room);
    engine_fini(&engine);
}
END_TEST

/* Members of gzip and frames of zstd are one text, wherever it is cut. */
START_TEST(packed_members_are_one_text)
{
    if (packings[_i] == WV_PACKING_ZLIB) {
        return; /* has no members */
    }
    struct engine engine = plain_engine("aws-waf", "");
    const struct wv_slice text = wv_slice_of(packed_text);
    for (size_t cut = 0; cut <= text.len; cut++) {
        uint8_t bytes[1024];
        struct wv_buf both = wv_buf_of(bytes, sizeof bytes);
        struct wv_room room = {0};
        struct wv_slice message;
        wv_buf_put(&both, pack(packings[_i], wv_slice_sub(text, 0, cut), &room));
        wv_buf_put(&both, pack(packings[_i], wv_slice_sub(text, cut, text.len), &room));
        ck_assert(wv_buf_take(&both, &message));
        const struct wv_results results = engine_run(&engine, message);
        char *got = spell(&results);
        ck_assert_str_eq(got, packed_results);
        free(got);
        wv_room_fini(&room);
    }
    engine_fini(&engine);
}
END_TEST

START_TEST(damaged_packs_give_nothing)
{
    struct engine engine = plain_engine("aws-waf", "");
    struct wv_room room = {0};
    const struct wv_slice packed = pack(packings[_i], wv_slice_of(packed_text), &room);
    for (size_t len = 1; len < packed.len; len++) {
        const struct wv_results results = engine_run(&engine, wv_slice_sub(packed, 0, len));
        ck_assert_uint_ge(results.count, 1);
        ck_assert_msg(!publishes(&results), "cut to %zu bytes", len);
    }
    uint8_t bytes[512];
    ck_assert_uint_lt(packed.len, sizeof bytes);
    memcpy(bytes, packed.ptr, packed.len);
    memcpy(bytes + packed.len, "x", 1);
    const struct wv_results longer = engine_run(&engine, (struct wv_slice){bytes, packed.len + 1});
    ck_assert_msg(!publishes(&longer), "a byte more");
    for (size_t i = packed.len - 4; i < packed.len; i++) {
        bytes[i] ^= 0x10; /* in the checksum of each of them */
        const struct wv_results results = engine_run(&engine, (struct wv_slice){bytes, packed.len});
        ck_assert_msg(!publishes(&results), "byte %zu is wrong", i);
        bytes[i] ^= 0x10;
    }
    wv_room_fini(&room);
    engine_fini(&engine);
}
END_TEST

/* The limit counts what comes out, and what is just within it comes out. */
START_TEST(bombs_are_stopped)
{
    enum { LIMIT = 4096 };
    struct engine engine = plain_engine("aws-waf", ",\"limits\":{\"expanded_bytes\":4096}");
    char *text = malloc(MEBIBYTE);
    ck_assert_ptr_nonnull(text);
    memset(text, '\n', MEBIBYTE);
    memcpy(text, REC("A"), strlen(REC("A")));
    const size_t lens[] = {LIMIT, LIMIT + 1, MEBIBYTE};
    for (size_t i = 0; i < WV_COUNT(lens); i++) {
        struct wv_room room = {0};
        const struct wv_slice raw = {(const uint8_t *)text, lens[i]};
        const struct wv_results results = engine_run(&engine, pack(packings[_i], raw, &room));
        char *got = spell(&results);
        ck_assert_str_eq(got, lens[i] <= LIMIT ? "0 " REC("A") "\n" : "0 !reject too_large\n");
        free(got);
        wv_room_fini(&room);
    }
    free(text);
    engine_fini(&engine);
}
END_TEST

enum { PIECES = 100 };

/* A batch that holds the packed bytes so many times. */
static struct wv_slice batch_of(struct wv_slice packed)
{
    static uint8_t memory[PIECES * 512];
    struct wv_buf buf = wv_buf_of(memory, sizeof memory);
    struct wv_slice message;
    wv_buf_put(&buf, WV_LIT("{\"deliveryStreamArn\":\"a\",\"records\":["));
    for (int i = 0; i < PIECES; i++) {
        wv_buf_put(&buf, i == 0 ? WV_LIT("{\"data\":\"") : WV_LIT(",{\"data\":\""));
        wv_base64_encode(&buf, packed);
        wv_buf_put(&buf, WV_LIT("\"}"));
    }
    wv_buf_put(&buf, WV_LIT("]}"));
    ck_assert(wv_buf_take(&buf, &message));
    return message;
}

/* What a message expands to is limited as a whole, however many packed records it holds. */
START_TEST(bombs_in_pieces_are_stopped)
{
    enum { LIMIT = 4096 };
    struct engine engine = plain_engine("auto", ",\"limits\":{\"expanded_bytes\":4096}");
    char text[LIMIT];
    memset(text, '\n', sizeof text);
    memcpy(text, KNOWN("A"), strlen(KNOWN("A")));
    struct wv_room room = {0};
    const struct wv_slice packed =
        pack(packings[_i], (struct wv_slice){(const uint8_t *)text, sizeof text}, &room);
    const struct wv_results results = engine_run(&engine, batch_of(packed));
    size_t published = 0;
    for (size_t i = 0; i < results.count; i++) {
        published += results.items[i].outcome == WV_PUBLISH;
    }
    ck_assert_uint_ge(published, 1);
    ck_assert_msg(published <= 2, "%zu times %d bytes came out", published, LIMIT);
    wv_room_fini(&room);
    engine_fini(&engine);
}
END_TEST

/* What is unpacked in vain is work, too: after some of it nothing more is tried. */
START_TEST(damaged_bombs_are_stopped)
{
    enum { LIMIT = 4096, TRIED_MAX = 8 };
    struct engine engine = plain_engine("auto", ",\"limits\":{\"expanded_bytes\":4096}");
    char text[LIMIT];
    memset(text, '\n', sizeof text);
    struct wv_room room = {0};
    struct wv_slice packed =
        pack(packings[_i], (struct wv_slice){(const uint8_t *)text, sizeof text}, &room);
    packed.len--;
    const struct wv_results results = engine_run(&engine, batch_of(packed));
    size_t tried = 0;
    ck_assert_uint_eq(results.count, PIECES);
    for (size_t i = 0; i < results.count; i++) {
        ck_assert_int_eq(results.items[i].outcome, WV_REJECT);
        tried += results.items[i].reason != WV_REASON_TOO_LARGE;
    }
    /* That a frame of zstd is cut is seen before any work is done. */
    ck_assert_msg(packings[_i] == WV_PACKING_ZSTD || tried <= TRIED_MAX, "%zu were tried", tried);
    wv_room_fini(&room);
    engine_fini(&engine);
}
END_TEST

/* Every packing is one level; what is packed too often is not opened. */
START_TEST(levels_are_bounded)
{
    struct engine engine = plain_engine("aws-waf", "");
    struct wv_room rooms[2] = {{0}, {0}};
    struct wv_slice message = WV_LIT(REC("A"));
    for (int level = 1; level <= WV_NESTING_MAX + 3; level++) {
        message = pack(packings[_i], message, &rooms[level % 2]);
        const struct wv_results results = engine_run(&engine, message);
        char *got = spell(&results);
        ck_assert_str_eq(got,
                         level <= WV_NESTING_MAX ? "0 " REC("A") "\n" : "0 !reject too_nested\n");
        free(got);
    }
    wv_room_fini(&rooms[0]);
    wv_room_fini(&rooms[1]);
    engine_fini(&engine);
}
END_TEST

/* Strings of arrays of strings … */
START_TEST(strings_in_arrays_are_bounded)
{
    struct engine engine = plain_engine("aws-waf", "");
    char texts[2][4096] = {REC("A"), ""};
    for (int level = 1; level <= WV_NESTING_MAX + 2; level++) {
        char *from = texts[(level + 1) % 2];
        char *to = texts[level % 2];
        struct wv_buf buf = wv_buf_of((uint8_t *)to, sizeof texts[0] - 1);
        wv_buf_put(&buf, WV_LIT("["));
        for (const char *at = from; *at != '\0'; at++) {
            wv_buf_put(&buf, at == from ? WV_LIT("\"") : (struct wv_slice){0});
            wv_buf_put(&buf, *at == '"' || *at == '\\' ? WV_LIT("\\") : (struct wv_slice){0});
            wv_buf_byte(&buf, (uint8_t)*at);
        }
        wv_buf_put(&buf, WV_LIT("\"," REC("Z") "]"));
        ck_assert(!buf.overflowed);
        to[buf.len] = '\0';
        const struct wv_results results = engine_text(&engine, to);
        const int opened = level <= WV_NESTING_MAX ? level : WV_NESTING_MAX + 1;
        ck_assert_int_eq((int)results.count, opened + 1);
        ck_assert_int_eq(results.items[0].outcome,
                         level <= WV_NESTING_MAX ? WV_PUBLISH : WV_REJECT);
        check_order(&results, wv_slice_of(to));
    }
    engine_fini(&engine);
}
END_TEST

/* Text can begin with the two bytes that zlib does. */
START_TEST(text_that_looks_packed_is_read)
{
    static const struct message looks[] = {
        {"x^2\n" REC("A"), "0 !reject syntax\n1 " REC("A") "\n"},
        {"x\x9c\xff\n" REC("A"), "0 !reject syntax\n1 " REC("A") "\n"},
        {"x\x01\x02\n" REC("A"), "0 !reject syntax\n1 " REC("A") "\n"},
    };
    for (size_t i = 0; i < WV_COUNT(looks); i++) {
        check_message("aws-waf", "", &looks[i]);
    }
}
END_TEST

/* ---- Nothing ----------------------------------------------------------------------------------
 */

START_TEST(nothing_is_told)
{
    static const char *const nothings[] = {"", " ", "\n", "\r\n\t \n", "[\"\"]", "[\"\\n \"]"};
    struct engine engine = plain_engine("aws-waf", "");
    for (size_t i = 0; i < WV_COUNT(nothings); i++) {
        for (size_t p = 0; p <= WV_COUNT(packings); p++) {
            struct wv_room room = {0};
            const struct wv_slice text = wv_slice_of(nothings[i]);
            const struct wv_results results =
                engine_run(&engine, p == 0 ? text : pack(packings[p - 1], text, &room));
            char *got = spell(&results);
            ck_assert_str_eq(got, "0 !reject empty\n");
            ck_assert_uint_eq(results.records, 0);
            ck_assert_uint_eq(results.items[0].at, 0);
            free(got);
            wv_room_fini(&room);
        }
    }
    engine_fini(&engine);
}
END_TEST

/* ---- Messages made to be slow -----------------------------------------------------------------
 */

/* Each ends long before the test's time is up, which it would not if any part of it were read
 * again for every line. */
static const struct {
    const char *piece;
    size_t mebibytes;
    size_t results; /* 0: any number */
} slow[] = {
    {"{", 1, 1},           {"[", 1, 1},           {"{\"a\":", 1, 1},      {"}{", 1, 1},
    {"\"", 1, 1},          {"[\"a", 1, 2},        {"[[],", 1, 2},         {"{}", 1, MEBIBYTE / 2},
    {"{\"a\":\n", 1, 0},   {"{\"a\":1,\n", 1, 0}, {"{\n", 1, 0},          {"[\n", 1, 0},
    {"{\"a\":\"\n", 1, 0}, {"\\", 1, 1},          {"[{}\n", 1, 0},        {"[\"\\\"", 1, 2},
    {"[{},\n", 4, 0},      {"[{\n", 5, 0},        {"[[{\"a\":[\n", 4, 0}, {"{\"log\":\"{", 1, 1},
    {"{\"log\":{", 1, 1},
};

START_TEST(no_message_is_slow)
{
    const size_t len = strlen(slow[_i].piece);
    const size_t count = slow[_i].mebibytes * MEBIBYTE / len;
    char *text = malloc(count * len);
    ck_assert_ptr_nonnull(text);
    for (size_t i = 0; i < count; i++) {
        memcpy(text + i * len, slow[_i].piece, len);
    }
    struct engine engine = plain_engine("auto", "");
    const struct wv_slice message = {(const uint8_t *)text, count * len};
    const struct wv_results results = engine_run(&engine, message);
    if (slow[_i].results != 0) {
        ck_assert_uint_eq(results.count, slow[_i].results);
    }
    ck_assert_uint_ge(results.count, 1);
    ck_assert(!publishes(&results) || results.items[0].outcome == WV_STUB);
    free(text);
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unpack");
    TCase *lines = tcase_create("lines");
    TCase *packed = tcase_create("packed");
    TCase *slowly = tcase_create("slow");
    tcase_add_loop_test(lines, messages_hold_records, 0, (int)WV_COUNT(messages));
    tcase_add_loop_test(lines, a_record_costs_no_neighbour, 0, (int)WV_COUNT(neighbours));
    tcase_add_test(lines, lines_are_put_together_again);
    tcase_add_loop_test(lines, places_are_exact, 0, (int)WV_COUNT(places));
    tcase_add_test(lines, nothing_is_told);
    suite_add_tcase(suite, lines);
    tcase_add_loop_test(packed, packed_messages_are_opened, 0, (int)WV_COUNT(packings));
    tcase_add_loop_test(packed, packed_members_are_one_text, 0, (int)WV_COUNT(packings));
    tcase_add_loop_test(packed, damaged_packs_give_nothing, 0, (int)WV_COUNT(packings));
    tcase_add_loop_test(packed, bombs_are_stopped, 0, (int)WV_COUNT(packings));
    tcase_add_loop_test(packed, bombs_in_pieces_are_stopped, 0, (int)WV_COUNT(packings));
    tcase_add_loop_test(packed, damaged_bombs_are_stopped, 0, (int)WV_COUNT(packings));
    tcase_add_loop_test(packed, levels_are_bounded, 0, (int)WV_COUNT(packings));
    tcase_add_test(packed, strings_in_arrays_are_bounded);
    tcase_add_test(packed, text_that_looks_packed_is_read);
    suite_add_tcase(suite, packed);
    tcase_add_loop_test(slowly, no_message_is_slow, 0, (int)WV_COUNT(slow));
    suite_add_tcase(suite, slowly);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
