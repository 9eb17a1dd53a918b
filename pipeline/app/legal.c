/* legal.c — the cells of the matrix, and the matrix as a table for a terminal. */
#include "app/legal.h"

#include "app/legal_topics.h"
#include "plan/config.h"
#include "plan/sealing.h"

#include <string.h>

enum { CELL_MAX = 96, CHANGES_MAX = 64, NAME_WIDTH_MAX = 24 };

struct wv_legal_cell wv_legal_cell(const struct wv_legal_page *page, size_t output, size_t pack)
{
    struct wv_legal_cell cell = {{0}, "", ""};
    int32_t next = WV_DAY_NEVER;
    cell.transfer = wv_legal_decide(page->plan, output, pack, page->day, &next);
    if (cell.transfer.allowed) {
        wv_law_day_format(wv_legal_until(page->plan, output, pack, page->day), cell.until);
        return cell;
    }
    for (size_t i = 0; i < CHANGES_MAX && next != WV_DAY_NEVER; i++) {
        int32_t later = WV_DAY_NEVER;
        if (wv_legal_decide(page->plan, output, pack, next, &later).allowed) {
            wv_law_day_format(next, cell.from);
            break;
        }
        next = later;
    }
    return cell;
}

const char *wv_legal_requirement(const struct wv_finding *finding)
{
    const char *bracket = strrchr(finding->text, '[');
    const size_t len = strlen(finding->text);
    return bracket != NULL && finding->text[len - 1] == ']' && bracket[1] >= 'A' &&
                   bracket[1] <= 'Z'
               ? bracket
               : NULL;
}

const char *wv_legal_reader(const struct wv_legal_page *page, size_t output)
{
    const struct wv_recipient *recipient = wv_plan_legal(page->plan)->outputs[output].recipient;
    return recipient == NULL ? "own organisation" : (const char *)recipient->name.ptr;
}

static const char *cell_text(const struct wv_legal_cell *cell, char text[CELL_MAX])
{
    const struct wv_transfer *transfer = &cell->transfer;
    if (!transfer->allowed) {
        (void)snprintf(text, CELL_MAX, "REFUSED %s", wv_transfer_requirement(transfer->reason));
    } else {
        (void)snprintf(text, CELL_MAX, "%s%s%s", transfer->route,
                       cell->until[0] == '\0' ? "" : " until ", cell->until);
    }
    return text;
}

/* How wide a column must be. */
static int width_of(const struct wv_legal_page *page, size_t output)
{
    const struct wv_output *config = &wv_plan_config(page->plan)->outputs[output];
    int width = (int)config->name.len;
    for (size_t pack = 0; pack < wv_plan_packs(page->plan); pack++) {
        if (wv_legal_is_region(page->plan, pack)) {
            char text[CELL_MAX];
            const struct wv_legal_cell cell = wv_legal_cell(page, output, pack);
            const int length = (int)strlen(cell_text(&cell, text));
            width = length > width ? length : width;
        }
    }
    return width;
}

static void put_matrix(const struct wv_legal_page *page, FILE *stream)
{
    const struct wv_config *config = wv_plan_config(page->plan);
    (void)fprintf(stream, "%-*s", NAME_WIDTH_MAX, "region");
    for (size_t output = 0; output < config->output_count; output++) {
        const bool last = output + 1 == config->output_count;
        (void)fprintf(stream, "  %-*s", last ? 0 : width_of(page, output),
                      (const char *)config->outputs[output].name.ptr);
    }
    (void)fputc('\n', stream);
    for (size_t pack = 0; pack < wv_plan_packs(page->plan); pack++) {
        if (!wv_legal_is_region(page->plan, pack)) {
            continue;
        }
        (void)fprintf(stream, "%-*s", NAME_WIDTH_MAX, wv_plan_pack(page->plan, pack).name);
        for (size_t output = 0; output < config->output_count; output++) {
            char text[CELL_MAX];
            const struct wv_legal_cell cell = wv_legal_cell(page, output, pack);
            const bool last = output + 1 == config->output_count;
            (void)fprintf(stream, "  %-*s", last ? 0 : width_of(page, output),
                          cell_text(&cell, text));
        }
        (void)fputc('\n', stream);
    }
}

static void put_reader(const struct wv_legal_page *page, size_t output, FILE *stream)
{
    const struct wv_output *config = &wv_plan_config(page->plan)->outputs[output];
    const struct wv_recipient *recipient = wv_plan_legal(page->plan)->outputs[output].recipient;
    (void)fprintf(stream, "\n%s: %s, on %s, read by %s", (const char *)config->name.ptr,
                  wv_purpose_words[config->purpose], wv_basis_words[config->basis],
                  wv_legal_reader(page, output));
    if (recipient != NULL) {
        (void)fprintf(stream, " in %s", (const char *)recipient->country.ptr);
    }
    if (config->country.len > 0) {
        (void)fprintf(stream, ", topic in %s", (const char *)config->country.ptr);
    }
    (void)fputc('\n', stream);
    uint8_t memory[1024];
    struct wv_buf sealed = wv_buf_of(memory, sizeof memory);
    wv_seal_describe(page->plan, output, &sealed);
    if (sealed.len > 0) {
        (void)fprintf(stream, "  sealed: %.*s\n", (int)sealed.len, (const char *)sealed.mem);
    }
}

static void put_why(const struct wv_legal_page *page, const struct wv_legal_cell *cell, size_t pack,
                    FILE *stream)
{
    const struct wv_transfer *transfer = &cell->transfer;
    (void)fprintf(stream, "  %s → %.*s: ", wv_plan_pack(page->plan, pack).name,
                  WV_SHOW(transfer->country));
    if (!transfer->allowed) {
        (void)fprintf(stream, "%s [%s]", wv_transfer_text(transfer->reason),
                      wv_transfer_requirement(transfer->reason));
    } else if (transfer->by != NULL) {
        (void)fprintf(stream, "%.*s, document %.*s", WV_SHOW(transfer->by->name),
                      WV_SHOW(transfer->by->document));
    }
    if (cell->from[0] != '\0') {
        (void)fprintf(stream, "; allowed from %s", cell->from);
    }
    if (transfer->row != NULL) {
        (void)fprintf(stream, "%s%.*s", transfer->allowed && transfer->by == NULL ? "" : " — ",
                      WV_SHOW(transfer->row->source));
    }
    (void)fputc('\n', stream);
}

static void put_findings(const struct wv_legal_page *page, FILE *stream)
{
    bool any = false;
    for (size_t i = 0; i < wv_report_count(page->report); i++) {
        const struct wv_finding *finding = wv_report_at(page->report, i);
        if (wv_legal_requirement(finding) != NULL) {
            (void)fprintf(stream, "%s  %s%s%s\n", any ? "" : "\nTo be looked at\n",
                          finding->pointer == NULL ? "" : finding->pointer,
                          finding->pointer == NULL ? "" : " ", finding->text);
            any = true;
        }
    }
}

void wv_legal_table(const struct wv_legal_page *page, FILE *stream)
{
    const struct wv_config *config = wv_plan_config(page->plan);
    char day[WV_DAY_TEXT];
    wv_law_day_format(page->day, day);
    (void)fprintf(stream, "Where records may go on %s, plan %s\n\n", day,
                  wv_plan_version(page->plan));
    put_matrix(page, stream);
    for (size_t output = 0; output < config->output_count; output++) {
        put_reader(page, output, stream);
        for (size_t pack = 0; pack < wv_plan_packs(page->plan); pack++) {
            const struct wv_legal_cell cell = wv_legal_cell(page, output, pack);
            if (wv_legal_is_region(page->plan, pack) &&
                (!cell.transfer.allowed || cell.transfer.row != NULL)) {
                put_why(page, &cell, pack, stream);
            }
        }
    }
    wv_legal_topics_table(page->plan, page->topics, page->topic_count, stream);
    put_findings(page, stream);
    (void)fputs("\nREFUSED: the output gets such records without personal data (profile "
                "refused).\n",
                stream);
}
