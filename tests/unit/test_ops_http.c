/*
 * http: an orchestrator restarts or routes by these answers, so each path and status is fixed; and
 * whatever a client sends, it gets nothing else.
 */
#include "ops/health.h"
#include "ops/tries.h"

#include "support/findings.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

static struct state {
    bool live;
    const char *why; /* NULL: ready */
} state;

static struct wv_http_server *server;
static char answer[64 * 1024];

static void collect(struct wv_metrics_writer *writer, void *user)
{
    (void)user;
    wv_metrics_count(writer, WV_METRIC_MESSAGES, (struct wv_labels){NULL, NULL}, 42);
}

static bool live(void *user)
{
    return ((struct state *)user)->live;
}

static bool ready(void *user, struct wv_buf *reason)
{
    const struct state *now = user;
    wv_buf_put(reason, wv_slice_of(now->why));
    return now->why == NULL;
}

static struct wv_http_server *start(const char *listen, struct wv_report *report)
{
    static struct wv_health health = {
        .collect = collect, .live = live, .ready = ready, .user = &state};
    return wv_health_start(wv_slice_of(listen), &health, report);
}

static void set_up(void)
{
    struct wv_report *report = wv_report_new();
    state = (struct state){.live = true};
    server = start("127.0.0.1:0", report);
    findings_are(report, "");
    ck_assert_ptr_nonnull(server);
    ck_assert_uint_ne(wv_http_port(server), 0);
}

static void tear_down(void)
{
    wv_http_stop(server);
}

static int dial(const struct wv_http_server *to)
{
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(wv_http_port(to)),
                                        .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int connection = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(connection, 0);
    ck_assert_int_eq(connect(connection, (const struct sockaddr *)&address, sizeof address), 0);
    return connection;
}

/* Sends the bytes and returns all that comes until the server closes. */
static const char *ask(const char *request)
{
    const int connection = dial(server);
    ck_assert_int_eq(send(connection, request, strlen(request), MSG_NOSIGNAL),
                     (int)strlen(request));
    size_t len = 0;
    for (ssize_t got = 1; got > 0; len += (size_t)got) {
        got = recv(connection, answer + len, sizeof answer - 1 - len, 0);
        if (got < 0) {
            break; /* reset after the answer: it did not read the rest of the request */
        }
    }
    answer[len] = '\0';
    close(connection);
    return answer;
}

static const struct exchange {
    const char *request; /* method, path, and perhaps more */
    bool live;
    const char *why;
    const char *status;
    const char *body;
} exchanges[] = {
    {"GET /livez", true, NULL, "200 OK", "live\n"},
    {"GET /livez", true, "no assignment", "200 OK", "live\n"},
    {"GET /livez", false, NULL, "503 Service Unavailable", "not live\n"},
    {"HEAD /livez", true, NULL, "200 OK", ""},
    {"GET /livez?verbose=1", true, NULL, "200 OK", "live\n"},
    {"GET /readyz", true, NULL, "200 OK", "ready\n"},
    {"GET /readyz", true, "no assignment", "503 Service Unavailable", "not ready: no assignment\n"},
    {"GET /readyz", true, "", "503 Service Unavailable", "not ready\n"},
    {"GET /metrics", true, NULL, "200 OK",
     "# HELP wafveil_messages_total Messages that were read\n"
     "# TYPE wafveil_messages_total counter\n"
     "wafveil_messages_total 42\n"},
    {"HEAD /metrics", true, NULL, "200 OK", ""},
    {"GET /", true, NULL, "404 Not Found", "there are /livez, /readyz and /metrics\n"},
    {"GET /metrics/", true, NULL, "404 Not Found", "there are /livez, /readyz and /metrics\n"},
    {"GET /LIVEZ", true, NULL, "404 Not Found", "there are /livez, /readyz and /metrics\n"},
    {"GET /../metrics", true, NULL, "404 Not Found", "there are /livez, /readyz and /metrics\n"},
    {"POST /metrics", true, NULL, "405 Method Not Allowed", "only GET and HEAD\n"},
    {"DELETE /livez", true, NULL, "405 Method Not Allowed", "only GET and HEAD\n"},
    {"OPTIONS /livez", true, NULL, "405 Method Not Allowed", "only GET and HEAD\n"},
};

START_TEST(answers)
{
    const struct exchange *e = &exchanges[_i];
    state = (struct state){.live = e->live, .why = e->why};
    char request[256];
    (void)snprintf(request, sizeof request,
                   "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
                   e->request);
    const char *got = ask(request);
    const char *body = strstr(got, "\r\n\r\n");
    ck_assert_ptr_nonnull(body);
    ck_assert_str_eq(body + 4, e->body);
    char status[64];
    (void)snprintf(status, sizeof status, "HTTP/1.1 %s\r\n", e->status);
    ck_assert_int_eq(strncmp(got, status, strlen(status)), 0);
    ck_assert_ptr_nonnull(strstr(got, "\r\nCache-Control: no-store\r\n"));
    ck_assert_int_eq(strstr(got, "\r\nAllow: GET, HEAD\r\n") != NULL, e->status[2] == '5');
    const bool is_page = strstr(e->request, "/metrics") != NULL && e->status[0] == '2';
    ck_assert_ptr_nonnull(
        strstr(got, is_page ? "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                            : "\r\nContent-Type: text/plain; charset=utf-8\r\n"));
}
END_TEST

START_TEST(a_reason_that_is_too_long_is_left_out)
{
    static char reason[2000];
    memset(reason, 'x', sizeof reason - 1);
    state.why = reason;
    const char *got = ask("GET /readyz HTTP/1.0\r\n\r\n");
    ck_assert_ptr_nonnull(strstr(got, "\r\n\r\nnot ready\n"));
}
END_TEST

START_TEST(a_request_that_is_too_large_is_refused)
{
    static char request[WV_HTTP_MEMORY * 2];
    memset(request, 'x', sizeof request - 1);
    memcpy(request, "GET /", 5);
    const char *got = ask(request);
    ck_assert_ptr_null(strstr(got, " 200 "));
    ck_assert_ptr_nonnull(strstr(ask("GET /livez HTTP/1.0\r\n\r\n"), " 200 "));
}
END_TEST

START_TEST(clients_that_went_away_make_room)
{
    int idle[WV_HTTP_CLIENTS];
    for (size_t i = 0; i < WV_COUNT(idle); i++) {
        idle[i] = dial(server);
    }
    for (size_t i = 0; i < WV_COUNT(idle); i++) {
        close(idle[i]);
    }
    /* The server notices in its own time that they are gone; until then it may turn one more away.
     */
    bool answered = false;
    for (int attempt = 0; attempt < 100 && !answered; attempt++) {
        answered = strstr(ask("GET /livez HTTP/1.0\r\n\r\n"), " 200 ") != NULL;
        usleep(answered ? 0 : 20000);
    }
    ck_assert(answered);
}
END_TEST

static const struct refusal {
    const char *listen;
    const char *findings;
} refusals[] = {
#define ADVICE ": give an address and a port, as in \"127.0.0.1:9464\" or \"[::1]:9464\"\n"
    {"", "error: cannot listen on \"\"" ADVICE},
    {"9464", "error: cannot listen on \"9464\"" ADVICE},
    {":9464", "error: cannot listen on \":9464\"" ADVICE},
    {"localhost:9464", "error: cannot listen on \"localhost:9464\"" ADVICE},
    {"127.0.0.1:", "error: cannot listen on \"127.0.0.1:\"" ADVICE},
    {"127.0.0.1:65536", "error: cannot listen on \"127.0.0.1:65536\"" ADVICE},
    {"127.0.0.1:4294967376", "error: cannot listen on \"127.0.0.1:4294967376\"" ADVICE},
    {"127.0.0.1:+80", "error: cannot listen on \"127.0.0.1:+80\"" ADVICE},
    {"127.0.0:80", "error: cannot listen on \"127.0.0:80\"" ADVICE},
    {"::1:80", "error: cannot listen on \"::1:80\"" ADVICE},
    {"[::1]", "error: cannot listen on \"[::1]\"" ADVICE},
    {"[]:80", "error: cannot listen on \"[]:80\"" ADVICE},
    {"[127.0.0.1]:80", "error: cannot listen on \"[127.0.0.1]:80\"" ADVICE},
    {"203.0.113.1:0",
     "error: cannot listen on \"203.0.113.1:0\": Cannot assign requested address\n"},
};

START_TEST(refuses_what_is_no_address)
{
    struct wv_report *report = wv_report_new();
    ck_assert_ptr_null(start(refusals[_i].listen, report));
    findings_are(report, refusals[_i].findings);
}
END_TEST

START_TEST(refuses_a_port_that_is_taken)
{
    char listen[32];
    char wanted[128];
    (void)snprintf(listen, sizeof listen, "127.0.0.1:%u", wv_http_port(server));
    (void)snprintf(wanted, sizeof wanted,
                   "error: cannot listen on \"%s\": Address already in use\n", listen);
    struct wv_report *report = wv_report_new();
    ck_assert_ptr_null(start(listen, report));
    findings_are(report, wanted);
}
END_TEST

/* ---- A listener that asks for a token ---------------------------------------------------------
 */

#define TOKEN "0123456789abcdef0123456789abcdef"

static int changes;

static unsigned look(void *user, struct wv_http_body *body)
{
    (void)user;
    wv_http_say(body, WV_LIT("looked\n"));
    return WV_HTTP_OK;
}

static unsigned change(void *user, struct wv_http_body *body)
{
    (void)user;
    changes++;
    wv_http_say(body, WV_LIT("changed\n"));
    return WV_HTTP_CONFLICT;
}

static const struct guarded {
    const char *request;
    const char *header;
    const char *body; /* that is sent */
    const char *status;
    int changes;
} guarded[] = {
    {"GET /look", "Authorization: Bearer " TOKEN, "", "200 OK", 0},
    {"GET /look", "authorization: bearer " TOKEN, "", "200 OK", 0},
    {"POST /change", "Authorization: Bearer " TOKEN, "", "409 Conflict", 1},
    {"POST /change", "Authorization: Bearer " TOKEN, "{\"any\":\"body\"}", "409 Conflict", 1},
    {"GET /change", "Authorization: Bearer " TOKEN, "", "405 Method Not Allowed", 0},
    {"PUT /change", "Authorization: Bearer " TOKEN, "", "405 Method Not Allowed", 0},
    {"POST /look", "Authorization: Bearer " TOKEN, "", "405 Method Not Allowed", 0},
    {"POST /chang", "Authorization: Bearer " TOKEN, "", "404 Not Found", 0},
    {"POST /change", "X: y", "", "401 Unauthorized", 0},
    {"POST /change", "Authorization: Bearer", "", "401 Unauthorized", 0},
    {"POST /change", "Authorization: Bearer ", "", "401 Unauthorized", 0},
    {"POST /change", "Authorization: Bearer " TOKEN "0", "", "401 Unauthorized", 0},
    {"POST /change", "Authorization: Bearer 0123456789abcdef0123456789abcdeF", "",
     "401 Unauthorized", 0},
    {"POST /change", "Authorization: Bearer 0123456789abcdef0123456789abcde", "",
     "401 Unauthorized", 0},
    {"POST /change", "Authorization: Basic " TOKEN, "", "401 Unauthorized", 0},
    {"POST /change?token=" TOKEN, "X: y", "", "401 Unauthorized", 0},
    {"POST /nowhere", "X: y", "", "401 Unauthorized", 0}, /* nobody learns what is there */
};

START_TEST(a_token_guards_what_changes)
{
    static const struct wv_http_route routes[] = {{"/look", false, look},
                                                  {"/change", true, change}};
    const struct wv_http_config config = {.listen = WV_LIT("127.0.0.1:0"),
                                          .token = WV_LIT(TOKEN),
                                          .routes = routes,
                                          .route_count = WV_COUNT(routes)};
    const struct guarded *g = &guarded[_i];
    struct wv_report *report = wv_report_new();
    struct wv_http_server *open = server;
    server = wv_http_start(&config, report);
    findings_are(report, "");
    changes = 0;
    char request[512];
    (void)snprintf(request, sizeof request,
                   "%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\nContent-Length: %zu\r\n"
                   "\r\n%s",
                   g->request, g->header, strlen(g->body), g->body);
    char status[64];
    (void)snprintf(status, sizeof status, "HTTP/1.1 %s\r\n", g->status);
    const char *got = ask(request);
    ck_assert_msg(strncmp(got, status, strlen(status)) == 0, "%s", got);
    ck_assert_int_eq(changes, g->changes);
    ck_assert_int_eq(strstr(got, "\r\nWWW-Authenticate: Bearer\r\n") != NULL,
                     strncmp(g->status, "401", 3) == 0);
    ck_assert_ptr_null(strstr(got, TOKEN));
    wv_http_stop(server);
    server = open;
}
END_TEST

/* ---- Wrong tokens, long bodies ----------------------------------------------------------------
 */

static const char right[] =
    "POST /change HTTP/1.0\r\nAuthorization: Bearer " TOKEN "\r\nContent-Length: 0\r\n\r\n";
static const char wrong[] = "POST /change HTTP/1.0\r\nAuthorization: Bearer "
                            "0123456789abcdef0123456789abcdeF\r\nContent-Length: 0\r\n\r\n";

static const struct wv_http_route change_only[] = {{"/change", true, change}};
static struct wv_http_refusals refusals_counted;
static struct wv_clock_fake fake;

static void listen_guarded(void)
{
    wv_clock_fake_init(&fake, 0);
    refusals_counted = (struct wv_http_refusals){0};
    changes = 0;
    const struct wv_http_config config = {.listen = WV_LIT("127.0.0.1:0"),
                                          .token = WV_LIT(TOKEN),
                                          .routes = change_only,
                                          .route_count = 1,
                                          .refusals = &refusals_counted,
                                          .clock = &fake.clock};
    struct wv_report *report = wv_report_new();
    wv_http_stop(server);
    server = wv_http_start(&config, report);
    findings_are(report, "");
}

/* Guessing ends with the tenth wrong token, also for one that is right; and begins no sooner than a
 * minute after the first. A right token in between forgives nothing. */
START_TEST(wrong_tokens_are_limited)
{
    listen_guarded();
    for (int i = 0; i < WV_TRIES_MAX; i++) {
        ck_assert_ptr_nonnull(strstr(ask(wrong), " 401 "));
        ck_assert(i == WV_TRIES_MAX - 1 || strstr(ask(right), " 409 ") != NULL);
    }
    ck_assert_int_eq(changes, WV_TRIES_MAX - 1);
    const char *got = ask(right);
    ck_assert_ptr_nonnull(strstr(got, " 429 "));
    ck_assert_ptr_nonnull(strstr(got, "\r\nRetry-After: 60\r\n"));
    ck_assert_ptr_nonnull(strstr(ask(wrong), " 429 "));
    wv_clock_fake_advance(&fake, WV_TRIES_WINDOW_S * 1000 - 1);
    ck_assert_ptr_nonnull(strstr(ask(right), " 429 "));
    ck_assert_int_eq(changes, WV_TRIES_MAX - 1);
    ck_assert_uint_eq(atomic_load(&refusals_counted.token), WV_TRIES_MAX);
    ck_assert_uint_eq(atomic_load(&refusals_counted.rate), 3);
    wv_clock_fake_advance(&fake, 1);
    ck_assert_ptr_nonnull(strstr(ask(right), " 409 "));
    ck_assert_ptr_nonnull(strstr(ask(wrong), " 401 "));
}
END_TEST

static struct sockaddr *v4(const char *text)
{
    static struct sockaddr_in address;
    address = (struct sockaddr_in){.sin_family = AF_INET};
    ck_assert_int_eq(inet_pton(AF_INET, text, &address.sin_addr), 1);
    return (struct sockaddr *)&address;
}

static struct sockaddr *v6(const char *text)
{
    static struct sockaddr_in6 address;
    address = (struct sockaddr_in6){.sin6_family = AF_INET6};
    ck_assert_int_eq(inet_pton(AF_INET6, text, &address.sin6_addr), 1);
    return (struct sockaddr *)&address;
}

/* Nobody shuts out others, and nobody gets round it by having many addresses. */
START_TEST(tries_count_by_address)
{
    static struct wv_tries tries;
    for (int i = 1; i <= WV_TRIES_MAX; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "2001:db8:0:1::%x", (unsigned)i);
        ck_assert_int_eq(wv_tries_failed(&tries, v4("192.0.2.1"), 1), i == WV_TRIES_MAX);
        ck_assert_int_eq(wv_tries_failed(&tries, v6(text), 1), i == WV_TRIES_MAX);
    }
    ck_assert_uint_gt(wv_tries_wait_s(&tries, v4("192.0.2.1"), 2), 0);
    ck_assert_uint_gt(wv_tries_wait_s(&tries, v6("2001:db8:0:1::ffff"), 2), 0);
    ck_assert_uint_eq(wv_tries_wait_s(&tries, v4("192.0.2.2"), 2), 0);
    ck_assert_uint_eq(wv_tries_wait_s(&tries, v6("2001:db8:0:2::1"), 2), 0);
    ck_assert_uint_eq(wv_tries_wait_s(&tries, NULL, 2), 0);
    for (int i = 0; i < 4 * WV_TRIES_ADDRESSES; i++) { /* more than there are rows */
        char text[32];
        (void)snprintf(text, sizeof text, "198.51.%d.%d", i / 250, i % 250);
        ck_assert(!wv_tries_failed(&tries, v4(text), 3));
    }
    ck_assert_uint_gt(wv_tries_wait_s(&tries, v4("192.0.2.1"), 4), 0);
}
END_TEST

static const struct sent {
    const char *header;
    const char *status;
} sent[] = {
    {"Content-Length: 4096", " 409 "},
    {"Content-Length: 4097", " 413 "},
    {"Content-Length: 99999999999999", " 413 "},
    {"Transfer-Encoding: chunked", " 413 "},
};

START_TEST(a_long_body_is_not_waited_for)
{
    static char request[8192];
    listen_guarded();
    const int head = snprintf(request, sizeof request,
                              "POST /change HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                              "Authorization: Bearer " TOKEN "\r\n%s\r\n\r\n",
                              sent[_i].header);
    memset(request + head, 'x', WV_HTTP_BODY);
    request[head + WV_HTTP_BODY] = '\0';
    const char *got = ask(request);
    ck_assert_msg(strstr(got, sent[_i].status) != NULL, "%s", got);
    ck_assert_int_eq(changes, strcmp(sent[_i].status, " 409 ") == 0);
}
END_TEST

START_TEST(listens_on_ipv6)
{
    const int probe = socket(AF_INET6, SOCK_STREAM, 0);
    const struct sockaddr_in6 loopback = {.sin6_family = AF_INET6,
                                          .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const bool has_ipv6 =
        probe >= 0 && bind(probe, (const struct sockaddr *)&loopback, sizeof loopback) == 0;
    if (probe >= 0) {
        close(probe);
    }
    struct wv_report *report = wv_report_new();
    struct wv_http_server *other = start("[::1]:0", report);
    ck_assert_int_eq(other != NULL, has_ipv6);
    ck_assert_uint_eq(wv_report_errors(report), has_ipv6 ? 0 : 1);
    ck_assert(other == NULL || wv_http_port(other) != 0);
    wv_http_stop(other);
    wv_http_stop(NULL);
    wv_report_free(report);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("http");
    TCase *tests = tcase_create("http");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 20);
    tcase_add_loop_test(tests, answers, 0, (int)WV_COUNT(exchanges));
    tcase_add_test(tests, a_reason_that_is_too_long_is_left_out);
    tcase_add_test(tests, a_request_that_is_too_large_is_refused);
    tcase_add_test(tests, clients_that_went_away_make_room);
    tcase_add_loop_test(tests, refuses_what_is_no_address, 0, (int)WV_COUNT(refusals));
    tcase_add_test(tests, refuses_a_port_that_is_taken);
    tcase_add_loop_test(tests, a_token_guards_what_changes, 0, (int)WV_COUNT(guarded));
    tcase_add_test(tests, wrong_tokens_are_limited);
    tcase_add_test(tests, tries_count_by_address);
    tcase_add_loop_test(tests, a_long_body_is_not_waited_for, 0, (int)WV_COUNT(sent));
    tcase_add_test(tests, listens_on_ipv6);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
