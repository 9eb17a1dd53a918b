/*
 * audit_page.c — the report of categories as a document, and that document as a table.
 */
#include "app/audit_report.h"

#include <inttypes.h>

static json_t *copy_or_empty(const json_t *object)
{
    json_t *copy = object == NULL ? json_object() : json_deep_copy(object);
    wv_ensure(copy != NULL);
    return copy;
}

/* Of an object by class, what stands under the category's classes: {"client_ip": …}. */
static json_t *pick(const json_t *by_class, const json_t *classes)
{
    json_t *out = json_object();
    size_t index;
    const json_t *class;
    json_array_foreach(classes, index, class)
    {
        json_t *found = json_object_get(by_class, json_string_value(class));
        if (found != NULL) {
            wv_ensure(json_object_set(out, json_string_value(class), found) == 0);
        }
    }
    return out;
}

/* {"client_ip": {"own, security": n}} turned round: {"own, security": {"client_ip": n}}. */
static json_t *turn(const json_t *by_class)
{
    json_t *out = json_object();
    const char *class;
    json_t *by_key;
    json_object_foreach((json_t *)(uintptr_t)by_class, class, by_key)
    {
        const char *key;
        json_t *number;
        json_object_foreach(by_key, key, number)
        {
            json_t *to = json_object_get(out, key);
            if (to == NULL) {
                to = json_object();
                wv_ensure(json_object_set_new(out, key, to) == 0);
            }
            wv_ensure(json_object_set(to, class, number) == 0);
        }
    }
    return out;
}

static json_t *category_of(const struct wv_audit_page *page, const json_t *category)
{
    const json_t *classes = json_object_get(category, "classes");
    json_t *collected = pick(json_object_get(page->total, "collected"), classes);
    json_t *sources = pick(json_object_get(page->total, "sources"), classes);
    json_t *disclosed = pick(json_object_get(page->total, "disclosed"), classes);
    json_t *out = json_pack("{s:O, s:O, s:o, s:o, s:o}", "id", json_object_get(category, "id"),
                            "title", json_object_get(category, "title"), "collected", collected,
                            "sources", turn(sources), "disclosed", turn(disclosed));
    wv_ensure(out != NULL);
    json_decref(sources);
    json_decref(disclosed);
    return out;
}

json_t *wv_audit_page_json(const struct wv_audit_page *page)
{
    json_t *categories = json_array();
    size_t index;
    const json_t *category;
    json_array_foreach(json_object_get(page->statute, "categories"), index, category)
    {
        wv_ensure(json_array_append_new(categories, category_of(page, category)) == 0);
    }
    json_t *none =
        pick(json_object_get(page->total, "collected"), json_object_get(page->statute, "none"));
    json_t *out = json_pack(
        "{s:s, s:s, s:s?, s:O, s:O, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:o, s:o, s:b, s:O, s:O, "
        "s:I, s:b}",
        "from", page->filter->from, "to", page->filter->until, "region", page->filter->region,
        "law", json_object_get(page->statute, "title"), "source",
        json_object_get(page->statute, "source"), "windows",
        (json_int_t)wv_audit_sum_of(page->total, "windows"), "records",
        (json_int_t)wv_audit_sum_of(page->total, "records"), "unread",
        (json_int_t)wv_audit_sum_of(page->total, "unread"), "elsewhere",
        (json_int_t)wv_audit_sum_of(page->total, "elsewhere"), "withheld",
        (json_int_t)wv_audit_sum_of(page->total, "withheld"), "categories", categories, "other",
        none, "recipients", copy_or_empty(json_object_get(page->total, "recipients")), "packs",
        copy_or_empty(json_object_get(page->total, "packs")), "sold_or_shared", false, "laws",
        page->laws, "chains", page->chains, "chains_left_out", (json_int_t)page->left_out,
        "incomplete", page->incomplete);
    wv_ensure(out != NULL);
    return out;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text == NULL ? "" : text;
}

/* "client_ip 120, cookie 7" */
static void put_numbers(const json_t *numbers, FILE *stream)
{
    const char *name;
    json_t *value;
    const char *comma = "";
    json_object_foreach((json_t *)(uintptr_t)numbers, name, value)
    {
        (void)fprintf(stream, "%s%s %" PRIu64, comma, name, wv_audit_sum_of(numbers, name));
        comma = ", ";
    }
    (void)fputc('\n', stream);
}

static void put_turned(const char *title, const json_t *turned, FILE *stream)
{
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)turned, name, value)
    {
        (void)fprintf(stream, "     %-10s %s: ", title, name);
        put_numbers(value, stream);
        title = "";
    }
}

static void put_category(const json_t *category, FILE *stream)
{
    const json_t *collected = json_object_get(category, "collected");
    (void)fprintf(stream, "\n  %s  %s\n", text_of(category, "id"), text_of(category, "title"));
    if (json_object_size(collected) == 0) {
        (void)fputs("     collected  none\n", stream);
    } else {
        (void)fputs("     collected  ", stream);
        put_numbers(collected, stream);
    }
    put_turned("from", json_object_get(category, "sources"), stream);
    const json_t *disclosed = json_object_get(category, "disclosed");
    if (json_object_size(disclosed) == 0) {
        (void)fputs("     disclosed  none\n", stream);
    }
    put_turned("disclosed", disclosed, stream);
}

static void put_law(const json_t *law, FILE *stream)
{
    const char *representative = text_of(law, "representative");
    (void)fprintf(stream, "  %-10s %s, %s\n", text_of(law, "pack"), text_of(law, "authority"),
                  text_of(law, "url"));
    if (representative[0] != '\0') {
        (void)fprintf(stream, "  %-10s %s\n", "", representative);
    }
}

static void put_notes(const json_t *page, FILE *stream)
{
    (void)fputs("\nSold or shared: nothing. An output whose recipient sells is refused when the "
                "configuration is read [CAL-5].\n",
                stream);
    (void)fprintf(stream,
                  "Withheld: %" PRIu64 " records went out without personal data, because a "
                  "transfer was refused.\n",
                  wv_audit_sum_of(page, "withheld"));
    (void)fprintf(stream,
                  "Without a category: %" PRIu64 " records, since they could not be read.\n",
                  wv_audit_sum_of(page, "unread"));
    if (wv_audit_sum_of(page, "elsewhere") > 0) {
        (void)fprintf(stream,
                      "In every region: %" PRIu64 " records of which no group of their own was "
                      "counted.\n",
                      wv_audit_sum_of(page, "elsewhere"));
    }
    if (json_is_true(json_object_get(page, "incomplete"))) {
        (void)fputs("INCOMPLETE: there were more different sums than are kept.\n", stream);
    }
}

static void put_chains(const json_t *page, FILE *stream)
{
    size_t index;
    const json_t *chain;
    (void)fputs("\nRests on\n", stream);
    json_array_foreach(json_object_get(page, "chains"), index, chain)
    {
        const bool whole = json_is_true(json_object_get(chain, "whole"));
        const bool counted = json_is_true(json_object_get(chain, "counted"));
        (void)fprintf(stream, "  chain %s, %" PRIu64 " records, %s%s\n", text_of(chain, "chain"),
                      wv_audit_sum_of(chain, "records"), whole ? "whole" : "BROKEN",
                      counted ? "" : ", not counted");
    }
}

void wv_audit_page_table(const json_t *page, FILE *stream)
{
    const char *region = text_of(page, "region");
    size_t index;
    const json_t *item;
    (void)fprintf(stream, "Personal data collected and disclosed, %s to %s, %s%s\n",
                  text_of(page, "from"), text_of(page, "to"),
                  region[0] == '\0' ? "all regions" : "region ", region);
    (void)fprintf(stream, "Categories of %s; numbers are records\n", text_of(page, "law"));
    json_array_foreach(json_object_get(page, "categories"), index, item)
    {
        put_category(item, stream);
    }
    (void)fputs("\nRecipients\n", stream);
    const char *key;
    json_t *who;
    json_object_foreach(json_object_get(page, "recipients"), key, who)
    {
        (void)fprintf(stream, "  %s: ", key);
        put_numbers(who, stream);
    }
    put_notes(page, stream);
    (void)fputs("\nSupervised by\n", stream);
    json_array_foreach(json_object_get(page, "laws"), index, item)
    {
        put_law(item, stream);
    }
    put_chains(page, stream);
}
