/*
 * At stake: what logs hold beside good values. One case each, in a format that has it: what others
 * have hidden, ports, lists, text where an address should stand, cut values, integers that no
 * double can hold, members twice, lone surrogates, and headers in each of the shapes that firewalls
 * write.
 */
#include "support/layers.h"

static const struct known cases[] = {
    /* What a vendor has hidden already. */
    {"{\"timestamp\":1,\"webaclId\":\"w\",\"action\":\"ALLOW\",\"httpRequest\":{\"clientIp\":\"192."
     "0.2.77\",\"args\":\"REDACTED\",\"uri\":\"REDACTED\",\"headers\":[{\"name\":\"Cookie\","
     "\"value\":\"REDACTED\"},{\"name\":\"Authorization\",\"value\":\"REDACTED\"}]}}",
     "{\"timestamp\":0,\"webaclId\":\"w\",\"action\":\"ALLOW\",\"httpRequest\":{\"clientIp\":\"192."
     "0.2.0\",\"args\":\"REDACTED\",\"uri\":\"REDACTED\",\"headers\":[{\"name\":\"Cookie\","
     "\"value\":\"REDACTED\"},{\"name\":\"Authorization\",\"value\":\"REDACTED\"}]}}"},
    {"{\"RayID\":\"r\",\"Action\":\"block\",\"ClientRequestHost\":\"shop.example.com\","
     "\"ClientIP\":\"192.0.2.77\",\"ClientRequestQuery\":\"REDACTED\"}",
     "{\"Action\":\"block\",\"ClientRequestHost\":\"example.com\",\"ClientIP\":\"192.0.2.0\","
     "\"ClientRequestQuery\":\"REDACTED\"}"},
    /* A port behind the address. */
    {"{\"time\":\"2026-11-22T10:15:02Z\",\"category\":\"ApplicationGatewayFirewallLog\","
     "\"resourceId\":\"/x\",\"properties\":{\"clientIp\":\"192.0.2.77:4711\",\"requestUri\":\"/"
     "a?x=192.0.2.77\",\"hostname\":\"web.example.org\"}}",
     "{\"time\":\"2026-11-22T10:15:00Z\",\"category\":\"ApplicationGatewayFirewallLog\","
     "\"resourceId\":\"/x\",\"properties\":{\"clientIp\":\"192.0.2.0\",\"requestUri\":\"/a?x=" MARK
     "\",\"hostname\":\"example.org\"}}"},
    /* A name of a host where an address stands, and text of an attacker. */
    {"{\"time\":\"2026-11-22T10:15:02Z\",\"category\":\"ApplicationGatewayFirewallLog\","
     "\"resourceId\":\"/"
     "x\",\"properties\":{\"clientIp\":\"laptop-of-ann.example.org\",\"requestUri\":\"/a\"}}",
     "{\"time\":\"2026-11-22T10:15:00Z\",\"category\":\"ApplicationGatewayFirewallLog\","
     "\"resourceId\":\"/x\",\"properties\":{\"requestUri\":\"/a\"}}"},
    {"{\"time\":\"2026-11-22T10:15:02Z\",\"category\":\"ApplicationGatewayFirewallLog\","
     "\"resourceId\":\"/x\",\"properties\":{\"clientIp\":\"' or 1=1-- "
     "bob@example.org\",\"requestUri\":\"/a\"}}",
     "{\"time\":\"2026-11-22T10:15:00Z\",\"category\":\"ApplicationGatewayFirewallLog\","
     "\"resourceId\":\"/x\",\"properties\":{\"requestUri\":\"/a\"}}"},
    /* A list of addresses with text of an attacker in it. */
    {"{\"remote_addr\":\"192.0.2.77\",\"request\":\"GET /a "
     "HTTP/1.1\",\"http_x_forwarded_for\":\"198.51.100.7, unknown, 2001:db8::7, ' or 1=1-- "
     "bob\",\"status\":403}",
     "{\"remote_addr\":\"192.0.2.0\",\"request\":\"GET /a "
     "HTTP/1.1\",\"http_x_forwarded_for\":\"for=unknown, for=unknown, for=unknown, "
     "for=unknown\",\"status\":403}"},
    /* Values that were cut: in an address, in an escape, in a word. */
    {"{\"remote_addr\":\"192.0.2.77\",\"request\":\"GET /a?mail=bob%40example.o\",\"status\":403}",
     "{\"remote_addr\":\"192.0.2.0\",\"request\":\"GET /a?mail=~USER~\",\"status\":403}"},
    {"{\"remote_addr\":\"192.0.2.77\",\"request\":\"GET "
     "/a?x=1&y=bob%40example.org%\",\"status\":403}",
     "{\"remote_addr\":\"192.0.2.0\",\"request\":\"GET /a?x=1&y=~EMAIL~%\",\"status\":403}"},
    {"{\"remote_addr\":\"192.0.2.77\",\"request\":\"GET /a "
     "HTTP/1.1\",\"http_user_agent\":\"Mozilla/5.0 (Windows NT 10.0; Win64; x64) "
     "AppleWebK\",\"status\":403}",
     "{\"remote_addr\":\"192.0.2.0\",\"request\":\"GET /a HTTP/1.1\",\"http_user_agent\":\"other "
     "(Windows; desktop)\",\"status\":403}"},
    /* A record that was cut. */
    {"{\"remote_addr\":\"192.0.2.77\",\"request\":\"GET /a "
     "HTTP/1.1\",\"status\":403,\"request_time\":0.12",
     NULL},
    /* Integers above 2^53, of which kept ones keep their digits. */
    {"{\"RayID\":\"r\",\"Action\":\"block\",\"Datetime\":1763802611000000123,\"ClientIP\":\"192.0."
     "2.77\",\"ClientRequestHost\":\"shop.example.com\",\"MatchIndex\":9007199254740993}",
     "{\"Action\":\"block\",\"Datetime\":1763802600000000000,\"ClientIP\":\"192.0.2.0\","
     "\"ClientRequestHost\":\"example.com\",\"MatchIndex\":9007199254740993}"},
    /* A member twice. */
    {"{\"remote_addr\":\"192.0.2.77\",\"remote_addr\":\"198.51.100.7\",\"request\":\"GET /a "
     "HTTP/1.1\",\"status\":403}",
     "{\"remote_addr\":\"192.0.2.0\",\"remote_addr\":\"198.51.100.0\",\"request\":\"GET /a "
     "HTTP/1.1\",\"status\":403}"},
    /* Lone surrogates and control bytes. */
    {"{\"remote_addr\":\"192.0.2.77\",\"request\":\"GET /\\ud800\\u0000\\u001b "
     "HTTP/1.1\",\"http_referer\":\"\\udfff\",\"status\":403}",
     "{\"remote_addr\":\"192.0.2.0\",\"request\":\"GET /\\ud800\\u0000\\u001b "
     "HTTP/1.1\",\"status\":403}"},
    /* Headers: array of objects, object of strings, object of arrays, array of arrays, */
    {"{\"timestamp\":1,\"webaclId\":\"w\",\"action\":\"ALLOW\",\"httpRequest\":{\"clientIp\":\"192."
     "0.2.77\",\"headers\":[{\"name\":\"Cookie\",\"value\":\"sid=s3cret\"},{\"name\":\"X-Forwarded-"
     "For\",\"value\":\"192.0.2.77\"}]}}",
     "{\"timestamp\":0,\"webaclId\":\"w\",\"action\":\"ALLOW\",\"httpRequest\":{\"clientIp\":\"192."
     "0.2.0\",\"headers\":[{\"name\":\"Cookie\",\"value\":\"sid\"},{\"name\":\"X-Forwarded-For\","
     "\"value\":\"192.0.2.0\"}]}}"},
    {"{\"transaction\":{\"client_ip\":\"192.0.2.77\",\"time_stamp\":\"Sun Nov 22 10:15:02 "
     "2026\",\"request\":{\"method\":\"GET\",\"uri\":\"/"
     "\",\"headers\":{\"Cookie\":\"sid=s3cret\",\"X-Forwarded-For\":\"192.0.2.77\"}},\"response\":{"
     "\"http_code\":200}}}",
     "{\"transaction\":{\"client_ip\":\"192.0.2.0\",\"time_stamp\":\"Sun Nov 22 10:15:00 "
     "2026\",\"request\":{\"method\":\"GET\",\"uri\":\"/"
     "\",\"headers\":{\"Cookie\":\"sid\",\"X-Forwarded-For\":\"192.0.2.0\"}},\"response\":{\"http_"
     "code\":200}}}"},
    {"{\"transaction\":{\"timestamp\":\"2026/11/22 "
     "10:15:02\",\"unix_timestamp\":1763802611000000123,\"client_ip\":\"192.0.2.77\",\"request\":{"
     "\"method\":\"GET\",\"uri\":\"/"
     "\",\"headers\":{\"cookie\":[\"sid=s3cret\"],\"x-forwarded-for\":[\"192.0.2.77\",\"198.51.100."
     "7\"]}}},\"messages\":[]}",
     "{\"transaction\":{\"timestamp\":\"2026/11/22 "
     "10:15:00\",\"unix_timestamp\":1763802600000000000,\"client_ip\":\"192.0.2.0\",\"request\":{"
     "\"method\":\"GET\",\"uri\":\"/"
     "\",\"headers\":{\"cookie\":[\"sid\"],\"x-forwarded-for\":[\"192.0.2.0\",\"198.51.100.0\"]}}},"
     "\"messages\":[]}"},
    {"{\"id\":\"1\",\"timestamp\":\"2026-11-22T10:15:02Z\",\"remoteIP\":\"192.0.2.77\","
     "\"serverHostname\":\"h\",\"headersIn\":[[\"Cookie\",\"sid=s3cret\"],[\"X-Forwarded-For\","
     "\"192.0.2.77\"]],\"tags\":[]}",
     "{\"timestamp\":\"2026-11-22T10:15:00Z\",\"remoteIP\":\"192.0.2.0\",\"serverHostname\":\"h\","
     "\"headersIn\":[[\"Cookie\",\"sid\"],[\"X-Forwarded-For\",\"192.0.2.0\"]],\"tags\":[]}"},
    /* array of objects in text, raw text. */
    {"CEF:0|Incapsula|SIEMintegration|1|1|SQL|5|src=192.0.2.77 "
     "additionalReqHeaders=[{\"Cookie\":\"sid\\=s3cret\"},{\"X-Forwarded-For\":\"192.0.2.77\"}] "
     "act=x",
     "CEF:0|Incapsula|SIEMintegration|1|1|SQL|5|src=192.0.2.0 act=x"},
    {"CEF:0|F5|ASM|17|200|SQL|5|src=192.0.2.77 act=blocked cs3Label=full_request cs3=GET / "
     "HTTP/1.1\\r\\nCookie: sid\\=s3cret\\r\\nX-Forwarded-For: 192.0.2.77",
     "CEF:0|F5|ASM|17|200|SQL|5|src=192.0.2.0 act=blocked cs3Label=full_request "},
    /* A line whose columns have moved. */
    {"http 2026-11-22T10:15:05.364000Z app/shop/50dc6c495c0c9188 192.0.2.9:2817 -1 -1 -1 301 - 220 "
     "420 \"GET http://anna:secret@www.example.com:80/u?mail=anna%40example.org HTTP/1.1\" "
     "\"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Version/18.1 Mobile/15E148 Safari/604.1\" - - - "
     "\"Root=1-6921a0b9-1bdf277e1ec7627716dfa10c\" \"-\" \"-\" 5 2026-11-22T10:15:05.363000Z "
     "\"redirect\" \"https://www.example.com:443/u?mail=anna%40example.org\" \"-\" \"-\" \"-\" "
     "\"-\" \"-\" TID_a1b2c3d4e5f67890abcdef1234567892 \"-\" \"-\" \"-\"",
     NULL},
    {"http 2026-11-22T10:15:05.364000Z app/shop/50dc6c495c0c9188 192.0.2.9:2817 x - -1 -1 -1 301 - "
     "220 420 \"GET http://anna:secret@www.example.com:80/u?mail=anna%40example.org HTTP/1.1\" "
     "\"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
     "Gecko) Version/18.1 Mobile/15E148 Safari/604.1\" - - - "
     "\"Root=1-6921a0b9-1bdf277e1ec7627716dfa10c\" \"-\" \"-\" 5 2026-11-22T10:15:05.363000Z "
     "\"redirect\" \"https://www.example.com:443/u?mail=anna%40example.org\" \"-\" \"-\" \"-\" "
     "\"-\" \"-\" TID_a1b2c3d4e5f67890abcdef1234567892 \"-\" \"-\" \"-\"",
     NULL},
    {"2026-11-22\t10:15:02\tFRA56-P3\t4231\t203.0.113.40\tGET\tx\td111111abcdef8.cloudfront.net\t/"
     "catalogue/garden\t200\thttps://www.example.com/\tMozilla/"
     "5.0%20(X11;%20Linux%20x86_64;%20rv:145.0)%20Gecko/20100101%20Firefox/"
     "145.0\tpage=2&sort=price\t-\tHit\tSOX4xwn4XV6Q4rgb7XiVGOHms_BGlTAC4KyHmureZmBNrjGdRLiNIQ=="
     "\tshop.example.com\thttps\t231\t0.041\t-\tTLSv1.3\tTLS_AES_128_GCM_SHA256\tHit\tHTTP/"
     "2.0\t-\t-\t46532\t0.041\tHit\ttext/html\t4011\t-\t-",
     NULL},
};

START_TEST(odd_values_are_protected)
{
    check_one(AUTO, &cases[_i]);
}
END_TEST

/* Shapes of headers that no built-in format has yet: JSON in a string, and text in which lines are
 * spelled somehow. Text that may hold any header goes. */
static const struct engine_file shapes = {"f.json",
                                          "{\"format\":\"f\",\"define\":{\"h\":{\"{}\":{"
                                          "\"classes\":\"http-headers\"}}},\"fields\":{\"ip\":"
                                          "\"client_ip\",\"json\":{\"inside\":\"h\"},\"coded\":{"
                                          "\"class\":\"body\",\"coding\":\"percent\"},"
                                          "\"lines\":\"body\"}}"};

static const struct known shaped[] = {
    {"{\"ip\":\"192.0.2.77\",\"json\":\"{\\\"Cookie\\\":\\\"sid=s3cret\\\",\\\"X-Forwarded-For\\\":"
     "\\\"192.0.2.77\\\"}\"}",
     "{\"ip\":\"192.0.2.0\",\"json\":\"{\\\"Cookie\\\":\\\"sid\\\",\\\"X-Forwarded-For\\\":"
     "\\\"192.0.2.0\\\"}\"}"},
    {"{\"coded\":\"Cookie%3A%20sid%3Ds3cret%0D%0AX-Forwarded-For%3A%20192.0.2.77\",\"ip\":"
     "\"192.0.2.77\"}",
     "{\"coded\":\"-\",\"ip\":\"192.0.2.0\"}"},
    {"{\"lines\":\"Cookie: sid=s3cret#011X-Forwarded-For: 192.0.2.77\",\"ip\":\"192.0.2.77\"}",
     "{\"ip\":\"192.0.2.0\"}"},
    {"{\"lines\":\"Cookie: sid=s3cret\\r\\nX-Forwarded-For: 192.0.2.77\",\"ip\":\"192.0.2.77\"}",
     "{\"ip\":\"192.0.2.0\"}"},
};

START_TEST(headers_of_any_shape_are_protected)
{
    struct engine engine =
        engine_config(CONFIG("f", "", BARE, ",\"formats\":{\"files\":[\"f.json\"]}"), &shapes, 1);
    check_known(&engine, &shaped[_i]);
    engine_fini(&engine);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("format_cases");
    TCase *tests = tcase_create("known");
    tcase_add_loop_test(tests, odd_values_are_protected, 0, (int)WV_COUNT(cases));
    tcase_add_loop_test(tests, headers_of_any_shape_are_protected, 0, (int)WV_COUNT(shaped));
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
