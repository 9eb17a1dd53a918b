/*
 * At stake: what a shipper wraps in a string is the same record, and attackers know it. Every text
 * inside of a value must be protected as if it stood alone, whatever its escaping; what is known in
 * one layer must be known in all; what nobody touched must stay byte for byte; and a layer that
 * cannot be read must not come out, nor make anything else vanish.
 */
#include "base/base64.h"
#include "engine/work.h"
#include "json/text.h"
#include "support/engine.h"
#include "support/random.h"

/* The generator is no part of the library. */
#define put corpus_put_text
#include "app/corpus_parts.c"
#undef put
#include "app/corpus.c"

#include <check.h>
#include <jansson.h>

#define CONFIG(format, input, output, more)                                                        \
    "{\"inputs\":[{\"format\":\"" format                                                           \
    "\",\"tenant\":{\"name\":\"acme\",\"region\":\"eu\"}" input                                    \
    "}],\"regions\":[{\"from\":\"tenant\"}],\"outputs\":[{\"name\":\"soc\",\"purpose\":"           \
    "\"security\"" output "}]" more "}"
#define AUTO CONFIG("auto", "", BARE, "")

/* One record and what comes out; NULL: nothing may. */
struct known {
    const char *record;
    const char *output;
};

static void check_known(struct engine *engine, const struct known *known)
{
    const struct wv_results results = engine_text(engine, known->record);
    ck_assert_uint_eq(results.count, 1);
    const struct wv_result *result = &results.items[0];
    if (known->output == NULL) {
        ck_assert_msg(result->outcome != WV_PUBLISH, "%s\ngives\n%.*s", known->record,
                      (int)result->value.len, (const char *)result->value.ptr);
        ck_assert(result->outcome == WV_STUB || result->value.len == 0);
        return;
    }
    ck_assert_msg(result->outcome == WV_PUBLISH, "%s\nis rejected: %s", known->record,
                  wv_reason_word(result->reason));
    ck_assert_msg(value_is(result, known->output), "%s", known->record);
}

static void check_one(const char *config, const struct known *known)
{
    struct engine engine = engine_config(config, NULL, 0);
    check_known(&engine, known);
    engine_fini(&engine);
}

/* ---- Records in values ------------------------------------------------------------------------
 */

#define LOG(text)    "{\"log\":\"" text "\",\"stream\":\"stdout\"}"
#define PUBSUB(text) "{\"message\":{\"data\":\"" text "\"},\"subscription\":\"s\"}"
#define EVENT(data)  "{\"specversion\":\"1.0\",\"type\":\"t\"," data "}"
#define MARK         "~IP.hxqll6q6~" /* of 192.0.2.77 in the throwaway keyring */

/* {"webaclId":"w","action":"192.0.2.77","httpRequest":{"clientIp":"192.0.2.77"}} */
#define IN64                                                                                       \
    "eyJ3ZWJhY2xJZCI6InciLCJhY3Rpb24iOiIxOTIuMC4yLjc3IiwiaHR0cFJlcXVlc3QiOnsiY2xpZW50SXAiOiIxOTIu" \
    "MC4yLjc3In19"
#define OUT64                                                                                      \
    "eyJ3ZWJhY2xJZCI6InciLCJhY3Rpb24iOiJ+SVAuaHhxbGw2cTZ+IiwiaHR0cFJlcXVlc3QiOnsiY2xpZW50SXAiOiIx" \
    "OTIuMC4yLjAifX0="

static const struct known wrapped[] = {
    {LOG("{\\\"webaclId\\\":\\\"w\\\",\\\"x\\\":1}"), LOG("{\\\"webaclId\\\":\\\"w\\\"}")},
    {LOG("{\\\"webaclId\\\":\\\"w\\\"}\\n"), LOG("{\\\"webaclId\\\":\\\"w\\\"}\\n")},
    {LOG(" \\t{\\n \\\"webaclId\\\":\\n\\\"w\\\"\\r\\n}"),
     LOG(" \\t{\\n \\\"webaclId\\\":\\n\\\"w\\\"\\r\\n}")},
    /* Every spelling stays as it is, also next to what goes. */
    {LOG("{\\u0022x\\u0022:1,\\\"web\\u0061clId\\\":\\\"\\/"
         "\\u00e9\\u00E9\xc3\xa9\\\\n\\\\u00e9\\\"}"),
     LOG("{\\\"web\\u0061clId\\\":\\\"\\/\\u00e9\\u00E9\xc3\xa9\\\\n\\\\u00e9\\\"}")},
    {LOG("{\\\"webaclId\\\":\\\"\\ud83d\\ude00\\\\ud83d\\\\ude00\xf0\x9f\x98\x80\\ud83d\\\","
         "\\\"x\\\":1}"),
     LOG("{\\\"webaclId\\\":\\\"\\ud83d\\ude00\\\\ud83d\\\\ude00\xf0\x9f\x98\x80\\ud83d\\\"}")},
    {LOG("\\u007b\\u0022webaclId\\u0022\\u003a\\u0022w\\u0022\\u002c\\u0022x\\u0022:1\\u007d"),
     LOG("\\u007b\\u0022webaclId\\u0022\\u003a\\u0022w\\u0022\\u007d")},
    /* JSON in JSON in JSON. */
    {LOG("{\\\"log\\\":\\\"{\\\\\\\"webaclId\\\\\\\":\\\\\\\"w\\\\\\\",\\\\\\\"x\\\\\\\":1}\\\","
         "\\\"stream\\\":\\\"stdout\\\"}"),
     LOG("{\\\"log\\\":\\\"{\\\\\\\"webaclId\\\\\\\":\\\\\\\"w\\\\\\\"}\\\",\\\"stream\\\":"
         "\\\"stdout\\\"}")},
    {LOG("{\\\"log\\\":\\\"{\\\\u0022webaclId\\\\u0022:\\\\\\\"\\\\\\\\\\\\\\\"192.0.2.77\\\\\\\","
         "\\\\\\\"httpRequest\\\\\\\":{\\\\\\\"clientIp\\\\\\\":\\\\\\\"192.0.2.77\\\\\\\"}}\\\","
         "\\\"stream\\\":\\\"stdout\\\"}"),
     LOG("{\\\"log\\\":\\\"{\\\\u0022webaclId\\\\u0022:\\\\\\\"\\\\\\\\\\\\\\\"" MARK "\\\\\\\","
         "\\\\\\\"httpRequest\\\\\\\":{\\\\\\\"clientIp\\\\\\\":\\\\\\\"192.0.2.0\\\\\\\"}}\\\","
         "\\\"stream\\\":\\\"stdout\\\"}")},
    /* base64, and what people put into it with a shell. */
    {PUBSUB(IN64), PUBSUB(OUT64)},
    {LOG("{\\\"message\\\":{\\\"data\\\":\\\"" IN64 "\\\"},\\\"subscription\\\":\\\"s\\\"}"),
     LOG("{\\\"message\\\":{\\\"data\\\":\\\"" OUT64 "\\\"},\\\"subscription\\\":\\\"s\\\"}")},
    {PUBSUB("eyJ3ZWJhY2xJZCI6InciLCJ4IjoxfQo="), PUBSUB("eyJ3ZWJhY2xJZCI6IncifQo=")},
    {PUBSUB("ewogIndlYmFjbElkIjogInciLAogIngiOiAxCn0="), PUBSUB("ewogIndlYmFjbElkIjogInciCn0=")},
    /* Objects. */
    {EVENT("\"data\": { \"webaclId\":\"w\" , \"x\":{} } "),
     EVENT("\"data\": { \"webaclId\":\"w\"  } ")},
    {"{\"schema\":{\"type\":\"string\",\"optional\":false},\"payload\":\"{\\\"x\\\":1,"
     "\\\"webaclId\\\":\\\"w\\\"}\"}",
     "{\"schema\":{\"type\":\"string\",\"optional\":false},\"payload\":\"{\\\"webaclId\\\":"
     "\\\"w\\\"}\"}"},
    {LOG("{\\\"specversion\\\":\\\"1.0\\\",\\\"type\\\":\\\"t\\\",\\\"data\\\":{\\\"webaclId\\\":"
         "\\\"w\\\",\\\"x\\\":[1]}}"),
     LOG("{\\\"specversion\\\":\\\"1.0\\\",\\\"type\\\":\\\"t\\\",\\\"data\\\":{\\\"webaclId\\\":"
         "\\\"w\\\"}}")},
    /* Lines around and inside. */
    {"<134>1 - host app 1 - - {\"webaclId\":\"w\",\"x\":1}",
     "<134>1 - host app 1 - - {\"webaclId\":\"w\"}"},
    {LOG("<134>1 - host app 1 - - {\\\"webaclId\\\":\\\"w\\\",\\\"x\\\":1}\\n"),
     LOG("<134>1 - host app 1 - - {\\\"webaclId\\\":\\\"w\\\"}\\n")},
    /* Two records in one envelope. */
    {"{\"stream\":\"stdout\",\"log\":\"{\\\"webaclId\\\":\\\"w\\\",\\\"httpRequest\\\":{"
     "\\\"clientIp\\\":"
     "\\\"192.0.2.77\\\"}}\",\"log_processed\":{\"webaclId\":\"192.0.2.77\",\"x\":1}}",
     "{\"stream\":\"stdout\",\"log\":\"{\\\"webaclId\\\":\\\"w\\\",\\\"httpRequest\\\":{"
     "\\\"clientIp\\\":"
     "\\\"192.0.2.0\\\"}}\",\"log_processed\":{\"webaclId\":\"" MARK "\"}}"},
    /* Control bytes and bytes that are no text, of an inner record. */
    {LOG("{\\\"webaclId\\\":\\\"a\\\\u0001b\\\"}"), LOG("{\\\"webaclId\\\":\\\"a\\\\u0001b\\\"}")},
    {LOG("{\\\"webaclId\\\":\\\"a\\tb\\\",\\\"x\\\":1}"), LOG("{\\\"webaclId\\\":\\\"a\xef\xbf\xbd"
                                                              "b\\\"}")},
    {LOG("{\\\"webaclId\\\":\\\"a\xff"
         "b\\\",\\\"x\\\":1}"),
     LOG("{\\\"webaclId\\\":\\\"a\xef\xbf\xbd"
         "b\\\"}")},
    {PUBSUB("eyJ3ZWJhY2xJZCI6ImH/YiIsIngiOjF9"), PUBSUB("eyJ3ZWJhY2xJZCI6ImHvv71iIn0=")},
};

START_TEST(wrapped_records_are_protected)
{
    check_one(AUTO, &wrapped[_i]);
}
END_TEST

/* ---- What is known in all layers --------------------------------------------------------------
 */

#define INNER(ip)                                                                                  \
    "{\\\"webaclId\\\":\\\"w\\\",\\\"httpRequest\\\":{\\\"clientIp\\\":\\\"" ip "\\\"}}"
#define ECS(more)                                                                                  \
    "{\"ecs\":{\"version\":\"8.11\"},\"@timestamp\":\"2025-11-22T10:00:00.000Z\"," more "}"

#define ACCESS "192.0.2.77 - - [22/Nov/2026:10:15:02 +0000] \\\"GET / HTTP/1.1\\\" 200 12"

static const struct known shared[] = {
    {"{\"log\":\"" INNER("192.0.2.77") "\",\"stream\":\"stdout\",\"tag\":\"at 192.0.2.77\"}",
     "{\"log\":\"" INNER("192.0.2.0") "\",\"stream\":\"stdout\",\"tag\":\"at " MARK "\"}"},
    {"{\"tag\":\"192.0.2.77\",\"log\":\"" INNER("192.0.2.77") "\",\"stream\":\"stdout\"}",
     "{\"tag\":\"" MARK "\",\"log\":\"" INNER("192.0.2.0") "\",\"stream\":\"stdout\"}"},
    {ECS("\"source\":{\"ip\":\"192.0.2.77\"},\"event\":{\"original\":\"{\\\"webaclId\\\":\\\"at "
         "192.0.2.77\\\"}\"}"),
     ECS("\"source\":{\"ip\":\"192.0.2.0\"},\"event\":{\"original\":\"{\\\"webaclId\\\":"
         "\\\"at " MARK "\\\"}\"}")},
    {ECS("\"event\":{\"original\":\"" INNER("192.0.2.77") "\",\"action\":\"192.0.2.77\"}"),
     ECS("\"event\":{\"original\":\"" INNER("192.0.2.0") "\",\"action\":\"" MARK "\"}")},
    /* Annotations of others go in every layer. */
    {"{\"_wafveil\":{\"v\":1},\"log\":\"{\\\"_wafveil\\\":1,\\\"webaclId\\\":\\\"w\\\","
     "\\\"action\\\":\\\"A\\\"}\","
     "\"stream\":\"stdout\"}",
     "{\"log\":\"{\\\"webaclId\\\":\\\"w\\\",\\\"action\\\":\\\"A\\\"}\",\"stream\":\"stdout\"}"},
    {EVENT("\"data\":{\"webaclId\":\"w\",\"_waf\\u0076eil\":1},\"_wafveil\":2"),
     EVENT("\"data\":{\"webaclId\":\"w\"}")},
    /* No record, and no value that may be anything. */
    {ECS("\"event\":{\"original\":\"bob logged in\",\"kind\":\"event\"}"),
     ECS("\"event\":{\"kind\":\"event\"}")},
    /* No record, but a value of a class. */
    {ECS("\"message\":\"bob@example.org logged in\""), ECS("\"message\":\"~EMAIL~ logged in\"")},
    {ECS("\"message\":\"\""), ECS("\"message\":\"\"")},
    {ECS("\"message\":\"{\\\"webaclId\\\":\\\"w\\\"\",\"log\":{\"level\":\"a\"}"),
     ECS("\"log\":{\"level\":\"a\"}")},
    {ECS("\"message\":\" [1]\",\"log\":{\"level\":\"a\"}"), ECS("\"log\":{\"level\":\"a\"}")},
    {ECS("\"message\":\"<x>\",\"log\":{\"level\":\"a\"}"), ECS("\"log\":{\"level\":\"a\"}")},
    {ECS("\"message\":\"CEF:0|a\",\"log\":{\"level\":\"a\"}"), ECS("\"log\":{\"level\":\"a\"}")},
    {ECS("\"message\":{\"x\":5},\"log\":{\"level\":\"a\"}"), ECS("\"log\":{\"level\":\"a\"}")},
    {ECS("\"message\":[\"bob\"],\"log\":{\"level\":\"a\"}"), ECS("\"log\":{\"level\":\"a\"}")},
    {ECS("\"event\":{\"original\":5,\"kind\":\"event\"}"), ECS("\"event\":{\"kind\":\"event\"}")},
    /* An envelope inside of a record that holds none: it goes alone. */
    {ECS("\"event\":{\"original\":\"<134>Nov 22 10:15:02 fw1 app[7]: deny 192.0.2.77\","
         "\"kind\":\"event\"}"),
     ECS("\"event\":{\"kind\":\"event\"}")},
    {ECS("\"event\":{\"kind\":\"event\"},\"message\":\"{\\\"log\\\":\\\"x\\\",\\\"stream\\\":"
         "\\\"stdout\\\"}\""),
     ECS("\"event\":{\"kind\":\"event\"}")},
    /* What looks packed inside of a record is a value. */
    {ECS("\"message\":\"x^\\u0001 bob@example.org\""), ECS("\"message\":\"x^\\u0001 ~EMAIL~\"")},
    /* A value of several lines is no record. */
    {ECS("\"message\":\"" ACCESS "\\n" ACCESS "\""),
     ECS("\"message\":\"~IP~ - - [22/Nov/2026:10:15:02 +0000] \\\"GET / HTTP/1.1\\\" 200 12\\n~IP~ "
         "- "
         "- [22/Nov/2026:10:15:02 +0000] \\\"GET / HTTP/1.1\\\" 200 12\"")},
    /* A mark that the client may have sent makes no record in CEF. */
    {ECS("\"message\":\"by bob@example.org CEF:0|F5|ASM|1|2|3|4|\""),
     ECS("\"message\":\"by ~EMAIL~ CEF:0|F5|ASM|1|2|3|4|\"")},
    {LOG("192.0.2.77 - - [22/Nov/2026:10:15:02 +0000] \\\"GET /?x=CEF:0|F5|ASM|1|2|3|4| "
         "HTTP/1.1\\\" 200 12 \\\"https://www.example.com/?user=bob\\\" \\\"-\\\""),
     LOG("192.0.2.0 - - [22/Nov/2026:10:15:00 +0000] \\\"GET /?x=CEF:0|F5|ASM|1|2|3|4| "
         "HTTP/1.1\\\" 200 12 \\\"-\\\" \\\"-\\\"")},
    /* The one envelope that was read is enough. */
    {"{\"log\":\"junk\",\"log_processed\":{\"webaclId\":\"w\"},\"stream\":\"stdout\"}",
     "{\"log_processed\":{\"webaclId\":\"w\"},\"stream\":\"stdout\"}"},
};

START_TEST(layers_know_each_other)
{
    check_one(AUTO, &shared[_i]);
}
END_TEST

/* ---- What must not come out -------------------------------------------------------------------
 */

static const struct known never[] = {
    {LOG("{\\\"webaclId\\\":\\\"w\\\",\\\"action\\\":\\\"secret"), NULL},
    {LOG("{\\\"webaclId\\\":\\\"w\\\",\\\"action\\\":secret}"), NULL},
    {LOG("{\\\"webaclId\\\":\\\"w\\\"}{\\\"webaclId\\\":\\\"secret\\\"}"), NULL},
    {LOG("{\\\"webaclId\\\":\\\"w\\\"} secret"), NULL},
    /* Lines behind a record in text: one of them is none. */
    {LOG(ACCESS "\\n" ACCESS), NULL},
    {LOG(ACCESS "\\nsecret\\n"), NULL},
    {LOG("2026/11/22 10:15:02 [error] 1#1: *1 x, client: 192.0.2.1\\n2026/11/22 10:15:02 [error] "
         "1#1: "
         "*2 secret, client: 192.0.2.1"),
     NULL},
    {LOG("<13>1 2026-11-22T10:15:02Z h a - - - " ACCESS
         "\\n<13>1 2026-11-22T10:15:02Z h a - - - " ACCESS),
     NULL},
    {LOG("CEF:0|F5|ASM|17|200|SQL|5|src=192.0.2.1 act=blocked\\nsecret"), NULL},
    {LOG("{\\\"webaclId\\\":\\\"w\\nsecret\\\"}"), NULL},
    {LOG("[{\\\"webaclId\\\":\\\"secret\\\"}]"), NULL},
    {LOG("\\\"{\\\\\\\"webaclId\\\\\\\":\\\\\\\"secret\\\\\\\"}\\\""), NULL},
    {LOG(""), NULL},
    {LOG(" "), NULL},
    {"{\"log\":5,\"stream\":\"stdout\"}", NULL},
    {"{\"log\":null,\"stream\":\"stdout\"}", NULL},
    {"{\"log\":[\"{\\\"webaclId\\\":\\\"w\\\"}\"],\"stream\":\"stdout\"}", NULL},
    {"{\"log\":true,\"stream\":\"stdout\"}", NULL},
    {EVENT("\"data\":{\"webaclId\":\"secret\",\"x\":[1}"), NULL},
    {EVENT("\"data\":{\"webaclId\":\"secret\",\"x\":]}"), NULL},
    {EVENT("\"data\":{\"webaclId\":\"secret\",\"x\":\"\\x\"}"), NULL},
    {EVENT("\"data\":{\"unknown\":\"secret\"}"), NULL},
    {PUBSUB("!!!!"), NULL},
    {PUBSUB("eyJ3ZWJhY2xJZCI6InciLCJ4Ijo="), NULL},
    /* 33 levels: limits.depth counts through all layers. */
    {LOG("{\\\"webaclId\\\":\\\"w\\\",\\\"x\\\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]"
         "]]]]]]]]]]]]]]}"),
     NULL},
};

START_TEST(what_cannot_be_read_does_not_come_out)
{
    check_one(AUTO, &never[_i]);
}
END_TEST

/* A record that was cut off somewhere is none, wherever it stands. */
START_TEST(cut_records_do_not_come_out)
{
    static const char record[] =
        "{\"webaclId\":\"w\",\"httpRequest\":{\"clientIp\":\"192.0.2.77\"}}";
    struct engine engine = engine_config(AUTO, NULL, 0);
    for (size_t len = 0; len <= strlen(record); len++) {
        json_t *log = json_pack("{s:s%,s:s}", "log", record, len, "stream", "stdout");
        uint8_t base64[256];
        struct wv_buf buf = wv_buf_of(base64, sizeof base64);
        wv_base64_encode(&buf, (struct wv_slice){(const uint8_t *)record, len});
        json_t *pubsub = json_pack("{s:{s:s%},s:s}", "message", "data", (const char *)base64,
                                   buf.len, "subscription", "s");
        char *texts[] = {json_dumps(log, JSON_COMPACT), json_dumps(pubsub, JSON_COMPACT)};
        for (size_t i = 0; i < WV_COUNT(texts); i++) {
            const struct wv_result *result = &engine_text(&engine, texts[i]).items[0];
            ck_assert_int_eq(result->outcome == WV_PUBLISH, len == strlen(record));
            ck_assert(result->outcome == WV_PUBLISH || result->value.len == 0);
            free(texts[i]);
        }
        json_decref(log);
        json_decref(pubsub);
    }
    engine_fini(&engine);
}
END_TEST

/* Layers inside each other are bounded: what is too deep is not looked at, and does not come out.
 */
START_TEST(nesting_is_bounded)
{
    enum { LAYERS = 4 };
    struct engine engine = engine_config(AUTO, NULL, 0);
    char *text = strdup("{\"webaclId\":\"secret\"}");
    for (int layers = 1; layers <= LAYERS + 2; layers++) {
        json_t *log = json_pack("{s:s,s:s}", "log", text, "stream", "stdout");
        free(text);
        text = json_dumps(log, JSON_COMPACT);
        json_decref(log);
        const struct wv_result *result = &engine_text(&engine, text).items[0];
        ck_assert_int_eq(result->outcome == WV_PUBLISH, layers <= LAYERS);
        ck_assert_int_eq(holds(result->value, "secret"), layers <= LAYERS);
    }
    free(text);
    engine_fini(&engine);
}
END_TEST

/* ---- Verdicts ---------------------------------------------------------------------------------
 */

/* What the input says of records that nobody knows holds for those in envelopes, too. */
START_TEST(undetected_is_obeyed_in_envelopes)
{
    static const char *const records[] = {"{\"x\":1}",
                                          "a line",
                                          LOG("{\\\"x\\\":1}"),
                                          LOG("a line"),
                                          EVENT("\"data\":{\"x\":1}"),
                                          "<134>1 - host app 1 - - a line",
                                          "[\"a line\"]",
                                          "{\"next\":{\"uri\":\"\"},\"data\":[\"a line\"]}"};
    struct engine engine =
        engine_config(CONFIG("auto", ",\"undetected\":\"suppress\"", BARE, ""), NULL, 0);
    for (size_t i = 0; i < WV_COUNT(records); i++) {
        const uint64_t before = wv_worker_tally(engine.worker)->suppressed;
        const struct wv_results results = engine_text(&engine, records[i]);
        ck_assert_msg(results.count == 0, "%s gives %s", records[i],
                      wv_reason_word(results.items[0].reason));
        ck_assert_uint_eq(wv_worker_tally(engine.worker)->suppressed, before + 1);
    }
    engine_fini(&engine);
    engine = engine_config(CONFIG("auto", ",\"undetected\":\"unlisted\"", BARE, ""), NULL, 0);
    check_known(&engine, &(struct known){"{\"x\":1}", "{}"});
    check_known(&engine, &(struct known){LOG("{\\\"x\\\":1}"), LOG("{}")});
    check_known(&engine, &(struct known){EVENT("\"data\":{\"x\":1}"), EVENT("\"data\":{}")});
    engine_fini(&engine);
}
END_TEST

/* An input that names an envelope, and one that names what is inside, read the same. */
START_TEST(named_envelopes_hold_envelopes)
{
    static const char record[] = LOG("{\\\"specversion\\\":\\\"1.0\\\",\\\"type\\\":\\\"t\\\","
                                     "\\\"data\\\":{\\\"webaclId\\\":\\\"w\\\",\\\"x\\\":1}}");
    static const struct known known = {record,
                                       LOG("{\\\"specversion\\\":\\\"1.0\\\",\\\"type\\\":"
                                           "\\\"t\\\",\\\"data\\\":{\\\"webaclId\\\":\\\"w\\\"}}")};
    check_one(AUTO, &known);
    check_one(CONFIG("aws-waf", "", BARE, ""), &known);
    check_one(CONFIG("shipper", "", BARE, ""), &known);
    check_one(CONFIG("cloudevents", "", BARE, ""), &known);
}
END_TEST

/* Whatever a value holds, the record around it has a verdict: only an envelope gives its place to
 * what is inside. */
START_TEST(no_value_makes_a_record_vanish)
{
    static const char *const values[] = {
        "{\\\"messageType\\\":\\\"CONTROL_MESSAGE\\\",\\\"owner\\\":\\\"o\\\",\\\"logGroup\\\":"
        "\\\"g\\\"}",
        "{\\\"next\\\":{\\\"uri\\\":\\\"\\\"},\\\"data\\\":[]}",
        "{\\\"requestId\\\":\\\"r\\\",\\\"timestamp\\\":1,\\\"records\\\":[{\\\"data\\\":\\\"\\\"}]"
        "}",
        "{\\\"records\\\":[{\\\"category\\\":\\\"\\\"}]}",
        "{\\\"next\\\":{\\\"uri\\\":\\\"\\\"},\\\"data\\\":[\\\"junk\\\"]}",
    };
    static const char *const places[] = {
        ECS("\"source\":{\"ip\":\"192.0.2.77\"},\"message\":\"%s\""),
        ECS("\"source\":{\"ip\":\"192.0.2.77\"},\"event\":{\"original\":\"%s\"}")};
    struct engine engine = engine_config(AUTO, NULL, 0);
    for (size_t i = 0; i < WV_COUNT(values) * WV_COUNT(places); i++) {
        char text[1024];
        const char *place = places[i % WV_COUNT(places)];
        const char *hole = strstr(place, "%s");
        snprintf(text, sizeof text, "%.*s%s%s", (int)(hole - place), place,
                 values[i / WV_COUNT(places)], hole + 2);
        const struct wv_results results = engine_text(&engine, text);
        ck_assert_msg(results.count == 1, "%zu results of %s", results.count, text);
        ck_assert(results.items[0].outcome != WV_PUBLISH ||
                  holds(results.items[0].value, "\"192.0.2.0\""));
    }
    engine_fini(&engine);
}
END_TEST

/* An envelope that holds two: what one of them is does not take the other one away. */
START_TEST(records_side_by_side_stay)
{
#define BESIDE(text)                                                                               \
    "{\"log_processed\":{\"webaclId\":\"stays\"},\"stream\":\"stdout\",\"log\":\"" text "\"}"
    static const char *const records[] = {
        BESIDE("{\\\"messageType\\\":\\\"CONTROL_MESSAGE\\\",\\\"owner\\\":\\\"o\\\","
               "\\\"logGroup\\\":\\\"g\\\"}"),
        BESIDE("{\\\"next\\\":{\\\"uri\\\":\\\"\\\"},\\\"data\\\":[]}"),
        BESIDE("{\\\"next\\\":{\\\"uri\\\":\\\"\\\"},\\\"data\\\":[{\\\"webaclId\\\":\\\"w\\\"}]}"),
        BESIDE("a line"),
    };
    struct engine engine = engine_config(AUTO, NULL, 0);
    for (size_t i = 0; i < WV_COUNT(records); i++) {
        const struct wv_results results = engine_text(&engine, records[i]);
        bool stays = false;
        for (size_t k = 0; k < results.count; k++) {
            const struct wv_result *result = &results.items[k];
            stays = stays || result->outcome == WV_REJECT || holds(result->value, "\"stays\"");
        }
        ck_assert_msg(stays, "%zu results of %s", results.count, records[i]);
    }
    engine_fini(&engine);
}
END_TEST

/* Every element of a batch has a verdict, also one that is no record. */
START_TEST(batches_lose_nothing)
{
    static const struct {
        const char *message;
        size_t results;
    } batches[] = {
        {"{\"next\":{\"uri\":\"\"},\"data\":[5,null,[1],true,\"\",{\"webaclId\":\"w\"}]}", 6},
        {"{\"next\":{\"uri\":\"\"},\"data\":{\"webaclId\":\"w\"}}", 1},
        {"{\"next\":{\"uri\":\"\"},\"data\":\"{\\\"webaclId\\\":\\\"w\\\"}\"}", 1},
        {"{\"next\":{\"uri\":\"\"},\"data\":[]}", 0},
        {"{\"deliveryStreamArn\":\"a\",\"records\":[{\"data\":\"eyJ3ZWJhY2xJZCI6InciLCJ4IjoxfQo=\"}"
         ","
         "{\"data\":\"!\"},{\"data\":7}]}",
         3},
        /* Elements without a record. */
        {"{\"deliveryStreamArn\":\"a\",\"records\":[{\"data\":\"eyJ3ZWJhY2xJZCI6InciLCJ4IjoxfQo=\"}"
         ",{\"recordId\":\"1\"},7,\"s\",{},null,[{\"data\":\"eyJ3ZWJhY2xJZCI6InciLCJ4IjoxfQo=\"}]]"
         "}",
         7},
        {"{\"messageType\":\"DATA_MESSAGE\",\"owner\":\"o\",\"logGroup\":\"g\",\"logEvents\":[{"
         "\"id\":"
         "\"2\"},{\"message\":\"{\\\"webaclId\\\":\\\"w\\\"}\"}]}",
         2},
    };
    struct engine engine = engine_config(AUTO, NULL, 0);
    for (size_t i = 0; i < WV_COUNT(batches); i++) {
        const struct wv_results results = engine_text(&engine, batches[i].message);
        ck_assert_msg(results.count == batches[i].results, "%zu results of %s", results.count,
                      batches[i].message);
        ck_assert_uint_eq(results.records, batches[i].results);
    }
    engine_fini(&engine);
}
END_TEST

/* Whose law applies is not for a text inside of a record to say: the client may have written it. */
START_TEST(texts_inside_choose_no_region)
{
    static const char config[] =
        "{\"inputs\":[{\"format\":\"auto\",\"tenant\":{\"name\":\"acme\"}}],"
        "\"outputs\":[{\"name\":\"soc\",\"purpose\":\"security\"}]}";
    static const char labelled[] = "{\\\"webaclId\\\":\\\"w\\\",\\\"labels\\\":[{\\\"name\\\":"
                                   "\\\"awswaf:clientip:geo:country:US\\\"}]}";
    static const char *const messages[] = {
        "hello",
        "CEF:0|F5|ASM|1|2|3|4|cs6=US cs6Label=geo_location",
        "{\\\"webaclId\\\":\\\"w\\\",\\\"httpRequest\\\":{\\\"country\\\":\\\"US\\\"}}",
        labelled,
    };
    struct engine engine = engine_config(config, NULL, 0);
    for (size_t i = 0; i < WV_COUNT(messages); i++) {
        char text[512];
        snprintf(text, sizeof text, ECS("\"message\":\"%s\""), messages[i]);
        const struct wv_results results = engine_text(&engine, text);
        ck_assert_uint_eq(results.count, 1);
        ck_assert_msg(holds(results.items[0].value, "\"pack\":\"unknown@"), "%.*s",
                      (int)results.items[0].value.len, (const char *)results.items[0].value.ptr);
    }
    engine_fini(&engine);
}
END_TEST

/* The place of a reason is one in the message, also when the reason stands inside of a value. */
START_TEST(places_are_in_the_message)
{
    static const struct {
        const char *record;
        const char *from; /* the value that holds the reason */
    } cases[] = {
        {"{\"stream\":\"stdout\",\"tag\":\"a long tag to stand before "
         "it\",\"log\":\"{\\\"webaclId\\\":x}\"}",
         "{\\\"webaclId\\\":x}"},
        {"{\"stream\":\"stdout\",\"tag\":\"a long tag to stand before it\",\"log\":\"a line\"}",
         "a line"},
        {"{\"message\":{\"attributes\":{\"a\":\"b\"},\"data\":\"eyJ3ZWJhY2xJZCI6eH0=\"},"
         "\"subscription\":\"s\"}",
         "eyJ3ZWJhY2xJZCI6eH0="},
    };
    struct engine engine = engine_config(AUTO, NULL, 0);
    for (size_t i = 0; i < WV_COUNT(cases); i++) {
        const struct wv_result *result = &engine_text(&engine, cases[i].record).items[0];
        const size_t from = (size_t)(strstr(cases[i].record, cases[i].from) - cases[i].record);
        ck_assert_int_eq(result->outcome, WV_REJECT);
        ck_assert_msg(result->at + 1 >= from && result->at <= from + strlen(cases[i].from) + 1,
                      "%s at %zu", cases[i].record, result->at);
    }
    engine_fini(&engine);
}
END_TEST

/* ---- Annotations ------------------------------------------------------------------------------
 */

/* What stands right before the annotation; NULL: headers say it. */
static const struct {
    const char *record;
    const char *before;
} annotated[] = {
    {"{\"webaclId\":\"w\"}", "{\"webaclId\":\"w\",\"_wafveil\":{"},
    {LOG("{\\\"webaclId\\\":\\\"w\\\"}"),
     "{\"log\":\"{\\\"webaclId\\\":\\\"w\\\",\\\"_wafveil\\\":{"},
    {LOG("{\\\"webaclId\\\":\\\"w\\\" }\\n"),
     "{\"log\":\"{\\\"webaclId\\\":\\\"w\\\" ,\\\"_wafveil\\\":{"},
    {LOG("{\\\"x\\\":1,\\\"httpRequest\\\":{},\\\"webaclId\\\":\\\"w\\\"}"),
     "{\"log\":\"{\\\"httpRequest\\\":{},\\\"webaclId\\\":\\\"w\\\",\\\"_wafveil\\\":{"},
    {EVENT("\"data\":{\"webaclId\":\"w\"}"), ",\"data\":{\"webaclId\":\"w\",\"_wafveil\":{"},
    {LOG("{\\\"log\\\":\\\"{\\\\\\\"webaclId\\\\\\\":\\\\\\\"w\\\\\\\"}\\\",\\\"stream\\\":"
         "\\\"stdout\\\"}"),
     "{\"log\":\"{\\\"log\\\":\\\"{\\\\\\\"webaclId\\\\\\\":\\\\\\\"w\\\\\\\",\\\\\\\"_"
     "wafveil\\\\\\\":{"},
    {"<134>1 - host app 1 - - {\"webaclId\":\"w\"}", " {\"webaclId\":\"w\",\"_wafveil\":{"},
    {LOG("<134>1 - host app 1 - - {\\\"webaclId\\\":\\\"w\\\"}"),
     " {\\\"webaclId\\\":\\\"w\\\",\\\"_wafveil\\\":{"},
    {PUBSUB("eyJ3ZWJhY2xJZCI6InciLCJ4IjoxfQ=="),
     "\"data\":\"eyJ3ZWJhY2xJZCI6InciLCJfd2FmdmVpbCI6ey"},
    /* A record that is no envelope speaks for what it holds. */
    {ECS("\"event\":{\"original\":\"{\\\"webaclId\\\":\\\"w\\\"}\"}"),
     "\"event\":{\"original\":\"{\\\"webaclId\\\":\\\"w\\\"}\"},\"_wafveil\":{"},
    /* A line cannot say it, but the object around it can. */
    {LOG("CEF:0|F5|ASM|1|1|n|5|act=blocked"), "\"stream\":\"stdout\",\"_wafveil\":{"},
    {"CEF:0|F5|ASM|1|1|n|5|act=blocked", NULL},
    {"<134>1 - host app 1 - - CEF:0|F5|ASM|1|1|n|5|act=blocked", NULL},
};

START_TEST(the_innermost_record_says_what_was_done)
{
    struct engine engine = engine_config(CONFIG("auto", "", "", ""), NULL, 0);
    const struct wv_result *result = &engine_text(&engine, annotated[_i].record).items[0];
    ck_assert_int_eq(result->outcome, WV_PUBLISH);
    if (annotated[_i].before != NULL) {
        ck_assert_msg(holds(result->value, annotated[_i].before), "%.*s", (int)result->value.len,
                      (const char *)result->value.ptr);
        ck_assert_ptr_null(header(result, "wafveil-pack"));
    } else {
        ck_assert(!holds(result->value, "wafveil"));
        ck_assert_ptr_nonnull(header(result, "wafveil-pack"));
    }
    engine_fini(&engine);
}
END_TEST

/* ---- URLs, request lines, JSON in strings, percent-encoded values -----------------------------
 */

static const struct engine_file inner_format = {
    "f.json",
    "{\"format\":\"f\",\"literals\":[\"-\"],\"define\":{\"g\":{\"ip\":\"client_ip\",\"user\":"
    "\"username\","
    "\"k\":\"none\",\"u\":{\"syntax\":\"url\"},\"j\":{\"inside\":\"h\"}},\"h\":{\"k\":\"none\"}},"
    "\"fields\":{\"ip\":\"client_ip\",\"k\":\"none\",\"u\":{\"syntax\":\"url\"},\"us[]\":{"
    "\"syntax\":"
    "\"url\"},\"r\":{\"syntax\":\"request-line\"},\"b\":{\"syntax\":\"url\",\"coding\":\"base64\"},"
    "\"p\":{\"class\":\"user_agent\",\"coding\":\"percent\"},\"q\":{\"class\":\"none\",\"coding\":"
    "\"percent\"},\"j\":{\"inside\":\"g\"},\"js[]\":{\"inside\":\"g\"},\"jf\":{\"inside\":\"g\","
    "\"class\":"
    "\"free_text\"},\"jb\":{\"inside\":\"g\",\"coding\":\"base64\"}}}"};

#define INNER_CONFIG CONFIG("f", "", BARE, ",\"formats\":{\"files\":[\"f.json\"]}")

static const struct known inners[] = {
    /* Parts of a URL; kept parts in their own spelling. */
    {"{\"u\":\"https:\\/\\/bob:pw@shop.example.com:8443\\/a\\/b?q=bob%40example.org&x=1#f\"}",
     "{\"u\":\"https:\\/\\/example.com:8443\\/a\\/b?q=~EMAIL~&x=1#f\"}"},
    {"{\"u\":\"/a\\u003fx=192.0.2.77\",\"ip\":\"192.0.2.77\"}",
     "{\"u\":\"/a\\u003fx=" MARK "\",\"ip\":\"192.0.2.0\"}"},
    {"{\"u\":\"/%31%39%32.0.2.77\",\"ip\":\"192.0.2.77\"}",
     "{\"u\":\"/{ip}\",\"ip\":\"192.0.2.0\"}"},
    {"{\"u\":\"//bob@/a\"}", "{\"u\":\"//{userinfo}@/a\"}"},
    {"{\"u\":\"-\",\"us\":[\"-\",\"/a?b=c\",null]}",
     "{\"u\":\"-\",\"us\":[\"-\",\"/a?b=c\",null]}"},
    {"{\"u\":5,\"us\":[true,{\"a\":1},[\"/a\"]],\"r\":{\"a\":1}}", "{\"us\":[]}"},
    {"{\"r\":\"GET \\/a\\/bob@example.org?x=192.0.2.77 HTTP\\/1.1\",\"ip\":\"192.0.2.77\"}",
     "{\"r\":\"GET /a/{email}?x=" MARK " HTTP\\/1.1\",\"ip\":\"192.0.2.0\"}"},
    {"{\"r\":\"\\u0016\\u0003bob@example.org\"}", "{\"r\":\"\\u0016\\u0003{email}\"}"},
    /* "/a?x=192.0.2.77" */
    {"{\"b\":\"L2E/eD0xOTIuMC4yLjc3\",\"ip\":\"192.0.2.77\"}",
     "{\"b\":\"L2E/eD1+SVAuaHhxbGw2cTZ+\",\"ip\":\"192.0.2.0\"}"},
    {"{\"b\":\"L2E/eD0x!\",\"k\":1}", "{\"k\":1}"},
    {"{\"p\":\"curl%2F8.0\"}", "{\"p\":\"curl/8%20(tool)\"}"},
    {"{\"q\":\"at%20192%2e0.2%2E77\",\"ip\":\"192.0.2.77\"}",
     "{\"q\":\"at%20~IP.hxqll6q6~\",\"ip\":\"192.0.2.0\"}"},
    {"{\"q\":\"100%\\u0025zz%\"}", "{\"q\":\"100%\\u0025zz%\"}"},
    /* JSON in a string. */
    {"{\"j\":\"{\\\"user\\\":\\\"bob\\\",\\\"ip\\\":\\\"192.0.2.77\\\",\\\"u\\\":\\\"\\/"
     "a?x=192.0.2.77\\\","
     "\\\"z\\\":1,\\\"_wafveil\\\":1,\\\"j\\\":\\\"{\\\\\\\"k\\\\\\\":\\\\\\\"192.0.2.77\\\\\\\"}"
     "\\\"}\","
     "\"k\":\"192.0.2.77\"}",
     "{\"j\":\"{\\\"ip\\\":\\\"192.0.2.0\\\",\\\"u\\\":\\\"\\/a?x=" MARK
     "\\\",\\\"j\\\":\\\"{\\\\\\\"k\\\\\\\":"
     "\\\\\\\"" MARK "\\\\\\\"}\\\"}\",\"k\":\"" MARK "\"}"},
    {"{\"js\":[\"{\\\"k\\\":1}\",\"{\\\"k\\\":\",\"\",\"{}\"]}",
     "{\"js\":[\"{\\\"k\\\":1}\",\"\",\"{}\"]}"},
    {"{\"j\":\"bob\",\"jf\":\"bob@example.org\"}", "{\"jf\":\"~EMAIL~\"}"},
    {"{\"j\":\"{\\\"k\\\":1} x\",\"jf\":\"{\\\"k\\\":bob}\",\"k\":2}", "{\"k\":2}"},
    {"{\"j\":{\"k\":1},\"jf\":{\"k\":1},\"k\":2}", "{\"k\":2}"},
    {"{\"jb\":\"eyJrIjoxLCJ1c2VyIjoiYm9iIn0K\"}", "{\"jb\":\"eyJrIjoxfQo=\"}"},
    /* All members of a text go, or all before what stays. */
    {"{\"u\":\"https://bob@\",\"j\":\"{\\\"z\\\":1}\"}", "{\"u\":\"https://\",\"j\":\"{}\"}"},
    {"{\"x\":1,\"j\":\"{\\\"z\\\":1,\\\"user\\\":2,\\\"k\\\":3,\\\"z\\\":4}\",\"x\":2}",
     "{\"j\":\"{\\\"k\\\":3}\"}"},
};

START_TEST(texts_in_values_have_their_parts)
{
    struct engine engine = engine_config(INNER_CONFIG, &inner_format, 1);
    check_known(&engine, &inners[_i]);
    engine_fini(&engine);
}
END_TEST

/* Whatever base64 spells, only text is published. */
START_TEST(texts_behind_base64_are_text)
{
    static const struct known known = {"{\"b\":\"L/8/w3g9/mE=\"}", /* /\xff?\xc3x=\xfea */
                                       "{\"b\":\"L++/vT/vv714Pe+/vWE=\"}"};
    struct engine engine = engine_config(INNER_CONFIG, &inner_format, 1);
    check_known(&engine, &known);
    engine_fini(&engine);
}
END_TEST

/* More texts than there is room for: those beyond it go. */
START_TEST(too_many_texts_go)
{
    enum { TEXTS = 300, ROOM = WV_LAYERS_MAX - 1 };
    struct engine engine = engine_config(INNER_CONFIG, &inner_format, 1);
    char text[TEXTS * 16] = "{\"us\":[";
    for (int i = 0; i < TEXTS; i++) {
        const size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "\"/about\"%s", i + 1 < TEXTS ? "," : "]}");
    }
    const struct wv_result *result = &engine_text(&engine, text).items[0];
    ck_assert_int_eq(result->outcome, WV_PUBLISH);
    ck_assert_uint_eq(result->value.len, strlen("{\"us\":[]}") + ROOM * strlen("\"/about\",") - 1);
    engine_fini(&engine);
}
END_TEST

/* ---- Any record in any envelopes --------------------------------------------------------------
 */

enum { WRAPPED_MAX = 512 * 1024, ROUNDS = 300, NESTED_MAX = 4 };

enum how { AS_STRING, AS_OBJECT, AS_BASE64, AS_LINE, AS_HOW_COUNT };

static const struct envelope {
    const char *before;
    const char *after;
    enum how how;
} envelopes[] = {
    {"{\"log\":\"", "\",\"stream\":\"stdout\"}", AS_STRING},
    {"{ \"stream\" : \"stderr\",\t\"log\" : \"", "\" } ", AS_STRING},
    {"{\"specversion\":\"1.0\",\"type\":\"t\",\"data\":\"", "\"}", AS_STRING},
    {"{\"specversion\":\"1.0\",\"type\":\"t\",\"data\":", "}", AS_OBJECT},
    {"{\"data_base64\":\"", "\",\"type\":\"t\",\"specversion\":\"1.0\"}", AS_BASE64},
    {"{\"message\":{\"data\":\"", "\"},\"subscription\":\"s\"}", AS_BASE64},
    {"{\"schema\":{\"type\":\"struct\",\"optional\":false},\"payload\": ", " }", AS_OBJECT},
    {"{\"payload\":\"", "\",\"schema\":{\"type\":\"string\",\"optional\":true}}", AS_STRING},
    {"{\"ecs\":{\"version\":\"8.11\"},\"event\":{\"kind\":\"event\",\"original\":\"", "\"}}",
     AS_STRING},
    {"<134>1 - host app 1 - - ", "", AS_LINE},
};

struct wrapping {
    uint64_t state;
    uint8_t texts[2][WRAPPED_MAX];
    struct wv_slice text;
    unsigned side;
    const struct envelope *around[NESTED_MAX];
    size_t count;
};

static uint64_t toss(struct wrapping *wrapping, uint64_t sides)
{
    return random_next(&wrapping->state) % sides;
}

/* The code point at `at`, and how long it is. */
static uint32_t code_point(struct wv_slice text, size_t at, size_t *len)
{
    const uint8_t byte = text.ptr[at];
    *len = byte < 0x80 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    uint32_t point = *len == 1 ? byte : byte & (0x7fU >> *len);
    for (size_t i = 1; i < *len; i++) {
        point = point << 6 | (text.ptr[at + i] & 0x3fU);
    }
    return point;
}

static void put_unit(struct wrapping *wrapping, struct wv_buf *buf, uint32_t unit)
{
    char text[8];
    snprintf(text, sizeof text, toss(wrapping, 2) == 0 ? "\\u%04x" : "\\u%04X", unit);
    wv_buf_put(buf, wv_slice_of(text));
}

/* One character in any of the spellings that JSON has for it. */
static void put_spelled(struct wrapping *wrapping, struct wv_buf *buf, struct wv_slice text,
                        size_t *at)
{
    static const char shorts[] = "\"\\/\b\f\n\r\t";
    static const char letters[] = "\"\\/bfnrt";
    size_t len;
    const uint32_t point = code_point(text, *at, &len);
    const char *found = point == 0 || point > 0x7f ? NULL : strchr(shorts, (int)point);
    const bool must = point < 0x20 || point == '"' || point == '\\';
    const uint64_t how = toss(wrapping, 24);
    if (how == 0 && point > 0xffff) {
        put_unit(wrapping, buf, 0xd800 + ((point - 0x10000) >> 10));
        put_unit(wrapping, buf, 0xdc00 + ((point - 0x10000) & 0x3ff));
    } else if (how == 0 || (must && found == NULL)) {
        put_unit(wrapping, buf, point);
    } else if (found != NULL && (must || how < 12)) {
        wv_buf_byte(buf, '\\');
        wv_buf_byte(buf, (uint8_t)letters[found - shorts]);
    } else {
        wv_buf_put(buf, wv_slice_sub(text, *at, *at + len));
    }
    *at += len;
}

/* Puts one more envelope around the text. */
static void wrap(struct wrapping *wrapping, const struct envelope *envelope)
{
    wrapping->side = 1 - wrapping->side;
    struct wv_buf buf = wv_buf_of(wrapping->texts[wrapping->side], WRAPPED_MAX);
    const struct wv_slice text = wrapping->text;
    wv_buf_put(&buf, wv_slice_of(envelope->before));
    if (envelope->how == AS_BASE64) {
        wv_base64_encode(&buf, text);
    } else if (envelope->how == AS_STRING) {
        for (size_t at = 0; at < text.len;) {
            put_spelled(wrapping, &buf, text, &at);
        }
    } else {
        wv_buf_put(&buf, text);
    }
    wv_buf_put(&buf, wv_slice_of(envelope->after));
    ck_assert(wv_buf_take(&buf, &wrapping->text));
    wrapping->around[wrapping->count++] = envelope;
}

/* Takes the envelopes off again: what each of them keeps, it keeps byte for byte. False: it does
 * not. */
static bool unwrap(const struct wrapping *wrapping, struct wv_slice value, uint8_t *memory,
                   struct wv_slice *out)
{
    ck_assert_uint_lt(value.len, WRAPPED_MAX);
    for (size_t i = wrapping->count; i > 0; i--) {
        const struct envelope *envelope = wrapping->around[i - 1];
        const struct wv_slice before = wv_slice_of(envelope->before);
        const struct wv_slice after = wv_slice_of(envelope->after);
        if (value.len < before.len + after.len || !wv_slice_starts(value, before) ||
            !wv_slice_eq(after, wv_slice_sub(value, value.len - after.len, value.len))) {
            return false;
        }
        value = wv_slice_sub(value, before.len, value.len - after.len);
        size_t len = value.len;
        if (envelope->how == AS_STRING) {
            len = wv_text_unescape(value, memory, NULL);
        } else if (envelope->how == AS_BASE64 && !wv_base64_decode(value, memory, &len)) {
            return false;
        }
        if (envelope->how == AS_STRING || envelope->how == AS_BASE64) {
            value = (struct wv_slice){memory, len};
        }
    }
    *out = value;
    return true;
}

/* A record of the corpus, and up to NESTED_MAX envelopes around it; a line only as the last. */
static void make_wrapped(struct wrapping *wrapping, struct wv_slice record, bool identical)
{
    wrapping->text = record;
    wrapping->count = 0;
    const uint64_t count = 1 + toss(wrapping, NESTED_MAX);
    for (uint64_t i = 0; i < count; i++) {
        const struct envelope *envelope = &envelopes[toss(wrapping, WV_COUNT(envelopes))];
        const bool coded = envelope->how == AS_BASE64 && identical; /* is written anew */
        if (i + 1 == count || (envelope->how != AS_LINE && !coded)) {
            wrap(wrapping, envelope);
        }
    }
}

static struct wv_slice next_record(struct wv_corpus *corpus, uint8_t *memory)
{
    struct wv_buf buf = wv_buf_of(memory, WV_CORPUS_RECORD_MAX);
    struct wv_slice record;
    ck_assert(wv_corpus_next(corpus, &buf));
    ck_assert(wv_buf_take(&buf, &record));
    return record;
}

/* Check takes no longer messages. */
static int shown(struct wv_slice text)
{
    return text.len < 1000 ? (int)text.len : 1000;
}

#define KEEPS(class) "\"" class "\":{\"value\":[\"keep\"]}"

/* Keeps everything; the format knows no address, so that nothing is searched for. */
static const struct engine_file
    keeping[] =
        {
            {"p.json",
             "{\"pack\":\"eu\",\"rules\":{" KEEPS("none") "," KEEPS("client_ip") "," KEEPS("forward"
                                                                                           "ed_ip") "," KEEPS("uri_path") "," KEEPS("query") "," KEEPS("host") "," KEEPS("user_agent") "," KEEPS("referer") "," KEEPS("cookie") "," KEEPS("auth_header") "," KEEPS("header") "," KEEPS("body") "," KEEPS("matched_payload") "," KEEPS("username") "," KEEPS("email") "," KEEPS("phone") "," KEEPS("person_name") "," KEEPS("address") "," KEEPS("device_id") "," KEEPS("session_id") "," KEEPS("request_id") "," KEEPS("fingerprint_ja3") "," KEEPS("fingerprint_ja4") "," KEEPS("geo") "," KEEPS("asn") "," KEEPS("client_port") "," KEEPS("server_ip") "," KEEPS("timestamp") "," KEEPS("free_text") "," KEEPS("tenant_ref") "," KEEPS("unlisted") "}}"},
            {"f.json",
             "{\"format\":\"aws-waf\",\"detect\":{\"webaclId\":true},\"fields\":{\"webaclId\":"
             "\"none\",\"action\":\"none\",\"httpRequest.uri\":\"uri_path\",\"httpRequest.args\":"
             "\"query\","
             "\"httpRequest.headers[].name\":\"none\",\"httpRequest.headers[].value\":\"free_"
             "text\","
             "\"labels[].name\":{\"class\":\"none\",\"remove\":\"element\"}}}"},
};

START_TEST(what_is_kept_is_identical)
{
    static struct wrapping wrapping;
    struct engine engine = engine_config(
        CONFIG("auto", "", BARE,
               ",\"packs\":{\"files\":[\"p.json\"]},\"formats\":{\"files\":[\"f.json\"]}"),
        keeping, WV_COUNT(keeping));
    struct wv_corpus corpus;
    uint8_t memory[WV_CORPUS_RECORD_MAX];
    wv_corpus_init(&corpus, 7);
    wrapping.state = 7;
    for (size_t i = 0; i < ROUNDS; i++) {
        make_wrapped(&wrapping, next_record(&corpus, memory), true);
        const struct wv_results results = engine_run(&engine, wrapping.text);
        ck_assert_uint_eq(results.count, 1);
        ck_assert_msg(wv_slice_eq(results.items[0].value, wrapping.text), "%.*s\nbecomes %s\n%.*s",
                      shown(wrapping.text), (const char *)wrapping.text.ptr,
                      wv_reason_word(results.items[0].reason), shown(results.items[0].value),
                      (const char *)results.items[0].value.ptr);
    }
    engine_fini(&engine);
}
END_TEST

START_TEST(wrapped_records_become_what_bare_ones_do)
{
    static struct wrapping wrapping;
    static uint8_t unwrapped[WRAPPED_MAX];
    struct engine engine = engine_config(AUTO, NULL, 0);
    struct wv_corpus corpus;
    uint8_t memory[WV_CORPUS_RECORD_MAX];
    wv_corpus_init(&corpus, 11);
    wrapping.state = 11;
    for (size_t i = 0; i < ROUNDS; i++) {
        const struct wv_slice record = next_record(&corpus, memory);
        make_wrapped(&wrapping, record, false);
        struct wv_slice got = engine_run(&engine, record).items[0].value;
        ck_assert_uint_gt(got.len, 0);
        char *bare = strndup((const char *)got.ptr, got.len);
        const struct wv_results results = engine_run(&engine, wrapping.text);
        ck_assert_uint_eq(results.count, 1);
        ck_assert_msg(unwrap(&wrapping, results.items[0].value, unwrapped, &got) &&
                          wv_slice_eq(got, wv_slice_of(bare)),
                      "%.*s\nbecomes %s\n%.*s\nbare\n%.1000s", shown(wrapping.text),
                      (const char *)wrapping.text.ptr, wv_reason_word(results.items[0].reason),
                      shown(results.items[0].value), (const char *)results.items[0].value.ptr,
                      bare);
        free(bare);
    }
    engine_fini(&engine);
}
END_TEST

/* A record as large as a bare one may be is not lost inside of an envelope. */
START_TEST(large_records_come_out)
{
    enum { HEADERS = 1500 };
    static struct wrapping wrapping;
    struct engine engine = engine_config(AUTO, NULL, 0);
    for (size_t i = 0; i < WV_COUNT(envelopes); i++) {
        struct wv_buf buf = wv_buf_of(wrapping.texts[0], WRAPPED_MAX);
        wv_buf_put(&buf, WV_LIT("{\"webaclId\":\"w\",\"httpRequest\":{\"headers\":["));
        for (int h = 0; h < HEADERS; h++) {
            wv_buf_put(&buf, h == 0 ? (struct wv_slice){0} : WV_LIT(","));
            wv_buf_put(&buf, WV_LIT("{\"name\":\"accept\",\"value\":\"text/html;q=0.9,*/*;q=0.8,"
                                    "application/xhtml+xml;q=0.7,image/webp;q=0.6,image/avif\"}"));
        }
        wv_buf_put(&buf, WV_LIT("]},\"action\":\"last\"}"));
        ck_assert(wv_buf_take(&buf, &wrapping.text));
        wrapping.side = 0;
        wrapping.count = 0;
        wrap(&wrapping, &envelopes[i]);
        const struct wv_result *result = &engine_run(&engine, wrapping.text).items[0];
        ck_assert_msg(result->outcome == WV_PUBLISH, "%s: %s", envelopes[i].before,
                      wv_reason_word(result->reason));
        ck_assert_uint_gt(result->value.len, wrapping.text.len / 2);
    }
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layers");
    TCase *known = tcase_create("known");
    TCase *verdicts = tcase_create("verdicts");
    TCase *random = tcase_create("random");
    tcase_add_loop_test(known, wrapped_records_are_protected, 0, (int)WV_COUNT(wrapped));
    tcase_add_loop_test(known, layers_know_each_other, 0, (int)WV_COUNT(shared));
    tcase_add_loop_test(known, the_innermost_record_says_what_was_done, 0,
                        (int)WV_COUNT(annotated));
    tcase_add_loop_test(known, texts_in_values_have_their_parts, 0, (int)WV_COUNT(inners));
    tcase_add_test(known, texts_behind_base64_are_text);
    tcase_add_test(known, too_many_texts_go);
    suite_add_tcase(suite, known);
    tcase_add_loop_test(verdicts, what_cannot_be_read_does_not_come_out, 0, (int)WV_COUNT(never));
    tcase_add_test(verdicts, cut_records_do_not_come_out);
    tcase_add_test(verdicts, nesting_is_bounded);
    tcase_add_test(verdicts, undetected_is_obeyed_in_envelopes);
    tcase_add_test(verdicts, named_envelopes_hold_envelopes);
    tcase_add_test(verdicts, no_value_makes_a_record_vanish);
    tcase_add_test(verdicts, records_side_by_side_stay);
    tcase_add_test(verdicts, batches_lose_nothing);
    tcase_add_test(verdicts, texts_inside_choose_no_region);
    tcase_add_test(verdicts, places_are_in_the_message);
    suite_add_tcase(suite, verdicts);
    tcase_add_test(random, what_is_kept_is_identical);
    tcase_add_test(random, wrapped_records_become_what_bare_ones_do);
    tcase_add_test(random, large_records_come_out);
    suite_add_tcase(suite, random);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
