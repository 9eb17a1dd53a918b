/* layers.h — what the tests of layers share: one record and what comes out. */
#ifndef WV_TESTS_SUPPORT_LAYERS_H
#define WV_TESTS_SUPPORT_LAYERS_H

#include "support/engine.h"

#include <check.h>

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

static inline void check_known(struct engine *engine, const struct known *known)
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

static inline void check_one(const char *config, const struct known *known)
{
    struct engine engine = engine_config(config, NULL, 0);
    check_known(&engine, known);
    engine_fini(&engine);
}

#define LOG(text)    "{\"log\":\"" text "\",\"stream\":\"stdout\"}"
#define PUBSUB(text) "{\"message\":{\"data\":\"" text "\"},\"subscription\":\"s\"}"
#define EVENT(data)  "{\"specversion\":\"1.0\",\"type\":\"t\"," data "}"
#define MARK         "~IP.hxqll6q6~" /* of 192.0.2.77 in the throwaway keyring */
#define ECS(more)                                                                                  \
    "{\"ecs\":{\"version\":\"8.11\"},\"@timestamp\":\"2025-11-22T10:00:00.000Z\"," more "}"

#endif
