/*
 * Feeds arbitrary documents to the readers of transfers and of recipients, and asks what they say.
 *
 * A document of transfers adds to the built-in one: what was allowed stays allowed, or a row denies
 * it; what is decided changes on a later day; whatever is refused has a reason with words.
 *
 * Input: one byte that chooses the reader, two that choose the day, then the document.
 */
#include "plan/builtin.h"
#include "plan/law.h"
#include "plan/recipients.h"

enum { HEAD = 3, ARENA_BYTES = 64 << 20, FIRST_DAY = 18000 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct wv_law *builtin_law(struct wv_arena *arena, struct wv_report *report)
{
    const struct wv_builtin *one = wv_builtin_find("law", "transfers");
    wv_ensure(one != NULL);
    const struct wv_slice text = {one->bytes, one->len};
    struct wv_document *document = wv_document_parse("transfers", text, report);
    const struct wv_node root = wv_document_root(document);
    struct wv_law *law = wv_law_new(arena);
    wv_ensure(law != NULL && wv_law_add_transfers(law, &root, arena, report));
    wv_document_free(document);
    return law;
}

/* The rows that were there before are the first ones. */
static void compare(const struct wv_law *law, size_t rows, int32_t day)
{
    static const char *const countries[] = {"DE", "JP", "US", "IL", "GB", "CN", "ZZ"};
    struct wv_law before = *law;
    before.row_count = rows;
    for (uint32_t origin = 0; origin < law->origin_count; origin++) {
        for (size_t i = 0; i < WV_COUNT(countries); i++) {
            const struct wv_hop hop = {.country = wv_slice_of(countries[i])};
            int32_t next = WV_DAY_NEVER;
            const struct wv_transfer was = wv_law_decide(&before, origin, &hop, day, &next);
            next = WV_DAY_NEVER;
            const struct wv_transfer is = wv_law_decide(law, origin, &hop, day, &next);
            wv_ensure(next > day);
            wv_ensure(is.allowed == (is.reason == WV_TRANSFER_ALLOWED));
            wv_ensure(!was.allowed || is.allowed || is.reason == WV_TRANSFER_DENIED);
            wv_ensure(is.allowed ? is.route != NULL : wv_transfer_word(is.reason)[0] != '\0');
        }
    }
}

static void read_transfers(const struct wv_node *root, int32_t day, struct wv_arena *arena,
                           struct wv_report *report)
{
    struct wv_law *law = builtin_law(arena, report);
    const size_t rows = law->row_count;
    const size_t errors = wv_report_errors(report);
    const bool good = wv_law_add_transfers(law, root, arena, report);
    wv_ensure(good == (wv_report_errors(report) == errors));
    compare(law, rows, day);
}

static void read_recipients(const struct wv_node *root, struct wv_arena *arena,
                            struct wv_report *report)
{
    struct wv_config config = {0};
    const bool good = wv_recipients_read(root, &config, arena, report);
    wv_ensure(good == (wv_report_errors(report) == 0));
    for (size_t i = 0; i < config.recipient_count; i++) {
        const struct wv_recipient *recipient = &config.recipients[i];
        wv_ensure(wv_recipient_find(&config, recipient->name) == recipient);
        wv_ensure(recipient->country.len == 2);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD) {
        return 0;
    }
    const struct wv_slice text = {data + HEAD, size - HEAD};
    struct wv_report *report = wv_report_new();
    struct wv_arena *arena = wv_arena_new(ARENA_BYTES);
    struct wv_document *document = wv_document_parse("fuzz", text, report);
    wv_ensure(arena != NULL);
    if (document != NULL) {
        const struct wv_node root = wv_document_root(document);
        if (data[0] % 2 == 0) {
            read_transfers(&root, FIRST_DAY + (data[1] << 4 | data[2] % 16), arena, report);
        } else {
            read_recipients(&root, arena, report);
        }
    }
    wv_document_free(document);
    wv_arena_free(arena);
    wv_report_free(report);
    return 0;
}
