/*
 * subject_show.c — rows of tokens as a table, as JSON, and their numbers as a record.
 */
#include "app/subject_show.h"

#include "filters/filter.h"
#include "keys/epoch.h"

static struct wv_slice output_name(const struct wv_plan *plan, size_t index)
{
    return wv_plan_config(plan)->outputs[index].name;
}

static struct wv_slice mark_of(const struct wv_token *token)
{
    return (struct wv_slice){token->text + token->code_at, WV_MARK_LEN};
}

/* ---- For people -------------------------------------------------------------------------------
 */

static void print_days(const struct wv_subject_row *row, FILE *stream)
{
    char from[WV_DAY_TEXT];
    char to[WV_DAY_TEXT];
    wv_day_format(row->from_day, from);
    wv_day_format(row->to_day, to);
    if (row->from_day == row->to_day) {
        (void)fprintf(stream, "  %-24s", from);
    } else {
        (void)fprintf(stream, "  %s to %s", from, to);
    }
}

static void print_row(const struct wv_subject_row *row, FILE *stream)
{
    const struct wv_slice token = wv_token_slice(&row->token);
    const struct wv_slice mark = mark_of(&row->token);
    uint8_t address[WV_ADDRESS_TEXT_MAX];
    print_days(row, stream);
    switch ((enum wv_subject_what)row->what) {
    case WV_SUBJECT_TOKEN:
        (void)fprintf(stream, "  %-7s  %.*s", wv_kind_name((enum wv_kind)row->kind),
                      WV_SHOW(token));
        if (row->of_key) {
            (void)fputs("  only as a Kafka key\n", stream);
        } else {
            (void)fprintf(stream, "  in texts .%.*s\n", WV_SHOW(mark));
        }
        break;
    case WV_SUBJECT_ADDRESS:
        (void)fprintf(stream, "  address  %.*s\n", (int)wv_address_format(&row->address, address),
                      (const char *)address);
        break;
    case WV_SUBJECT_NO_KEY:
        (void)fputs("  no key: its tokens cannot be found any more\n", stream);
        break;
    }
}

static void print_domain(const struct wv_subject_page *page, const struct wv_subject_domain *domain,
                         FILE *stream)
{
    (void)fprintf(stream, "\n%.*s", (int)domain->name.len, (const char *)domain->name.ptr);
    for (size_t i = 0, shown = 0; i < wv_plan_config(page->plan)->output_count; i++) {
        if ((domain->outputs >> i & 1) != 0) {
            (void)fprintf(stream, "%s %.*s", shown++ == 0 ? "  output" : ",",
                          WV_SHOW(output_name(page->plan, i)));
        }
    }
    (void)fputs(domain->outputs == 0 ? "  of no output now: an earlier configuration had it\n"
                                     : "\n",
                stream);
    for (size_t i = 0; i < domain->row_count; i++) {
        print_row(&page->found->rows[domain->first_row + i], stream);
    }
}

void wv_subject_print(const struct wv_subject_page *page, FILE *stream)
{
    const struct wv_subject_found *found = page->found;
    const size_t tokens = found->counts[WV_SUBJECT_TOKEN] + found->counts[WV_SUBJECT_ADDRESS];
    char from[WV_DAY_TEXT];
    char to[WV_DAY_TEXT];
    wv_day_format(page->request->from_day, from);
    wv_day_format(page->request->to_day, to);
    (void)fprintf(stream, "%s, %s to %s\n", wv_subject_word(page->request->value.by), from, to);
    for (size_t i = 0; i < page->warning_count; i++) {
        (void)fprintf(stream, "WARNING: %s\n", page->warnings[i]);
    }
    for (size_t i = 0; i < found->domain_count; i++) {
        print_domain(page, &found->domains[i], stream);
    }
    (void)fprintf(stream, "\n%zu token%s in %zu domain%s", tokens, wv_plural(tokens),
                  found->domain_count, wv_plural(found->domain_count));
    if (found->counts[WV_SUBJECT_NO_KEY] > 0) {
        (void)fprintf(stream, "; %zu time%s without a key", found->counts[WV_SUBJECT_NO_KEY],
                      wv_plural(found->counts[WV_SUBJECT_NO_KEY]));
    }
    if (found->bare > 0) {
        (void)fprintf(stream, "; no rule makes any of such a value in %zu other%s", found->bare,
                      wv_plural(found->bare));
    }
    (void)fprintf(stream, "\nrecorded in %s, seq %llu\n", page->audit,
                  (unsigned long long)page->seq);
}

/* ---- For programs -----------------------------------------------------------------------------
 */

static json_t *text_json(struct wv_slice text)
{
    return json_stringn((const char *)text.ptr, text.len);
}

static json_t *row_json(const struct wv_subject_row *row)
{
    char from[WV_DAY_TEXT];
    char to[WV_DAY_TEXT];
    uint8_t address[WV_ADDRESS_TEXT_MAX];
    wv_day_format(row->from_day, from);
    wv_day_format(row->to_day, to);
    json_t *out = json_pack("{s:s, s:s}", "from", from, "to", to);
    switch ((enum wv_subject_what)row->what) {
    case WV_SUBJECT_TOKEN:
        (void)json_object_set_new(out, "kind", json_string(wv_kind_name((enum wv_kind)row->kind)));
        (void)json_object_set_new(
            out, "epoch", text_json((struct wv_slice){row->token.text, row->token.code_at - 1U}));
        (void)json_object_set_new(out, "token", text_json(wv_token_slice(&row->token)));
        (void)json_object_set_new(out, "where", json_string(row->of_key ? "key" : "record"));
        if (!row->of_key) {
            (void)json_object_set_new(out, "mark", text_json(mark_of(&row->token)));
        }
        break;
    case WV_SUBJECT_ADDRESS:
        (void)json_object_set_new(
            out, "address",
            text_json((struct wv_slice){address, wv_address_format(&row->address, address)}));
        break;
    case WV_SUBJECT_NO_KEY:
        (void)json_object_set_new(out, "key", json_false());
        break;
    }
    return out;
}

static json_t *outputs_json(const struct wv_plan *plan, uint64_t outputs)
{
    json_t *list = json_array();
    for (size_t i = 0; i < wv_plan_config(plan)->output_count; i++) {
        if ((outputs >> i & 1) != 0) {
            (void)json_array_append_new(list, text_json(output_name(plan, i)));
        }
    }
    return list;
}

static json_t *domain_json(const struct wv_subject_page *page,
                           const struct wv_subject_domain *domain)
{
    json_t *rows = json_array();
    for (size_t i = 0; i < domain->row_count; i++) {
        (void)json_array_append_new(rows, row_json(&page->found->rows[domain->first_row + i]));
    }
    return json_pack("{s:o, s:o, s:o}", "domain", text_json(domain->name), "outputs",
                     outputs_json(page->plan, domain->outputs), "found", rows);
}

bool wv_subject_print_json(const struct wv_subject_page *page, FILE *stream)
{
    const struct wv_subject_found *found = page->found;
    char from[WV_DAY_TEXT];
    char to[WV_DAY_TEXT];
    json_t *domains = json_array();
    json_t *warnings = json_array();
    wv_day_format(page->request->from_day, from);
    wv_day_format(page->request->to_day, to);
    for (size_t i = 0; i < page->warning_count; i++) {
        (void)json_array_append_new(warnings, json_string(page->warnings[i]));
    }
    for (size_t i = 0; i < found->domain_count; i++) {
        (void)json_array_append_new(domains, domain_json(page, &found->domains[i]));
    }
    json_t *root = json_pack(
        "{s:s, s:s, s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:{s:s, s:s, s:I}}", "by",
        wv_subject_word(page->request->value.by), "from", from, "to", to, "warnings", warnings,
        "domains", domains, "tokens", (json_int_t)found->counts[WV_SUBJECT_TOKEN], "addresses",
        (json_int_t)found->counts[WV_SUBJECT_ADDRESS], "without_key",
        (json_int_t)found->counts[WV_SUBJECT_NO_KEY], "without_tokens", (json_int_t)found->bare,
        "audit", "file", page->audit, "chain", page->chain, "seq", (json_int_t)page->seq);
    const bool good = root != NULL && json_dumpf(root, stream, JSON_INDENT(2)) == 0;
    json_decref(root);
    (void)fputc('\n', stream);
    return good;
}

/* ---- For the record ---------------------------------------------------------------------------
 */

json_t *wv_subject_act(const struct wv_plan *plan, const struct wv_subject_request *request,
                       const struct wv_subject_found *found, const char *reason,
                       const char *requester)
{
    char from[WV_DAY_TEXT];
    char to[WV_DAY_TEXT];
    uint64_t outputs = 0;
    wv_day_format(request->from_day, from);
    wv_day_format(request->to_day, to);
    for (size_t i = 0; i < found->domain_count; i++) {
        outputs |= found->domains[i].outputs;
    }
    json_t *members = json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:I, s:I, s:I, s:I}", "requester", requester, "reason",
        reason, "by", wv_subject_word(request->value.by), "from", from, "to", to, "plan",
        wv_plan_version(plan), "outputs", outputs_json(plan, outputs), "domains",
        (json_int_t)found->domain_count, "tokens", (json_int_t)found->counts[WV_SUBJECT_TOKEN],
        "addresses", (json_int_t)found->counts[WV_SUBJECT_ADDRESS], "without_key",
        (json_int_t)found->counts[WV_SUBJECT_NO_KEY]);
    if (members != NULL && request->tenant.len > 0) {
        (void)json_object_set_new(members, "tenant", text_json(request->tenant));
    }
    return members;
}
