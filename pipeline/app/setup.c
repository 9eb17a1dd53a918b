/*
 * setup.c — from options to a plan.
 */
#include "app/setup.h"

#include "base/clock.h"
#include "keys/epoch.h"
#include "plan/builtin.h"
#include "plan/explain.h"

#include <stdarg.h>

static const char default_format[] = "auto";

enum wv_exit wv_usage_fail(const struct wv_arguments *arguments, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)fputs("wafveil: ", stderr);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fprintf(stderr, "\nwafveil: `wafveil help %s` lists the options\n",
                  arguments->command->word);
    return WV_EXIT_USAGE;
}

/* The option's value; NULL where it is not given or the command has no such option. */
static const char *option(const struct wv_arguments *arguments, const char *name)
{
    for (size_t i = 0; i < arguments->command->argument_count; i++) {
        if (strcmp(arguments->command->arguments[i].name, name) == 0) {
            return arguments->values[i];
        }
    }
    return NULL;
}

/* A built-in document by its name; otherwise says which there are. */
static bool check_builtin(const char *kind, const char *option_name, const char *name)
{
    enum { NAMES_MAX = 64 };
    if (wv_builtin_find(kind, name) != NULL ||
        (strcmp(kind, "format") == 0 && strcmp(name, default_format) == 0)) {
        return true;
    }
    const char *names[NAMES_MAX];
    size_t count = 0;
    for (const struct wv_builtin *at = wv_builtin_documents; at->kind != NULL; at++) {
        if (strcmp(at->kind, kind) == 0 && count < NAMES_MAX) {
            names[count++] = at->name;
        }
    }
    const char *near = wv_nearest(wv_slice_of(name), names, count);
    (void)fprintf(stderr, "wafveil: --%s: there is no built-in \"%s\"", option_name, name);
    if (near != NULL) {
        (void)fprintf(stderr, "; did you mean \"%s\"?\n", near);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        (void)fprintf(stderr, "%s%s", i == 0 ? "; there are: " : ", ", names[i]);
    }
    (void)fputc('\n', stderr);
    return false;
}

static bool read_digit(char digit, uint8_t *out)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = digit == '\0' ? NULL : strchr(digits, (char)wv_lower((uint8_t)digit));
    *out = at == NULL ? 0 : (uint8_t)(at - digits);
    return at != NULL;
}

static bool read_seed(const char *text, uint8_t seed[WV_SECRET_BYTES])
{
    if (strlen(text) != (size_t)2 * WV_SECRET_BYTES) {
        return false;
    }
    for (size_t i = 0; i < WV_SECRET_BYTES; i++) {
        uint8_t high;
        uint8_t low;
        if (!read_digit(text[2 * i], &high) || !read_digit(text[2 * i + 1], &low)) {
            return false;
        }
        seed[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* NULL in *keyring: the configuration says which. */
static enum wv_exit open_keyring(const struct wv_arguments *arguments, enum wv_setup_keys keys,
                                 struct wv_report *report, struct wv_keyring **keyring)
{
    const char *text = option(arguments, "seed");
    uint8_t seed[WV_SECRET_BYTES];
    *keyring = NULL;
    if (text != NULL && !read_seed(text, seed)) {
        return wv_usage_fail(arguments, "--seed must be 64 hexadecimal digits");
    }
    if (text == NULL && keys == WV_SETUP_KEYS) {
        return WV_EXIT_OK;
    }
    *keyring = wv_keyring_throwaway(text == NULL ? NULL : seed, report);
    return *keyring == NULL ? WV_EXIT_INTERNAL : WV_EXIT_OK;
}

/* Where a command takes several, it reads them itself (wv_setup_regions()). */
static bool takes_one_region(const struct wv_arguments *arguments)
{
    for (size_t i = 0; i < arguments->command->argument_count; i++) {
        const struct wv_argument *row = &arguments->command->arguments[i];
        if (strcmp(row->name, "region") == 0) {
            return strcmp(row->value, "NAME") == 0;
        }
    }
    return false;
}

static enum wv_exit open_config(const struct wv_arguments *arguments, struct wv_report *report,
                                struct wv_config **config)
{
    const char *path = option(arguments, "config");
    const char *format = option(arguments, "format");
    const char *region = option(arguments, "region");
    const bool fixes_region = region != NULL && takes_one_region(arguments);
    *config = NULL;
    if (path != NULL && fixes_region) {
        return wv_usage_fail(arguments, "--region does not go with --config: the configuration "
                                        "says where regions come from");
    }
    if (path == NULL && ((format != NULL && !check_builtin("format", "format", format)) ||
                         (fixes_region && !check_builtin("policy", "region", region)))) {
        return WV_EXIT_USAGE;
    }
    *config = path != NULL ? wv_config_load(path, report)
                           : wv_config_builtin(format == NULL ? default_format : format,
                                               fixes_region ? region : NULL, report);
    if (*config == NULL) {
        return WV_EXIT_CONFIG;
    }
    wv_config_unpacked(*config);
    return WV_EXIT_OK;
}

/* Without a configuration there is nobody who has acknowledged anything. */
static bool check_used(const struct wv_plan *plan, const char *region)
{
    size_t pack;
    if (!wv_plan_pack_find(plan, wv_slice_of(region), &pack) || wv_plan_pack_used(plan, pack)) {
        return true;
    }
    (void)fprintf(stderr,
                  "wafveil: --region: %s is " WV_UNREVIEWED_HELP " in a configuration; `wafveil "
                  "explain --region %s` shows its rules\n",
                  region, region, region);
    return false;
}

static enum wv_exit choose_input(const struct wv_arguments *arguments, struct wv_setup *setup)
{
    const char *format = option(arguments, "format");
    const struct wv_config *config = wv_plan_config(setup->plan);
    for (uint32_t i = 0; i < config->input_count; i++) {
        if (format == NULL || wv_slice_eq(config->inputs[i].format, wv_slice_of(format))) {
            setup->input = i;
            return WV_EXIT_OK;
        }
    }
    if (strcmp(arguments->command->word, "explain") == 0) {
        return WV_EXIT_OK; /* it shows the fields of any format */
    }
    return wv_usage_fail(arguments, "--format: the configuration has no input of the format \"%s\"",
                         format);
}

static enum wv_exit choose_output(const struct wv_arguments *arguments, struct wv_setup *setup)
{
    const char *name = option(arguments, "output");
    const struct wv_config *config = wv_plan_config(setup->plan);
    size_t index = 0;
    if (name != NULL ? wv_plan_output(setup->plan, wv_slice_of(name), &index)
                     : config->output_count == 1) {
        setup->output = (uint32_t)index;
        return WV_EXIT_OK;
    }
    if (name != NULL) {
        (void)fprintf(stderr, "wafveil: there is no output \"%s\"; choose one of:", name);
    } else {
        (void)fprintf(stderr,
                      "wafveil: the configuration has %zu outputs; choose one with --output:",
                      config->output_count);
    }
    for (size_t i = 0; i < config->output_count; i++) {
        (void)fprintf(stderr, "%s %.*s", i == 0 ? "" : ",", WV_SHOW(config->outputs[i].name));
    }
    (void)fputc('\n', stderr);
    return WV_EXIT_USAGE;
}

static enum wv_exit open_plan(const struct wv_arguments *arguments, enum wv_setup_keys keys,
                              struct wv_setup *setup)
{
    struct wv_keyring *keyring;
    const enum wv_exit keys_code = open_keyring(arguments, keys, setup->report, &keyring);
    if (keys_code != WV_EXIT_OK) {
        return keys_code;
    }
    struct wv_config *config;
    const enum wv_exit config_code = open_config(arguments, setup->report, &config);
    if (config_code != WV_EXIT_OK) {
        wv_keyring_free(keyring);
        return config_code;
    }
    setup->plan = wv_plan_build(config, keyring, setup->report);
    if (setup->plan == NULL) {
        return WV_EXIT_CONFIG;
    }
    const char *region = option(arguments, "region");
    if (region != NULL && takes_one_region(arguments) && !check_used(setup->plan, region)) {
        return WV_EXIT_USAGE;
    }
    const enum wv_exit input_code = choose_input(arguments, setup);
    return input_code != WV_EXIT_OK ? input_code : choose_output(arguments, setup);
}

enum wv_exit wv_setup_open(const struct wv_arguments *arguments, enum wv_setup_keys keys,
                           struct wv_setup *setup)
{
    *setup = (struct wv_setup){.report = wv_report_new()};
    if (setup->report == NULL) {
        (void)fputs("wafveil: there is no memory left\n", stderr);
        return WV_EXIT_INTERNAL;
    }
    const enum wv_exit code = open_plan(arguments, keys, setup);
    /* Warnings are for `check`: here they would stand between the operator and his records. */
    if (wv_report_errors(setup->report) > 0) {
        wv_report_print(setup->report, stderr);
    }
    if (code != WV_EXIT_OK) {
        wv_setup_close(setup);
    }
    return code;
}

void wv_setup_close(struct wv_setup *setup)
{
    wv_plan_free(setup->plan);
    wv_report_free(setup->report);
    *setup = (struct wv_setup){0};
}

struct wv_record wv_setup_record(const struct wv_setup *setup, struct wv_slice value)
{
    const struct wv_input *input = &wv_plan_config(setup->plan)->inputs[setup->input];
    return (struct wv_record){
        .input = setup->input,
        .topic = input->tenant.from == WV_TENANT_TOPIC ? input->topic : (struct wv_slice){0},
        .value = value,
        .time_ms = -1,
    };
}

static enum wv_exit no_such_region(const struct wv_plan *plan, struct wv_slice word)
{
    const char *names[WV_PACKS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < wv_plan_packs(plan); i++) {
        if (wv_plan_version_on(plan, i, WV_EFFECTIVE_ALWAYS) == i) { /* each name once */
            names[count++] = wv_plan_pack(plan, i).name;
        }
    }
    const char *near = wv_nearest(word, names, count);
    (void)fprintf(stderr, "wafveil: --region: there is no region \"%.*s\"", WV_SHOW(word));
    for (size_t i = 0; near == NULL && i < count; i++) {
        (void)fprintf(stderr, "%s%s", i == 0 ? "; there are: " : ", ", names[i]);
    }
    (void)fprintf(stderr, near == NULL ? "\n" : "; did you mean \"%s\"?\n",
                  near == NULL ? "" : near);
    return WV_EXIT_USAGE;
}

int64_t wv_setup_today(void)
{
    return wv_epoch_day(wv_clock_wall_ms(wv_clock_system()) / 1000);
}

enum wv_exit wv_setup_regions(const struct wv_setup *setup, const char *text, int64_t day,
                              uint64_t *packs)
{
    *packs = 0;
    while (text != NULL && *text != '\0') {
        const size_t length = strcspn(text, ",");
        const struct wv_slice word = {(const uint8_t *)text, length};
        size_t index;
        if (!wv_plan_pack_find(setup->plan, word, &index)) {
            return no_such_region(setup->plan, word);
        }
        *packs |= UINT64_C(1) << wv_plan_version_on(setup->plan, index, day);
        text += length + (text[length] == ',' ? 1 : 0);
    }
    return WV_EXIT_OK;
}
