/*
 * law_purposes_check.c — whether what records were collected for lets them go to the outputs.
 *
 * An input says for which purposes its records were collected (`purposes`), on which basis
 * (`basis`: then only purposes that can rest on it), or both; the table of tenants and a Kafka
 * header can take purposes away again. An output that no record can ever reach is a mistake.
 */
#include "plan/build.h"

#include <stdio.h>

enum { POINTER_MAX = 64 };

/* Purposes that can rest on a basis. */
static uint32_t resting_on(const struct wv_law *law, uint32_t basis)
{
    uint32_t purposes = 0;
    for (size_t i = 0; i < WV_PURPOSE_COUNT; i++) {
        purposes |= (law->purposes[i].bases >> basis & 1) << i;
    }
    return purposes;
}

static uint32_t purposes_of(const struct wv_law *law, const struct wv_input *input)
{
    uint32_t purposes = input->purposes == 0 ? UINT32_MAX : input->purposes;
    if (input->basis != WV_BASIS_COUNT) {
        purposes &= resting_on(law, input->basis);
    }
    return purposes;
}

static bool check_basis(const struct wv_builder *builder, size_t index)
{
    const struct wv_config *config = builder->plan->config;
    const struct wv_input *input = &config->inputs[index];
    bool ok = true;
    if (input->basis == WV_BASIS_COUNT) {
        return true;
    }
    const uint32_t lost = input->purposes & ~resting_on(builder->plan->legal->law, input->basis);
    for (size_t i = 0; i < WV_PURPOSE_COUNT; i++) {
        if ((lost >> i & 1) != 0) {
            char pointer[POINTER_MAX];
            (void)snprintf(pointer, sizeof pointer, "/inputs/%zu/basis", index);
            ok = wv_config_fail_at(config, pointer, builder->report,
                                   "the purpose %s cannot rest on %s [PUR-4]", wv_purpose_words[i],
                                   wv_basis_words[input->basis]);
        }
    }
    return ok;
}

/* Whether some record of the input can go to outputs of the purpose. */
static bool can_go(const struct wv_legal *legal, const struct wv_config *config, size_t index,
                   uint32_t purpose)
{
    const struct wv_tenant_config *tenants = &config->inputs[index].tenant;
    if ((legal->purposes[index] >> purpose & 1) == 0) {
        return false;
    }
    bool any = tenants->table_count == 0 || /* which has been told */
               (tenants->from != WV_TENANT_FIXED && !tenants->reject_unknown);
    for (size_t i = 0; !any && i < tenants->table_count; i++) {
        const uint32_t own = tenants->table[i].purposes;
        any = own == 0 || (own >> purpose & 1) != 0;
    }
    return any;
}

static bool check_output(const struct wv_builder *builder, size_t output)
{
    const struct wv_config *config = builder->plan->config;
    const uint32_t purpose = config->outputs[output].purpose;
    for (size_t i = 0; i < config->input_count; i++) {
        if (can_go(builder->plan->legal, config, i, purpose)) {
            return true;
        }
    }
    char pointer[POINTER_MAX];
    (void)snprintf(pointer, sizeof pointer, "/outputs/%zu/purpose", output);
    return wv_config_fail_at(config, pointer, builder->report,
                             "no input's records were collected for %s: nothing can go there "
                             "[PUR-4]",
                             wv_purpose_words[purpose]);
}

static bool is_silent(const struct wv_input *input)
{
    return input->purposes == 0 && input->basis == WV_BASIS_COUNT &&
           input->purposes_header.len == 0;
}

/* Logs of a firewall are made to find attacks. Whoever uses them for something else should be able
 * to say that they were collected for that, too. */
static void hint(const struct wv_builder *builder)
{
    const struct wv_config *config = builder->plan->config;
    uint32_t purposes = 0;
    bool silent = false;
    for (size_t i = 0; i < config->input_count; i++) {
        silent = silent || is_silent(&config->inputs[i]);
    }
    uint8_t memory[256];
    struct wv_buf names = wv_buf_of(memory, sizeof memory);
    for (size_t i = 0; i < config->output_count; i++) {
        const uint32_t purpose = config->outputs[i].purpose;
        if (purpose != WV_PURPOSE_SECURITY && (purposes >> purpose & 1) == 0) {
            wv_buf_put(&names, names.len == 0 ? (struct wv_slice){0} : WV_LIT(", "));
            wv_buf_put(&names, wv_slice_of(wv_purpose_words[purpose]));
            purposes |= 1u << purpose;
        }
    }
    if (silent && purposes != 0 && config->path != NULL) {
        wv_config_warn_at(config, "/inputs", builder->report,
                          "no \"purposes\" say that records were collected for %.*s, too [PUR-4]",
                          (int)names.len, (const char *)names.mem);
    }
}

bool wv_build_purposes(struct wv_builder *builder, struct wv_legal *legal)
{
    const struct wv_config *config = builder->plan->config;
    uint32_t *purposes = WV_ARENA_ARRAY(builder->plan->arena, config->input_count + 1, uint32_t);
    bool ok = true;
    if (purposes == NULL) {
        return wv_report_add(builder->report, (struct wv_finding){0},
                             "there is not enough memory for the purposes of inputs");
    }
    legal->purposes = purposes;
    for (size_t i = 0; i < config->input_count; i++) {
        purposes[i] = purposes_of(legal->law, &config->inputs[i]);
        ok = check_basis(builder, i) && ok;
    }
    bool reached = true;
    for (size_t i = 0; ok && i < config->output_count; i++) {
        reached = check_output(builder, i) && reached;
    }
    hint(builder);
    return ok && reached;
}
