/*
 * config_keys.c — the section `keys`: where secrets are, who wraps them, which they should be.
 */
#include "plan/config_keys.h"

#include "keys/key_checks.h"
#include "keys/keyfile.h"
#include "plan/config_paths.h"

enum { PATH_BYTES = 4096, NAME_BYTES = 255, TIMEOUT_MS = 10000, DAYS_MAX = 3660 };

struct kek_section {
    struct wv_slice file;
    struct wv_slice credential;
    struct wv_name_list command;
    uint32_t timeout_ms;
};

struct keys_section {
    struct wv_slice file;
    struct wv_slice checks;
    uint32_t epoch_days;
    uint32_t keep_days;
    json_t *block;
};

const struct wv_option wv_keys_rows[WV_KEYS_ROWS] = {
    {.name = "file",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct keys_section, file),
     .max = PATH_BYTES,
     .help = "key file, made by `wafveil keys init`; without it tokens last as long as the "
             "process"},
    {.name = "epoch_days",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct keys_section, epoch_days),
     .min = 1,
     .max = WV_EPOCH_DAYS_MAX,
     .fallback = 7,
     .unit = "days",
     .help = "length of the epochs that `wafveil keys init` and `rotate` make"},
    {.name = "keep_days",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct keys_section, keep_days),
     .max = DAYS_MAX,
     .unit = "days",
     .help = "how long after its end the secret of an epoch is kept, for late events and for "
             "requests of people; then `wafveil keys rotate` destroys it; 0: until somebody does"},
    {.name = "kek",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct keys_section, block),
     .help = "where the key-encryption key is that wraps the secrets in the file; without it they "
             "lie there as they are"},
    {.name = "previous_kek",
     .kind = WV_OPTION_ANY,
     .member = offsetof(struct keys_section, block),
     .help = "the key-encryption key before it, until `wafveil keys rewrap` has been run"},
    {.name = "checks",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct keys_section, checks),
     .max = PATH_BYTES,
     .help = "check values (`wafveil keys list --checks`) with which the secrets must agree: "
             "another key file is refused"},
};

const struct wv_option wv_kek_rows[WV_KEK_ROWS] = {
    {.name = "file",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct kek_section, file),
     .max = PATH_BYTES,
     .help = "file that holds it: 32 bytes as they are, in hexadecimal or in base64; readable by "
             "its owner alone"},
    {.name = "credential",
     .kind = WV_OPTION_TEXT,
     .member = offsetof(struct kek_section, credential),
     .max = NAME_BYTES,
     .help = "name of a systemd credential (LoadCredentialEncrypted=) that holds it"},
    {.name = "command",
     .kind = WV_OPTION_NAMES,
     .member = offsetof(struct kek_section, command),
     .max = PATH_BYTES,
     .help = "program and arguments that print it, without a shell: [\"vault\", \"kv\", \"get\", "
             "\"-field=kek\", \"secret/wafveil\"]"},
    {.name = "timeout_ms",
     .kind = WV_OPTION_UINT,
     .member = offsetof(struct kek_section, timeout_ms),
     .min = 100,
     .max = 300000,
     .fallback = TIMEOUT_MS,
     .unit = "ms",
     .help = "how long the command may take; then it is killed"},
};

struct reading {
    struct wv_config *config;
    struct wv_arena *arena;
    struct wv_report *report;
};

static bool take_command(const struct reading *reading, const struct wv_node *node,
                         const struct kek_section *section, struct wv_kek_source *out)
{
    const struct wv_node command = wv_node_member(node, "command");
    const size_t count = section->command.count;
    if (count == 0 || count > WV_KEK_COMMAND_MAX || section->command.items[0].len == 0) {
        return wv_node_fail(&command, reading->report,
                            "must be a program and its arguments, at most %d words",
                            WV_KEK_COMMAND_MAX);
    }
    out->words = WV_ARENA_ARRAY(reading->arena, count + 1, const char *);
    if (out->words == NULL) {
        return wv_node_fail(&command, reading->report, "does not fit in memory");
    }
    for (size_t i = 0; i < count; i++) {
        out->words[i] = (const char *)section->command.items[i].ptr;
    }
    out->words[count] = NULL;
    out->from = WV_KEK_COMMAND;
    return true;
}

static bool take_credential(const struct reading *reading, const struct wv_node *node,
                            struct wv_slice name, struct wv_kek_source *out)
{
    if (memchr(name.ptr, '/', name.len) != NULL || name.ptr[0] == '.') {
        const struct wv_node credential = wv_node_member(node, "credential");
        return wv_node_fail(&credential, reading->report,
                            "must be the name of a credential, without a path");
    }
    out->from = WV_KEK_CREDENTIAL;
    out->name = (const char *)name.ptr;
    return true;
}

static bool take_file(const struct reading *reading, const struct wv_node *node,
                      struct wv_slice path, struct wv_kek_source *out)
{
    const struct wv_node file = wv_node_member(node, "file");
    const bool good =
        wv_config_resolve(reading->config->path, &file, &path, reading->arena, reading->report);
    out->from = WV_KEK_FILE;
    out->name = (const char *)path.ptr;
    return good;
}

static bool read_kek(const struct reading *reading, const struct wv_node *node,
                     struct wv_kek_source *out)
{
    struct kek_section section = {0};
    *out = (struct wv_kek_source){0};
    if (node->value == NULL) {
        return true;
    }
    if (!wv_options_bind(node, wv_kek_rows, WV_KEK_ROWS, &section, reading->arena,
                         reading->report)) {
        return false;
    }
    out->timeout_ms = section.timeout_ms;
    const bool has_command = json_object_get(node->value, "command") != NULL;
    if ((section.file.len > 0) + (section.credential.len > 0) + has_command != 1) {
        return wv_node_fail(node, reading->report,
                            "needs one of \"file\", \"credential\" and \"command\"");
    }
    if (has_command) {
        return take_command(reading, node, &section, out);
    }
    return section.file.len > 0 ? take_file(reading, node, section.file, out)
                                : take_credential(reading, node, section.credential, out);
}

bool wv_config_keys(const struct wv_node *node, struct wv_config *config, struct wv_arena *arena,
                    struct wv_report *report)
{
    const struct reading reading = {config, arena, report};
    struct keys_section section = {0};
    bool ok = wv_options_bind(node, wv_keys_rows, WV_KEYS_ROWS, &section, arena, report);
    const struct wv_node file = wv_node_member(node, "file");
    const struct wv_node checks = wv_node_member(node, "checks");
    const struct wv_node kek = wv_node_member(node, "kek");
    const struct wv_node previous = wv_node_member(node, "previous_kek");
    if (ok && node->value != NULL && section.file.len == 0) {
        ok = wv_node_fail(node, report,
                          "needs \"file\": where `wafveil keys init` puts the secrets");
    }
    ok = wv_config_resolve(config->path, &file, &section.file, arena, report) && ok;
    ok = wv_config_resolve(config->path, &checks, &section.checks, arena, report) && ok;
    if (section.checks.len > 0) {
        ok = wv_config_readable(&checks, section.checks, report) && ok;
    }
    ok = read_kek(&reading, &kek, &config->keys.kek) && ok;
    ok = read_kek(&reading, &previous, &config->keys.previous_kek) && ok;
    if (previous.value != NULL && kek.value == NULL) {
        ok = wv_node_fail(&previous, report, "needs \"kek\", which comes after it");
    }
    config->keys.file = section.file;
    config->keys.checks = section.checks;
    config->keys.epoch_days = section.epoch_days;
    config->keys.keep_days = section.keep_days;
    return ok;
}

/* ---- What it leads to -------------------------------------------------------------------------
 */

static bool fetch(const struct wv_config *config, const char *member,
                  const struct wv_kek_source *source, struct wv_report *report, struct wv_kek **out)
{
    *out = NULL;
    if (source->from == WV_KEK_NOWHERE) {
        return true;
    }
    const struct wv_node root = wv_document_root(config->document);
    const struct wv_node keys = wv_node_member(&root, "keys");
    const struct wv_node node = wv_node_member(&keys, member);
    *out = wv_kek_fetch(source, &node, report);
    return *out != NULL;
}

bool wv_config_keks(const struct wv_config *config, struct wv_report *report,
                    struct wv_kek_pair *out)
{
    bool good = fetch(config, "kek", &config->keys.kek, report, &out->current);
    good =
        fetch(config, "previous_kek", &config->keys.previous_kek, report, &out->previous) && good;
    if (!good) {
        wv_kek_pair_free(out);
    }
    return good;
}

void wv_kek_pair_free(struct wv_kek_pair *pair)
{
    wv_kek_free(pair->current);
    wv_kek_free(pair->previous);
    *pair = (struct wv_kek_pair){0};
}

static bool compare(const struct wv_config *config, const struct wv_keyring *keyring,
                    struct wv_report *report)
{
    struct wv_key_agreement agreement;
    if (config->keys.checks.len == 0) {
        return true;
    }
    struct wv_document *document = wv_document_load((const char *)config->keys.checks.ptr, report);
    const bool agree =
        document != NULL && wv_key_checks_agree(document, keyring, report, &agreement);
    wv_document_free(document);
    return agree;
}

struct wv_keyring *wv_config_keyring(const struct wv_config *config, struct wv_report *report)
{
    struct wv_kek_pair pair;
    if (!wv_config_keks(config, report, &pair)) {
        return NULL;
    }
    const struct wv_keks keks = wv_keks_of(&pair);
    struct wv_keyring *keyring =
        wv_keyfile_load((const char *)config->keys.file.ptr, &keks, report);
    wv_kek_pair_free(&pair);
    if (keyring != NULL && !compare(config, keyring, report)) {
        wv_keyring_free(keyring);
        keyring = NULL;
    }
    return keyring;
}
