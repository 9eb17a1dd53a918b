/* routing.c — members of inputs and outputs that say which records go where. */
#include "plan/routing.h"

#include <stdio.h>

enum { WEIGHT_MAX = 32 };

static const double rate_min = 0.000001;

size_t wv_word_find(const char *const *words, struct wv_slice word)
{
    size_t at = 0;
    while (words[at] != NULL && !wv_slice_eq(wv_slice_of(words[at]), word)) {
        at++;
    }
    return at;
}

static bool no_such_word(const struct wv_node *node, const char *kind, struct wv_slice word,
                         const char *const *words, size_t count, struct wv_report *report)
{
    const char *near = wv_nearest(word, words, count);
    return wv_node_fail(node, report, "there is no %s \"%.*s\"%s%s%s [PUR-4]", kind, WV_SHOW(word),
                        near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                        near == NULL ? "" : "\"?");
}

bool wv_purposes_read(const struct wv_node *node, const struct wv_name_list *names, uint32_t *bits,
                      struct wv_report *report)
{
    bool ok = true;
    *bits = 0;
    if (node->value == NULL) {
        return true;
    }
    for (size_t i = 0; i < names->count; i++) {
        const struct wv_node element = wv_node_element(node, i);
        const size_t purpose = wv_word_find(wv_purpose_words, names->items[i]);
        if (purpose == WV_PURPOSE_COUNT) {
            ok = no_such_word(&element, "purpose", names->items[i], wv_purpose_words,
                              WV_PURPOSE_COUNT, report);
        } else {
            *bits |= 1u << purpose;
        }
    }
    if (names->count == 0) {
        ok = wv_node_fail(node, report,
                          "names no purpose: leave it out where nothing is known of them [PUR-4]");
    }
    *bits = ok ? *bits : UINT32_MAX; /* so that nothing follows from it but this finding */
    return ok;
}

bool wv_input_purposes_read(const struct wv_node *node, struct wv_input_section *section,
                            struct wv_report *report)
{
    const struct wv_node purposes = wv_node_member(node, "purposes");
    const struct wv_node basis = wv_node_member(node, "basis");
    bool ok = wv_purposes_read(&purposes, &section->purposes, &section->input.purposes, report);
    section->input.basis = WV_BASIS_COUNT;
    if (basis.value == NULL) {
        return ok;
    }
    section->input.basis = (uint32_t)wv_word_find(wv_basis_words, section->basis);
    if (section->input.basis == WV_BASIS_COUNT) {
        ok = no_such_word(&basis, "basis", section->basis, wv_basis_words, WV_BASIS_COUNT, report);
    }
    return ok;
}

/* For how many records one of a sample stands: "10". */
static bool write_weight(double rate, struct wv_arena *arena, struct wv_slice *out)
{
    char text[WEIGHT_MAX];
    (void)snprintf(text, sizeof text, "%.10g", 1 / rate);
    for (char *at = text; *at != '\0'; at++) {
        *at = *at == ',' ? '.' : *at; /* whatever the locale of the program is */
    }
    *out = wv_arena_copy(arena, wv_slice_of(text));
    return out->ptr != NULL;
}

static bool read_sample(const struct wv_node *node, struct wv_output *output,
                        struct wv_arena *arena, struct wv_report *report)
{
    const struct wv_config_section *table = &wv_config_tables[WV_AT_SAMPLE];
    const struct wv_node sample = wv_node_member(node, "sample");
    struct wv_sample_section section = {0};
    if (sample.value == NULL) {
        return true;
    }
    if (!wv_options_bind(&sample, table->options, table->count, &section, arena, report)) {
        return false;
    }
    const struct wv_node rate_node = wv_node_member(&sample, "rate");
    const double rate = json_number_value(section.rate);
    if (!json_is_number(section.rate) || !(rate >= rate_min && rate <= 1)) {
        return wv_node_fail(&rate_node, report,
                            "must be a number from 0.000001 to 1: the share of the clients whose "
                            "records are kept");
    }
    if (output->annotate == WV_ANNOTATE_NONE) {
        return wv_node_fail(&sample, report,
                            "needs another \"annotate\" than none: nobody could tell for how many "
                            "records each one stands");
    }
    output->routing.below = rate < 1 ? (uint64_t)(rate * 0x1p64) : UINT64_MAX;
    return write_weight(rate, arena, &output->routing.weight) ||
           wv_node_fail(&sample, report, "there is no memory left for the configuration");
}

bool wv_routing_read(const struct wv_node *node, struct wv_output *output,
                     struct wv_conditions *conditions, struct wv_arena *arena,
                     struct wv_report *report)
{
    const struct wv_node when = wv_node_member(node, "when");
    const struct wv_node discard = wv_node_member(node, "discard");
    struct wv_routing *routing = &output->routing;
    *routing = (struct wv_routing){.below = UINT64_MAX};
    bool ok =
        when.value == NULL || wv_conditions_read(&when, conditions, arena, report, &routing->when);
    ok = (discard.value == NULL ||
          wv_conditions_read(&discard, conditions, arena, report, &routing->discard)) &&
         ok;
    if (ok && routing->discard != 0 && (routing->discard & ~routing->when) == 0) {
        ok = wv_node_fail(&discard, report,
                          "holds for every record for which \"when\" does: nothing would go there");
    }
    return read_sample(node, output, arena, report) && ok;
}

enum { TENANT_NAMES_MAX = 1024 };

static bool is_tenant(const struct wv_config *config, struct wv_slice word)
{
    bool found = wv_slice_eq(word, WV_LIT("unknown"));
    for (size_t i = 0; i < config->input_count; i++) {
        const struct wv_tenant_config *tenants = &config->inputs[i].tenant;
        for (size_t t = 0; !found && t < tenants->table_count; t++) {
            found = wv_slice_eq(tenants->table[t].name, word);
        }
    }
    return found;
}

/* The tenant that is meant, among the first so many; NULL: none is like it. */
static const char *nearest_tenant(const struct wv_config *config, struct wv_slice word)
{
    const char *names[TENANT_NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < config->input_count; i++) {
        const struct wv_tenant_config *tenants = &config->inputs[i].tenant;
        for (size_t t = 0; t < tenants->table_count && count < TENANT_NAMES_MAX; t++) {
            names[count++] = (const char *)tenants->table[t].name.ptr;
        }
    }
    return wv_nearest(word, names, count);
}

static void check_tenant(const struct wv_node *node, struct wv_slice word,
                         const struct wv_config *config, struct wv_report *report)
{
    if (word.len == 0 || is_tenant(config, word)) {
        return; /* what is no text has been told */
    }
    const char *near = nearest_tenant(config, word);
    wv_node_warn(node, report, "there is no tenant \"%.*s\"%s%s%s", WV_SHOW(word),
                 near == NULL ? "" : "; did you mean \"", near == NULL ? "" : near,
                 near == NULL ? "" : "\"?");
}

/* As settle makes them of what a record says. */
static void check_host(const struct wv_node *node, struct wv_slice word, struct wv_report *report)
{
    bool clean = true;
    for (size_t i = 0; i < word.len; i++) {
        clean = clean && word.ptr[i] == wv_lower(word.ptr[i]) && word.ptr[i] != ':';
    }
    if (!clean) {
        wv_node_warn(node, report,
                     "never holds: hosts are compared in lower case and without a port");
    }
}

void wv_routing_check(const struct wv_node *node, const struct wv_config *config,
                      struct wv_report *report)
{
    static const char *const members[] = {"when", "discard"};
    for (size_t m = 0; m < WV_COUNT(members); m++) {
        const struct wv_node conditions = wv_node_member(node, members[m]);
        const struct wv_node tenants = wv_node_member(&conditions, "tenant");
        const struct wv_node hosts = wv_node_member(&conditions, "host");
        for (size_t i = 0; i < json_array_size(tenants.value); i++) {
            const struct wv_node word = wv_node_element(&tenants, i);
            check_tenant(&word, wv_slice_of(json_string_value(word.value)), config, report);
        }
        for (size_t i = 0; i < json_array_size(hosts.value); i++) {
            const struct wv_node word = wv_node_element(&hosts, i);
            check_host(&word, wv_slice_of(json_string_value(word.value)), report);
        }
    }
}
