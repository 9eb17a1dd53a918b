/* legal_html.c — the matrix as one page that needs nothing else: no script, no font, no network. */
#include "app/legal.h"

#include "app/legal_topics.h"
#include "plan/recipients.h"
#include "plan/sealing.h"

static void put(FILE *stream, struct wv_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '<':
            (void)fputs("&lt;", stream);
            break;
        case '>':
            (void)fputs("&gt;", stream);
            break;
        case '&':
            (void)fputs("&amp;", stream);
            break;
        case '"':
            (void)fputs("&quot;", stream);
            break;
        default:
            (void)fputc(text.ptr[i], stream);
        }
    }
}

static void put_word(FILE *stream, const char *word)
{
    put(stream, wv_slice_of(word));
}

static void put_cell(FILE *stream, const char *tag, struct wv_slice text)
{
    (void)fprintf(stream, "<%s>", tag);
    put(stream, text.len == 0 ? WV_LIT("–") : text);
    (void)fprintf(stream, "</%s>", tag);
}

static void put_day(FILE *stream, int32_t day)
{
    char text[WV_DAY_TEXT];
    wv_law_day_format(day, text);
    put_cell(stream, "td", wv_slice_of(text));
}

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>Where records may go</title>\n<style>\n"
    "body{font:16px/1.5 sans-serif;color:#1a1a1a;background:#fff;max-width:72rem;margin:2rem auto;"
    "padding:0 1rem}\n"
    "table{border-collapse:collapse;margin:1rem 0}\n"
    "th,td{border:1px solid #999;padding:.35rem .6rem;text-align:left;vertical-align:top}\n"
    "th{background:#f0f0f0}\n"
    "td.yes{background:#eaf5ea}\ntd.no{background:#fbe9e7}\n"
    "small{color:#444}\n@media print{body{margin:0;max-width:none}}\n"
    "</style>\n</head>\n<body>\n";

static const char words_of_routes[] =
    "<h2>What the words mean</h2>\n<dl>\n"
    "<dt>domestic</dt><dd>The law of the region holds in that country itself.</dd>\n"
    "<dt>adequacy</dt><dd>The law of the region recognises the country, for some only for "
    "recipients on a list.</dd>\n"
    "<dt>none_needed</dt><dd>The law of the region does not ask where records go.</dd>\n"
    "<dt>safeguard</dt><dd>A document of the recipient's makes it lawful.</dd>\n"
    "<dt>stays</dt><dd>Nobody knows the law; the record stays with the organisation and in the "
    "country that have it already.</dd>\n"
    "<dt>unchecked</dt><dd>The configuration does not say where the output is read.</dd>\n"
    "<dt>refused</dt><dd>The output gets these records without personal data, by the profile "
    "<i>refused</i>. A record that several regions cover is refused where one of them is.</dd>\n"
    "</dl>\n";

static void put_transfer(const struct wv_legal_page *page, size_t output, size_t pack, FILE *stream)
{
    const struct wv_legal_cell cell = wv_legal_cell(page, output, pack);
    const struct wv_transfer *transfer = &cell.transfer;
    (void)fprintf(stream, "<td class=\"%s\"><b>%s</b>", transfer->allowed ? "yes" : "no",
                  transfer->allowed ? transfer->route : "refused");
    if (cell.until[0] != '\0') {
        (void)fprintf(stream, " until %s", cell.until);
    }
    (void)fputs("<br><small>", stream);
    if (!transfer->allowed) {
        put_word(stream, wv_transfer_text(transfer->reason));
        (void)fprintf(stream, " [%s]<br>", wv_transfer_requirement(transfer->reason));
    }
    if (transfer->country.len > 0) {
        (void)fputs("to ", stream);
        put(stream, transfer->country);
    }
    if (cell.from[0] != '\0') {
        (void)fprintf(stream, ", allowed from %s", cell.from);
    }
    if (transfer->by != NULL) {
        (void)fputs(", by ", stream);
        put(stream, transfer->by->name);
        (void)fputs(" (", stream);
        put(stream, transfer->by->document);
        (void)fputc(')', stream);
    }
    if (transfer->row != NULL) {
        (void)fputs("<br>", stream);
        put(stream, transfer->row->source);
        (void)fputs(transfer->row->note.len > 0 ? "<br>" : "", stream);
        put(stream, transfer->row->note);
    }
    (void)fputs("</small></td>", stream);
}

static void put_matrix(const struct wv_legal_page *page, FILE *stream)
{
    const struct wv_config *config = wv_plan_config(page->plan);
    (void)fputs("<h2>Regions and outputs</h2>\n<table>\n<tr><th>region</th>", stream);
    for (size_t output = 0; output < config->output_count; output++) {
        put_cell(stream, "th", config->outputs[output].name);
    }
    (void)fputs("</tr>\n", stream);
    for (size_t pack = 0; pack < wv_plan_packs(page->plan); pack++) {
        if (!wv_legal_is_region(page->plan, pack)) {
            continue;
        }
        (void)fputs("<tr><th>", stream);
        put_word(stream, wv_plan_pack(page->plan, pack).name);
        (void)fputs("<br><small>", stream);
        put_word(stream, wv_plan_pack(page->plan, pack).title);
        (void)fputs("</small></th>", stream);
        for (size_t output = 0; output < config->output_count; output++) {
            put_transfer(page, output, pack, stream);
        }
        (void)fputs("</tr>\n", stream);
    }
    (void)fputs("</table>\n", stream);
}

/* Who reads the output, and what is sealed for them. */
static void put_reader(const struct wv_legal_page *page, size_t output, FILE *stream)
{
    uint8_t memory[1024];
    struct wv_buf sealed = wv_buf_of(memory, sizeof memory);
    wv_seal_describe(page->plan, output, &sealed);
    (void)fputs("<td>", stream);
    put_word(stream, wv_legal_reader(page, output));
    if (sealed.len > 0) {
        (void)fputs("<br><small>sealed: ", stream);
        put(stream, (struct wv_slice){memory, sealed.len});
        (void)fputs("</small>", stream);
    }
    (void)fputs("</td>", stream);
}

static void put_outputs(const struct wv_legal_page *page, FILE *stream)
{
    const struct wv_config *config = wv_plan_config(page->plan);
    (void)fputs("<h2>Outputs</h2>\n<table>\n<tr><th>output</th><th>topic</th><th>purpose</th>"
                "<th>legal basis</th><th>read by</th><th>topic in</th></tr>\n",
                stream);
    for (size_t i = 0; i < config->output_count; i++) {
        const struct wv_output *output = &config->outputs[i];
        (void)fputs("<tr>", stream);
        put_cell(stream, "td", output->name);
        put_cell(stream, "td", output->topic);
        (void)fputs("<td>", stream);
        put_word(stream, wv_purpose_words[output->purpose]);
        (void)fputs("<br><small>", stream);
        put(stream, wv_plan_legal(page->plan)->law->purposes[output->purpose].summary);
        (void)fputs("</small></td>", stream);
        put_cell(stream, "td", wv_slice_of(wv_basis_words[output->basis]));
        put_reader(page, i, stream);
        put_cell(stream, "td", output->country);
        (void)fputs("</tr>\n", stream);
    }
    (void)fputs("</table>\n", stream);
}

static void put_safeguards(const struct wv_recipient *recipient, FILE *stream)
{
    (void)fputs("<td>", stream);
    for (size_t i = 0; i < recipient->safeguard_count; i++) {
        (void)fputs(i == 0 ? "" : "<br>", stream);
        put(stream, recipient->safeguards[i].name);
        (void)fputs(": ", stream);
        put(stream, recipient->safeguards[i].document);
    }
    (void)fputs(recipient->safeguard_count == 0 ? "–</td><td>" : "</td><td>", stream);
    for (size_t i = 0; i < recipient->sub_processor_count; i++) {
        const struct wv_sub_processor *sub = &recipient->sub_processors[i];
        (void)fputs(i == 0 ? "" : "<br>", stream);
        put(stream, sub->name);
        (void)fputs(", ", stream);
        put(stream, sub->country);
        (void)fputs(", approval ", stream);
        put(stream, sub->approval);
    }
    (void)fputs(recipient->sub_processor_count == 0 ? "–</td>" : "</td>", stream);
}

static void put_small(FILE *stream, const char *word, struct wv_slice text)
{
    if (text.len > 0) {
        (void)fprintf(stream, "<br><small>%s", word);
        put(stream, text);
        (void)fputs("</small>", stream);
    }
}

static void put_eligibility(const struct wv_recipient *recipient, FILE *stream)
{
    char day[WV_DAY_TEXT];
    wv_law_day_format(recipient->eligible_day, day);
    (void)fprintf(stream, "<td>%s", day[0] == '\0' ? "–" : day);
    put_small(stream, "by list ", recipient->checklist);
    put_small(stream, "approved by ", recipient->approver);
    (void)fputs("</td>", stream);
}

static void put_audit(const struct wv_recipient *recipient, FILE *stream)
{
    char day[WV_DAY_TEXT];
    wv_law_day_format(recipient->audit_day, day);
    (void)fprintf(stream, "<td>%s", day[0] == '\0' ? "–" : day);
    if (day[0] != '\0') {
        put_small(stream, "", wv_slice_of(wv_recipient_audit_word(recipient->audit_type)));
    }
    (void)fputs("</td>", stream);
}

static void put_recipients(const struct wv_config *config, FILE *stream)
{
    if (config->recipient_count == 0) {
        return;
    }
    (void)fputs("<h2>Recipients</h2>\n<table>\n<tr><th>name</th><th>kind</th><th>role</th>"
                "<th>country</th><th>contract</th><th>memorandum</th><th>instruction</th>"
                "<th>safeguards</th><th>sub-processors</th><th>found eligible</th><th>last "
                "audit</th><th>last training</th><th>from</th><th>until</th></tr>\n",
                stream);
    for (size_t i = 0; i < config->recipient_count; i++) {
        const struct wv_recipient *recipient = &config->recipients[i];
        (void)fputs("<tr>", stream);
        put_cell(stream, "td", recipient->name);
        put_cell(stream, "td", wv_slice_of(wv_recipient_kind_word(recipient->kind)));
        put_cell(stream, "td", wv_slice_of(wv_recipient_role_word(recipient->role)));
        put_cell(stream, "td", recipient->country);
        put_cell(stream, "td", recipient->contract);
        put_cell(stream, "td", recipient->memorandum);
        put_cell(stream, "td", recipient->instruction);
        put_safeguards(recipient, stream);
        put_eligibility(recipient, stream);
        put_audit(recipient, stream);
        put_day(stream, recipient->training_day);
        put_day(stream, recipient->days.from);
        put_day(stream, recipient->days.until);
        (void)fputs("</tr>\n", stream);
    }
    (void)fputs("</table>\n", stream);
}

static void put_topic(const struct wv_legal_page *page, const struct wv_topic *topic, FILE *stream)
{
    const bool out = topic->content == WV_CONTENT_PROTECTED;
    const struct wv_output *output =
        out ? &wv_plan_config(page->plan)->outputs[topic->index] : NULL;
    (void)fputs("<tr>", stream);
    put_cell(stream, "th", wv_slice_of(topic->name));
    (void)fprintf(stream, "<td>%s", wv_content_word(topic->content));
    if (out) {
        (void)fputs("<br><small>output ", stream);
        put(stream, output->name);
        (void)fputs("</small>", stream);
    }
    (void)fputs("</td><td>", stream);
    put_word(stream, topic->brokers);
    if (out && output->country.len > 0) {
        (void)fputs("<br><small>in ", stream);
        put(stream, output->country);
        (void)fputs("</small>", stream);
    }
    (void)fputs("</td><td>", stream);
    wv_legal_put_keeping(stream, put, page->plan, topic);
    (void)fputs("</td><td>", stream);
    wv_legal_put_readers(stream, put, topic);
    (void)fputs("</td><td>", stream);
    wv_legal_put_groups(stream, put, topic);
    (void)fputs("</td></tr>\n", stream);
}

static void put_topics(const struct wv_legal_page *page, FILE *stream)
{
    if (page->topic_count == 0) {
        return;
    }
    (void)fputs("<h2>Topics</h2>\n<p>As the brokers describe them.</p>\n<table>\n<tr><th>topic</th>"
                "<th>holds</th><th>brokers</th><th>kept</th><th>may be read by</th>"
                "<th>groups that read it</th></tr>\n",
                stream);
    for (size_t i = 0; i < page->topic_count; i++) {
        put_topic(page, &page->topics[i], stream);
    }
    (void)fputs("</table>\n", stream);
}

static void put_findings(const struct wv_legal_page *page, FILE *stream)
{
    bool any = false;
    for (size_t i = 0; i < wv_report_count(page->report); i++) {
        const struct wv_finding *finding = wv_report_at(page->report, i);
        if (wv_legal_requirement(finding) == NULL) {
            continue;
        }
        (void)fputs(any ? "<li>" : "<h2>To be looked at</h2>\n<ul>\n<li>", stream);
        put_word(stream, finding->pointer == NULL ? "" : finding->pointer);
        (void)fputc(' ', stream);
        put_word(stream, finding->text);
        (void)fputs("</li>\n", stream);
        any = true;
    }
    (void)fputs(any ? "</ul>\n" : "", stream);
}

void wv_legal_html(const struct wv_legal_page *page, FILE *stream)
{
    const struct wv_config *config = wv_plan_config(page->plan);
    char day[WV_DAY_TEXT];
    wv_law_day_format(page->day, day);
    (void)fputs(head, stream);
    (void)fprintf(stream, "<h1>Where records may go on %s</h1>\n<p>Plan %s. ", day,
                  wv_plan_version(page->plan));
    if (config->instance_country.len > 0) {
        (void)fputs("wafveil runs in ", stream);
        put(stream, config->instance_country);
        (void)fputs(", and that step is part of every way. ", stream);
    }
    (void)fputs("The tables of the law are templates and no advice: have them read by a lawyer of "
                "yours.</p>\n",
                stream);
    put_matrix(page, stream);
    put_outputs(page, stream);
    put_recipients(config, stream);
    put_topics(page, stream);
    put_findings(page, stream);
    (void)fputs(words_of_routes, stream);
    (void)fputs("</body>\n</html>\n", stream);
}
