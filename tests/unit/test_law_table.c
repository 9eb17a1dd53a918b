/*
 * At stake: that personal data goes to a country for which nobody has found a reason. The whole
 * product of origins, destinations and mechanisms stands in tests/vectors/transfers.tsv as people
 * who read the laws have it, and every cell of it is asked of the program. A new origin, or one of
 * the destinations left out, is found by counting.
 */
#include "plan/builtin.h"
#include "plan/law.h"
#include "support/vectors.h"

#include <check.h>

enum { ARENA_BYTES = 16 << 20, CELLS = 7, FIRST = 2, HAS_MAX = 16 };

static const char *const destinations[] = {"DE", "GB", "JP", "US", "US+list",
                                           "IL", "KR", "IN", "CN", "ZZ"};

static struct wv_arena *arena;
static struct wv_report *report;
static struct wv_document *document;
static struct wv_law *law;
static struct vectors table;

static void set_up(void)
{
    const struct wv_builtin *one = wv_builtin_find("law", "transfers");
    arena = wv_arena_new(ARENA_BYTES);
    report = wv_report_new();
    law = wv_law_new(arena);
    document = wv_document_parse("transfers", (struct wv_slice){one->bytes, one->len}, report);
    const struct wv_node root = wv_document_root(document);
    ck_assert(wv_law_add_transfers(law, &root, arena, report));
    table = vectors_load(WV_TEST_VECTORS, "transfers");
}

static void tear_down(void)
{
    vectors_free(&table);
    wv_document_free(document);
    wv_report_free(report);
    wv_arena_free(arena);
}

/* What a recipient has. */
struct having {
    struct wv_safeguard safeguards[HAS_MAX];
    size_t count;
};

static void have(struct having *having, const char *mechanism, int32_t until)
{
    struct wv_safeguard *safeguard = &having->safeguards[having->count++];
    ck_assert_uint_le(having->count, HAS_MAX);
    *safeguard = (struct wv_safeguard){.days = {WV_DAY_FIRST, until}};
    ck_assert_msg(wv_law_mechanism(law, wv_slice_of(mechanism), &safeguard->mechanism), "%s",
                  mechanism);
}

/* The word of one cell, as the program has it. */
static const char *decided(struct wv_slice origin_name, struct wv_slice to, size_t cell)
{
    static const char *const lists[] = {"dpf", "dpf_uk", "dpf_ch"};
    static const char *const each[CELLS] = {NULL, "scc", "idta", "bcr", "consent", "consent"};
    static const bool basis[CELLS] = {[4] = true, [6] = true};
    const bool expired = cell == CELLS - 1;
    int32_t today;
    ck_assert(wv_law_day_parse(WV_LIT("2026-11-22"), &today));
    const int32_t until = expired ? today - 1 : today;
    struct having having = {.count = 0};
    const bool listed = wv_slice_eq(to, WV_LIT("US+list"));
    for (size_t i = 0; listed && i < WV_COUNT(lists); i++) {
        have(&having, lists[i], until);
    }
    for (size_t i = 1; i < CELLS - 1; i++) {
        if (each[i] != NULL && (expired || i == cell)) {
            have(&having, each[i], until);
        }
    }
    const bool own = to.len == 6 && memcmp(to.ptr, "own:", 4) == 0;
    const struct wv_slice country = {to.ptr + (own ? 4 : 0), 2};
    const struct wv_hop hop = {.country = country,
                               .safeguards = having.safeguards,
                               .safeguard_count = having.count,
                               .consent = basis[cell]};
    uint32_t origin = WV_NO_ORIGIN;
    int32_t next = WV_DAY_NEVER;
    if (!wv_law_origin(law, origin_name, &origin)) {
        origin = WV_NO_ORIGIN;
    }
    const struct wv_transfer transfer = wv_law_decide(law, origin, &hop, today, &next);
    ck_assert(transfer.allowed == (transfer.reason == WV_TRANSFER_ALLOWED));
    return transfer.allowed ? transfer.route : wv_transfer_word(transfer.reason);
}

START_TEST(every_cell_is_as_the_laws_have_it)
{
    ck_assert_uint_eq(table.column_count, FIRST + CELLS + 1);
    for (size_t i = 0; i < table.count; i++) {
        const struct wv_slice *fields = table.rows[i].fields;
        for (size_t cell = 0; cell < CELLS; cell++) {
            const char *got = decided(fields[0], fields[1], cell);
            ck_assert_msg(wv_slice_eq(fields[FIRST + cell], wv_slice_of(got)),
                          "%s:%zu: %.*s to %.*s with %.*s: %s, and not %.*s", table.path,
                          table.rows[i].line, WV_SHOW(fields[0]), WV_SHOW(fields[1]),
                          WV_SHOW(table.columns[FIRST + cell]), got, WV_SHOW(fields[FIRST + cell]));
        }
        ck_assert_uint_gt(fields[FIRST + CELLS].len, 0);
    }
}
END_TEST

/* Whether there is exactly one row. */
static bool stands_there(struct wv_slice origin, const char *to)
{
    size_t count = 0;
    for (size_t i = 0; i < table.count; i++) {
        const struct wv_slice *fields = table.rows[i].fields;
        const bool own = fields[1].len == 6 && memcmp(fields[1].ptr, "own:", 4) == 0;
        const struct wv_slice named = own ? (struct wv_slice){fields[1].ptr + 4, 2} : fields[1];
        count += wv_slice_eq(fields[0], origin) && wv_slice_eq(named, wv_slice_of(to));
    }
    return count == 1;
}

static bool has_own(struct wv_slice origin)
{
    size_t count = 0;
    for (size_t i = 0; i < table.count; i++) {
        const struct wv_slice *fields = table.rows[i].fields;
        count += wv_slice_eq(fields[0], origin) && fields[1].len == 6 &&
                 memcmp(fields[1].ptr, "own:", 4) == 0;
    }
    return count == 1;
}

START_TEST(the_product_is_whole)
{
    ck_assert_uint_gt(law->origin_count, 10);
    for (size_t i = 0; i <= law->origin_count; i++) {
        const bool nobody = i == law->origin_count;
        const struct wv_slice origin = nobody ? WV_LIT("unknown") : law->origins[i].name;
        for (size_t k = 0; k < WV_COUNT(destinations); k++) {
            ck_assert_msg(stands_there(origin, destinations[k]), "%.*s to %s", WV_SHOW(origin),
                          destinations[k]);
        }
        ck_assert_msg(nobody || has_own(origin), "%.*s", WV_SHOW(origin));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("law_table");
    TCase *tests = tcase_create("law_table");
    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_add_test(tests, every_cell_is_as_the_laws_have_it);
    tcase_add_test(tests, the_product_is_whole);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
