/*
 * subject.c — domain by domain and day by day through a span.
 */
#include "app/subject.h"

#include "app/subject_makes.h"
#include "base/wipe.h"
#include "filters/ip_encrypt.h"
#include "keys/epoch.h"
#include "plan/tables.h"

#include <stdlib.h>

struct work {
    const struct wv_plan *plan;
    const struct wv_subject_request *request;
    struct wv_subject_found *found;
    struct wv_report *report;
    struct wv_tokens *tokens;
    uint8_t *canonical;
    size_t canonical_room;
    size_t row_room;
    size_t domain_room;
    struct wv_subject_makes
        *makes;                  /* by output, unknown tenant and pack; count SIZE_MAX: not yet */
    struct wv_subject_makes all; /* of the whole plan */
};

/* A row that goes on while nothing changes. */
struct open {
    size_t row;
    int64_t until; /* the first day on which it may be another one */
};

static bool short_of_memory(const struct work *work)
{
    return wv_report_add(work->report, (struct wv_finding){0}, "there is no memory left");
}

/* ---- Rows -------------------------------------------------------------------------------------
 */

static bool add_row(struct work *work, const struct wv_subject_row *row)
{
    struct wv_subject_found *found = work->found;
    if (found->row_count == WV_SUBJECT_ROWS_MAX) {
        return wv_report_add(work->report, (struct wv_finding){0},
                             "there would be more than %d tokens: ask for fewer days, or for one "
                             "--tenant or --output at a time",
                             WV_SUBJECT_ROWS_MAX);
    }
    if (found->row_count == work->row_room) {
        const size_t room = work->row_room == 0 ? 256 : 2 * work->row_room;
        struct wv_subject_row *rows = realloc(found->rows, room * sizeof *rows);
        if (rows == NULL) {
            return short_of_memory(work);
        }
        found->rows = rows;
        work->row_room = room;
    }
    found->rows[found->row_count++] = *row;
    found->counts[row->what]++;
    return true;
}

/* The row goes on to the day, or another one begins. */
static bool go_on(struct work *work, struct open *open, const struct wv_subject_row *row)
{
    struct wv_subject_row *last = open->row == SIZE_MAX ? NULL : &work->found->rows[open->row];
    if (last != NULL && last->what == row->what && last->to_day + 1 == row->from_day &&
        wv_slice_eq(wv_token_slice(&last->token), wv_token_slice(&row->token)) &&
        wv_address_eq(&last->address, &row->address)) {
        last->to_day = row->to_day;
        return true;
    }
    open->row = work->found->row_count;
    return add_row(work, row);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* ---- One domain -------------------------------------------------------------------------------
 */

static bool make_canonical(const struct work *work, const struct wv_subject_make *make,
                           struct wv_slice *out)
{
    const struct wv_subject_value *value = &work->request->value;
    const enum wv_kind kind = make->lower ? WV_KIND_EMAIL : (enum wv_kind)make->kind;
    if (kind == WV_KIND_IP && !value->is_address) {
        return false;
    }
    *out = kind == WV_KIND_IP ? wv_address_canonical(&value->address, work->canonical)
                              : wv_canonical_text(kind, value->text, work->canonical);
    return true;
}

/* The first day behind `day` on which the token can be another one. */
static int64_t end_of(const struct wv_epoch *epoch, int64_t day, uint32_t days)
{
    const int64_t end = epoch->until_s / WV_DAY_S;
    if (days == 0 || (epoch->days != 0 && days >= epoch->days)) {
        return end;
    }
    const struct wv_epoch_span span = wv_epoch_span_of(day, days);
    return smaller(end, span.first + span.days);
}

static bool put_token(struct work *work, struct wv_slice domain, const struct wv_epoch *epoch,
                      const struct wv_subject_make *make, int64_t day, struct open *open)
{
    const struct wv_token_key key = {.domain = domain,
                                     .time_s = day * WV_DAY_S,
                                     .days = make->days,
                                     .kind = (enum wv_kind)make->kind};
    struct wv_subject_row row = {
        .what = WV_SUBJECT_TOKEN, .kind = make->kind, .of_key = make->of_key, .from_day = day};
    struct wv_slice canonical;
    open->until = end_of(epoch, day, make->days);
    row.to_day = smaller(open->until - 1, work->request->to_day);
    if (!make_canonical(work, make, &canonical)) {
        return true;
    }
    return wv_tokens_make(work->tokens, &key, canonical, &row.token) ? go_on(work, open, &row)
                                                                     : short_of_memory(work);
}

static bool put_address(struct work *work, struct wv_slice domain, const struct wv_epoch *epoch,
                        int64_t day, struct open *open)
{
    const struct wv_token_key key = {.domain = domain, .time_s = day * WV_DAY_S};
    struct wv_subject_row row = {
        .what = WV_SUBJECT_ADDRESS, .from_day = day, .address = work->request->value.address};
    open->until = epoch->until_s / WV_DAY_S;
    row.to_day = smaller(open->until - 1, work->request->to_day);
    return wv_ip_encrypt(work->tokens, &key, &row.address) ? go_on(work, open, &row)
                                                           : short_of_memory(work);
}

/* One day with a key. */
static bool put_day(struct work *work, struct wv_slice domain, const struct wv_epoch *epoch,
                    const struct wv_subject_makes *makes, int64_t day, struct open *opens)
{
    bool good = true;
    for (size_t i = 0; good && i < makes->count; i++) {
        if (day >= opens[i].until) {
            good = put_token(work, domain, epoch, &makes->items[i], day, &opens[i]);
        }
    }
    if (good && makes->encrypts && day >= opens[makes->count].until) {
        good = put_address(work, domain, epoch, day, &opens[makes->count]);
    }
    return good;
}

static bool walk(struct work *work, struct wv_slice domain, const struct wv_subject_makes *makes)
{
    const struct wv_keyring *keyring = wv_plan_keyring(work->plan);
    struct open opens[WV_SUBJECT_MAKES_MAX + 1];
    struct open gap = {.row = SIZE_MAX};
    const struct wv_epoch *epoch = NULL;
    bool good = true;
    for (size_t i = 0; i < WV_COUNT(opens); i++) {
        opens[i] = (struct open){.row = SIZE_MAX, .until = INT64_MIN};
    }
    for (int64_t day = work->request->from_day; good && day <= work->request->to_day; day++) {
        if (epoch == NULL || day * WV_DAY_S >= epoch->until_s) {
            epoch = wv_keyring_find(keyring, domain, day * WV_DAY_S);
        }
        const struct wv_subject_row row = {
            .what = WV_SUBJECT_NO_KEY, .from_day = day, .to_day = day};
        good = epoch == NULL ? go_on(work, &gap, &row)
                             : put_day(work, domain, epoch, makes, day, opens);
    }
    return good;
}

/* ---- All domains ------------------------------------------------------------------------------
 */

static bool add_domain(struct work *work, struct wv_slice name, uint64_t outputs,
                       const struct wv_subject_makes *makes)
{
    struct wv_subject_found *found = work->found;
    if (makes->too_many) {
        return wv_report_add(work->report, (struct wv_finding){0},
                             "the rules make tokens with more than %d different lengths of epochs: "
                             "ask for one --output at a time",
                             WV_SUBJECT_MAKES_MAX);
    }
    if (makes->count == 0 && !makes->encrypts) {
        found->bare++;
        return true;
    }
    if (found->domain_count == work->domain_room) {
        const size_t room = work->domain_room == 0 ? 64 : 2 * work->domain_room;
        struct wv_subject_domain *domains = realloc(found->domains, room * sizeof *domains);
        if (domains == NULL) {
            return short_of_memory(work);
        }
        found->domains = domains;
        work->domain_room = room;
    }
    const size_t first = found->row_count;
    const bool good = walk(work, name, makes);
    found->domains[found->domain_count++] =
        (struct wv_subject_domain){name, outputs, first, found->row_count - first};
    return good;
}

/* What rules make in a use: most uses are alike but for the tenant. */
static const struct wv_subject_makes *makes_of(struct work *work, const struct wv_domain_use *use)
{
    size_t pack = 0;
    (void)wv_plan_pack_find(work->plan, use->region, &pack);
    struct wv_subject_makes *makes =
        &work->makes[(2 * (size_t)use->output + use->unknown_tenant) * WV_PACKS_MAX + pack];
    if (makes->count == SIZE_MAX) {
        *makes = (struct wv_subject_makes){0};
        wv_subject_makes_add(work->plan, &work->request->value, use, makes);
        wv_subject_makes_join(&work->all, makes);
    }
    return makes;
}

static bool is_asked(const struct work *work, const struct wv_domain_use *use)
{
    const struct wv_subject_request *request = work->request;
    return (request->tenant.len == 0 || wv_slice_eq(request->tenant, use->tenant)) &&
           (request->output == WV_SUBJECT_ALL || request->output == use->output);
}

static bool add_configured(struct work *work)
{
    const struct wv_domain_uses *uses = &work->found->uses;
    bool good = true;
    for (size_t i = 0; good && i < uses->count;) {
        const struct wv_slice name = uses->items[i].domain;
        struct wv_subject_makes makes = {0};
        uint64_t outputs = 0;
        for (; i < uses->count && wv_slice_eq(uses->items[i].domain, name); i++) {
            if (is_asked(work, &uses->items[i])) {
                outputs |= UINT64_C(1) << uses->items[i].output;
                wv_subject_makes_join(&makes, makes_of(work, &uses->items[i]));
            }
        }
        good = outputs == 0 || add_domain(work, name, outputs, &makes);
    }
    return good;
}

static bool is_configured(const struct wv_domain_uses *uses, struct wv_slice name)
{
    size_t from = 0;
    size_t to = uses->count;
    while (from < to) {
        const size_t middle = from + (to - from) / 2;
        const struct wv_slice other = uses->items[middle].domain;
        const int order = memcmp(other.ptr, name.ptr, other.len < name.len ? other.len : name.len);
        if (wv_slice_eq(other, name)) {
            return true;
        }
        if (order < 0 || (order == 0 && other.len < name.len)) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return false;
}

/* Keys of tenants, regions or outputs that the configuration had before: their records may still be
 * kept. What its rules made nobody knows, so it is what today's make anywhere, and the usual. */
static bool add_earlier(struct work *work)
{
    const struct wv_keyring *keyring = wv_plan_keyring(work->plan);
    const struct wv_subject_makes usual = {
        .items = {{.kind = (uint8_t)wv_subject_kind(work->request->value.by)}}, .count = 1};
    struct wv_slice before = {0};
    bool good = true;
    wv_subject_makes_join(&work->all, &usual);
    for (size_t i = 0; good && i < wv_keyring_count(keyring); i++) {
        struct wv_key_info info;
        if (!wv_keyring_info(keyring, i, 0, &info)) {
            return short_of_memory(work);
        }
        if (!wv_slice_eq(info.domain, before) && !is_configured(&work->found->uses, info.domain)) {
            good = add_domain(work, info.domain, 0, &work->all);
        }
        before = info.domain;
    }
    return good;
}

static bool start(struct work *work)
{
    const size_t value = work->request->value.text.len + 1;
    const size_t count = 2 * (size_t)WV_OUTPUTS_MAX * WV_PACKS_MAX;
    work->canonical_room = value > WV_ADDRESS_CANONICAL_MAX ? value : WV_ADDRESS_CANONICAL_MAX;
    work->canonical = malloc(work->canonical_room);
    work->tokens = wv_tokens_new(wv_plan_keyring(work->plan), 0);
    work->makes = malloc(count * sizeof *work->makes);
    for (size_t i = 0; work->makes != NULL && i < count; i++) {
        work->makes[i].count = SIZE_MAX;
    }
    return work->tokens != NULL && work->canonical != NULL && work->makes != NULL &&
           wv_domain_uses_collect(work->plan, &work->found->uses);
}

static void finish(struct work *work)
{
    if (work->canonical != NULL) {
        wv_wipe(work->canonical, work->canonical_room);
    }
    free(work->canonical);
    free(work->makes);
    wv_tokens_free(work->tokens);
}

bool wv_subject_find(const struct wv_plan *plan, const struct wv_subject_request *request,
                     struct wv_subject_found *out, struct wv_report *report)
{
    struct work work = {.plan = plan, .request = request, .found = out, .report = report};
    const bool narrowed = request->tenant.len > 0 || request->output != WV_SUBJECT_ALL;
    *out = (struct wv_subject_found){0};
    bool good = start(&work) || short_of_memory(&work);
    good = good && add_configured(&work) && (narrowed || add_earlier(&work));
    finish(&work);
    return good;
}

void wv_subject_free(struct wv_subject_found *found)
{
    if (found->rows != NULL) {
        wv_wipe(found->rows, found->row_count * sizeof *found->rows);
    }
    free(found->rows);
    free(found->domains);
    wv_domain_uses_free(&found->uses);
    *found = (struct wv_subject_found){0};
}
