/*
 * At stake: what a shipper wraps in a string is the same record, and attackers know it. Every text
 * inside of a value must be protected as if it stood alone, whatever its escaping; what is known in
 * one layer must be known in all; what nobody touched must stay byte for byte; and a layer that
 * cannot be read must not come out, nor make anything else vanish.
 */
#include "base/base64.h"
#include "support/layers.h"

#include <jansson.h>

/* ---- Records in values ------------------------------------------------------------------------
 */

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
    {LOG(ACCESS "\\rsecret"), NULL},
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

/* Nor whose record it is, by which its region is chosen and its tokens are made. */
START_TEST(texts_inside_choose_no_tenant)
{
    static const char config[] =
        "{\"inputs\":[{\"format\":\"auto\",\"tenant\":{\"from\":\"webacl\","
        "\"table\":\"tenants.json\"}}],\"regions\":[{\"from\":\"tenant\"}],"
        "\"outputs\":[{\"name\":\"soc\",\"purpose\":\"security\"}]}";
    const struct engine_file tenants = {"tenants.json",
                                        "{\"w\":{\"tenant\":\"acme\",\"region\":\"us\"}}"};
    struct engine engine = engine_config(config, &tenants, 1);
    struct wv_results results = engine_text(&engine, "{\"webaclId\":\"w\",\"action\":\"A\"}");
    ck_assert(holds(results.items[0].value, "\"pack\":\"us@"));
    results = engine_text(&engine, ECS("\"message\":\"{\\\"webaclId\\\":\\\"w\\\"}\""));
    ck_assert_uint_eq(results.count, 1);
    ck_assert_msg(holds(results.items[0].value, "\"pack\":\"unknown@"), "%.*s",
                  (int)results.items[0].value.len, (const char *)results.items[0].value.ptr);
    results = engine_text(&engine, LOG("{\\\"webaclId\\\":\\\"w\\\"}"));
    ck_assert(holds(results.items[0].value, "us@")); /* a wrapper's text is the record */
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

int main(void)
{
    Suite *suite = suite_create("layers");
    TCase *known = tcase_create("known");
    TCase *verdicts = tcase_create("verdicts");
    tcase_add_loop_test(known, wrapped_records_are_protected, 0, (int)WV_COUNT(wrapped));
    tcase_add_loop_test(known, layers_know_each_other, 0, (int)WV_COUNT(shared));
    tcase_add_loop_test(known, the_innermost_record_says_what_was_done, 0,
                        (int)WV_COUNT(annotated));
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
    tcase_add_test(verdicts, texts_inside_choose_no_tenant);
    tcase_add_test(verdicts, places_are_in_the_message);
    suite_add_tcase(suite, verdicts);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
