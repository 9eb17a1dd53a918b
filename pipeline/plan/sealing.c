/* sealing.c — member `seal` of outputs: read, held against the law, and told. */
#include "plan/sealing.h"

#include "keys/epoch.h"
#include "keys/seal_cms.h"
#include "plan/build.h"
#include "plan/config_paths.h"
#include "plan/config_tables.h"

#include <stdio.h>
#include <unistd.h>

enum { POINTER_MAX = 64, ALLOWED_MAX = 512 };

/* ---- Reading --------------------------------------------------------------------------------- */

static bool read_classes(const struct wv_node *node, const struct wv_name_list *names,
                         uint64_t *bits, struct wv_report *report)
{
    bool ok = names->count > 0 ||
              wv_node_fail(node, report, "names no class: leave \"seal\" out to seal nothing");
    for (size_t i = 0; i < names->count; i++) {
        const struct wv_node element = wv_node_element(node, i);
        enum wv_class class;
        if (wv_class_find(names->items[i], &class)) {
            *bits |= UINT64_C(1) << class;
            continue;
        }
        const char *near = wv_nearest(names->items[i], wv_class_words(), WV_CLASS_COUNT);
        ok = wv_node_fail(&element, report, "there is no class \"%.*s\"%s%s%s",
                          WV_SHOW(names->items[i]), near == NULL ? "" : "; did you mean \"",
                          near == NULL ? "" : near, near == NULL ? "" : "\"?");
    }
    return ok;
}

bool wv_seal_read(const struct wv_node *node, const char *own, struct wv_output *output,
                  struct wv_conditions *conditions, struct wv_arena *arena,
                  struct wv_report *report)
{
    const struct wv_config_section *table = &wv_config_tables[WV_AT_SEAL];
    const struct wv_node seal = wv_node_member(node, "seal");
    struct wv_seal_section section = {0};
    output->seal = (struct wv_seal_config){0};
    if (seal.value == NULL) {
        return true;
    }
    if (!wv_options_bind(&seal, table->options, table->count, &section, arena, report)) {
        return false;
    }
    const struct wv_node classes = wv_node_member(&seal, "classes");
    const struct wv_node when = wv_node_member(&seal, "when");
    const struct wv_node certificate = wv_node_member(&seal, "certificate");
    bool ok = section.certificate.len > 0
                  ? wv_config_resolve(own, &certificate, &section.certificate, arena, report) &&
                        wv_config_readable(&certificate, section.certificate, report)
                  : wv_node_fail(&certificate, report, "must be the name of a file");
    ok = read_classes(&classes, &section.classes, &output->seal.classes, report) && ok;
    ok = wv_conditions_read(&when, conditions, arena, report, &output->seal.when) && ok;
    if (output->annotate == WV_ANNOTATE_NONE) {
        ok = wv_node_fail(&seal, report,
                          "needs another \"annotate\" than none: what is sealed stands in "
                          "_wafveil, or in a header");
    }
    output->seal.days = section.days;
    output->seal.certificate = section.certificate;
    return ok;
}

bool wv_reject_seal_read(const struct wv_node *node, struct wv_config *config,
                         struct wv_arena *arena, struct wv_report *report)
{
    const struct wv_config_section *table = &wv_config_tables[WV_AT_REJECT_SEAL];
    const struct wv_node seal = wv_node_member(node, "seal");
    const struct wv_node certificate = wv_node_member(&seal, "certificate");
    struct wv_rejects_section section = {0};
    if (seal.value == NULL) {
        return true;
    }
    if (!wv_options_bind(&seal, table->options, table->count, &section, arena, report)) {
        return false;
    }
    bool ok =
        section.certificate.len > 0
            ? wv_config_resolve(config->path, &certificate, &section.certificate, arena, report) &&
                  wv_config_readable(&certificate, section.certificate, report)
            : wv_node_fail(&certificate, report, "must be the name of a file");
    if (config->rejects_topic.len == 0) {
        ok = wv_node_fail(&seal, report, "needs \"topic\": what is sealed goes there");
    }
    config->rejects_certificate = section.certificate;
    return ok;
}

/* ---- The law --------------------------------------------------------------------------------- */

static void put_classes(struct wv_buf *out, uint64_t classes, const char *last)
{
    for (uint64_t left = classes; left != 0; left &= left - 1) {
        if (left != classes) {
            wv_buf_put(out, (left & (left - 1)) == 0 ? wv_slice_of(last) : WV_LIT(", "));
        }
        wv_buf_put(out, wv_slice_of(wv_class_word((enum wv_class)__builtin_ctzll(left))));
    }
}

static void put_purposes(struct wv_buf *out, const struct wv_law *law)
{
    bool first = true;
    for (size_t i = 0; i < WV_PURPOSE_COUNT; i++) {
        if (law->purposes[i].seals != 0) {
            wv_buf_put(out, first ? (struct wv_slice){0} : WV_LIT(", "));
            wv_buf_put(out, wv_slice_of(wv_purpose_words[i]));
            first = false;
        }
    }
}

static bool fail_purpose(const struct wv_builder *builder, size_t index)
{
    const struct wv_config *config = builder->plan->config;
    uint8_t memory[ALLOWED_MAX];
    struct wv_buf names = wv_buf_of(memory, sizeof memory);
    char pointer[POINTER_MAX];
    (void)snprintf(pointer, sizeof pointer, "/outputs/%zu/seal", index);
    put_purposes(&names, builder->plan->legal->law);
    return wv_config_fail_at(config, pointer, builder->report,
                             "the purpose %s seals no originals; these do: %.*s [PUR-9]",
                             wv_purpose_words[config->outputs[index].purpose], (int)names.len,
                             (const char *)names.mem);
}

/* The place of a class in the list that the operator wrote. */
static bool fail_class(const struct wv_builder *builder, size_t index, enum wv_class class,
                       uint64_t allowed)
{
    const struct wv_config *config = builder->plan->config;
    const struct wv_node root = wv_document_root(config->document);
    const struct wv_node outputs = wv_node_member(&root, "outputs");
    const struct wv_node output = wv_node_element(&outputs, index);
    const struct wv_node seal = wv_node_member(&output, "seal");
    const struct wv_node classes = wv_node_member(&seal, "classes");
    uint8_t memory[ALLOWED_MAX];
    struct wv_buf names = wv_buf_of(memory, sizeof memory);
    size_t at = 0;
    while (at < json_array_size(classes.value) &&
           strcmp(json_string_value(json_array_get(classes.value, at)), wv_class_word(class)) !=
               0) {
        at++;
    }
    const struct wv_node element = wv_node_element(&classes, at);
    put_classes(&names, allowed, " or ");
    return wv_node_fail(&element, builder->report,
                        "originals of %s are not sealed for the purpose %s: only %.*s are [PUR-9]",
                        wv_class_word(class), wv_purpose_words[config->outputs[index].purpose],
                        (int)names.len, (const char *)names.mem);
}

static bool check_law(const struct wv_builder *builder, size_t index)
{
    const struct wv_output *output = &builder->plan->config->outputs[index];
    const struct wv_purpose_law *law = &builder->plan->legal->law->purposes[output->purpose];
    bool ok = true;
    if (law->seals == 0) {
        return fail_purpose(builder, index);
    }
    for (uint64_t left = output->seal.classes & ~law->seals; left != 0; left &= left - 1) {
        ok = fail_class(builder, index, (enum wv_class)__builtin_ctzll(left), law->seals);
    }
    return ok;
}

/* ---- The certificate ------------------------------------------------------------------------- */

static void put_day(int64_t time_s, char out[WV_DAY_TEXT])
{
    const int64_t day = wv_epoch_day(time_s);
    wv_day_format(day < WV_EPOCH_DAY_MIN   ? WV_EPOCH_DAY_MIN
                  : day > WV_EPOCH_DAY_MAX ? WV_EPOCH_DAY_MAX
                                           : day,
                  out);
}

static bool check_days(const struct wv_builder *builder, const char *seal,
                       const struct wv_seal_facts *facts)
{
    const struct wv_config *config = builder->plan->config;
    const int64_t left = wv_epoch_day(facts->until_s) - config->today;
    const bool early = wv_epoch_day(facts->from_s) > config->today;
    char pointer[POINTER_MAX + sizeof "/certificate"];
    char day[WV_DAY_TEXT];
    (void)snprintf(pointer, sizeof pointer, "%s/certificate", seal);
    put_day(early ? facts->from_s : facts->until_s, day);
    if ((early || left < 0) && !config->only_look) {
        return wv_config_fail_at(config, pointer, builder->report,
                                 early ? "is valid only from %s on: nothing would be sealed [PUR-9]"
                                       : "has expired on %s: nothing would be sealed [PUR-9]",
                                 day);
    }
    if (early || left < WV_SEAL_WARN_DAYS) {
        wv_config_warn_at(config, pointer, builder->report,
                          early      ? "is valid only from %s on: nothing is sealed before [PUR-9]"
                          : left < 0 ? "has expired on %s: nothing is sealed any more [PUR-9]"
                                     : "expires on %s: from then on nothing is sealed [PUR-9]",
                          day);
    }
    return true;
}

static bool fail_wrap(const struct wv_builder *builder, const char *path)
{
    return wv_report_add(builder->report, (struct wv_finding){.file = path},
                         "nothing can be sealed for this certificate: its names are too long, or "
                         "libcrypto cannot wrap a key for it");
}

/* What would fail for every record is said before the first one. */
static bool try_out(const struct wv_builder *builder, size_t index, const char *path)
{
    struct wv_sealer *sealer = wv_sealer_new(builder->plan->seals[index]);
    struct wv_slice box;
    bool sealed = false;
    if (sealer != NULL) {
        char pointer[POINTER_MAX];
        (void)snprintf(pointer, sizeof pointer, "/outputs/%zu/seal", index);
        wv_buf_put(wv_sealer_content(sealer), WV_LIT("{}"));
        sealed = wv_seal(sealer, WV_LIT("1970-01-01"), 0, &box);
        if (!wv_sealer_is_locked(sealer)) {
            wv_config_warn_at(builder->plan->config, pointer, builder->report,
                              "its content keys could not be kept out of swap: raise the limit of "
                              "locked memory (systemd: LimitMEMLOCK=, shell: ulimit -l)");
        }
    }
    wv_sealer_free(sealer);
    return sealed || fail_wrap(builder, path);
}

static struct wv_seal_certificate *read_certificate(const struct wv_builder *builder,
                                                    const char *path)
{
    struct wv_bytes pem;
    if (wv_report_errors(builder->report) > 0 && access(path, R_OK) != 0) {
        return NULL; /* the configuration's place has been told */
    }
    if (!wv_file_read_trusted(path, WV_SEAL_PEM, &pem, builder->report)) {
        return NULL;
    }
    struct wv_seal_certificate *certificate =
        wv_seal_certificate_parse(path, wv_bytes_slice(pem), builder->report);
    wv_bytes_free(&pem);
    return certificate;
}

static bool load(const struct wv_builder *builder, size_t index)
{
    struct wv_plan *plan = builder->plan;
    const char *path = (const char *)plan->config->outputs[index].seal.certificate.ptr;
    char pointer[POINTER_MAX];
    (void)snprintf(pointer, sizeof pointer, "/outputs/%zu/seal", index);
    plan->seals[index] = read_certificate(builder, path);
    return plan->seals[index] != NULL && try_out(builder, index, path) &&
           check_days(builder, pointer, wv_seal_certificate_facts(plan->seals[index]));
}

static bool load_reject_seal(const struct wv_builder *builder)
{
    struct wv_plan *plan = builder->plan;
    const char *path = (const char *)plan->config->rejects_certificate.ptr;
    if (plan->config->rejects_certificate.len == 0) {
        return true;
    }
    plan->reject_seal = read_certificate(builder, path);
    if (plan->reject_seal == NULL) {
        return false;
    }
    uint8_t memory[WV_CMS_OVERHEAD];
    struct wv_buf box = wv_buf_of(memory, sizeof memory);
    struct wv_cms_sealer *sealer = wv_cms_sealer_new(plan->reject_seal);
    const bool sealed = sealer != NULL && wv_cms_seal(sealer, NULL, 0, 0, &box);
    wv_cms_sealer_free(sealer);
    return (sealed || fail_wrap(builder, path)) &&
           check_days(builder, "/rejects/seal", wv_seal_certificate_facts(plan->reject_seal));
}

bool wv_build_seals(struct wv_builder *builder)
{
    struct wv_plan *plan = builder->plan;
    const size_t count = plan->config->output_count;
    bool ok = true;
    plan->seals = WV_ARENA_ARRAY(plan->arena, count + 1, struct wv_seal_certificate *);
    if (plan->seals == NULL) {
        return wv_report_add(builder->report, (struct wv_finding){0},
                             "there is not enough memory for the certificates of outputs");
    }
    memset(plan->seals, 0, (count + 1) * sizeof(struct wv_seal_certificate *));
    for (size_t i = 0; i < count; i++) {
        if (plan->config->outputs[i].seal.certificate.len > 0) {
            ok = check_law(builder, i) && ok;
            ok = load(builder, i) && ok;
        }
    }
    return load_reject_seal(builder) && ok;
}

const struct wv_seal_certificate *wv_plan_reject_seal(const struct wv_plan *plan)
{
    return plan->reject_seal;
}

const struct wv_seal_certificate *wv_plan_seal(const struct wv_plan *plan, size_t output)
{
    return plan->seals[output];
}

/* ---- For people ------------------------------------------------------------------------------ */

static void put_condition(const struct wv_condition *condition, struct wv_buf *out)
{
    wv_buf_put(out, WV_LIT("the "));
    wv_buf_put(out, wv_slice_of(wv_condition_rows[condition->on].name));
    wv_buf_put(out, WV_LIT(" is "));
    for (size_t i = 0; i < condition->any_of.count; i++) {
        wv_buf_put(out, i == 0 ? (struct wv_slice){0} : WV_LIT(" or "));
        wv_buf_put(out, condition->any_of.items[i]);
    }
}

void wv_seal_describe(const struct wv_plan *plan, size_t output, struct wv_buf *out)
{
    const struct wv_seal_config *seal = &plan->config->outputs[output].seal;
    const struct wv_seal_certificate *certificate = wv_plan_seal(plan, output);
    if (certificate == NULL) {
        return;
    }
    put_classes(out, seal->classes, " and ");
    wv_buf_put(out, WV_LIT(", for "));
    wv_buf_put(out, wv_slice_of(wv_seal_certificate_facts(certificate)->subject));
    wv_buf_put(out, WV_LIT(", for "));
    wv_buf_uint(out, seal->days);
    wv_buf_put(out, seal->days == 1 ? WV_LIT(" day") : WV_LIT(" days"));
    for (uint64_t left = seal->when; left != 0; left &= left - 1) {
        wv_buf_put(out, left == seal->when ? WV_LIT(", where ") : WV_LIT(" and "));
        put_condition(&plan->config->conditions->items[__builtin_ctzll(left)], out);
    }
}
