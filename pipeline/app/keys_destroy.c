/*
 * keys_destroy.c — destroys the secrets of a tenant, a domain or an epoch, in two steps.
 */
#include "app/keys_work.h"

#include "keys/epoch.h"

#include <stdlib.h>

enum { RECORDED_MAX = 5000 }; /* secrets in one record, which has room for more */

/* Domains whose secrets are to go. */
struct targets {
    struct wv_slice *domains; /* malloc'd; the texts are the uses', the document's or arguments */
    size_t count;
    size_t shared; /* domains of the tenant that are others', too: left */
};

/* ---- Recording --------------------------------------------------------------------------------
 */

static json_t *secrets_json(const struct wv_doomed *doomed)
{
    json_t *list = json_array();
    for (size_t i = 0; i < doomed->count && i < RECORDED_MAX; i++) {
        const struct wv_key_doom *doom = &doomed->items[i];
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "domain", doom->domain,
                                                    "epoch", doom->epoch, "check", doom->check));
    }
    return list;
}

/* code stands for all secrets, also where the list is cut. */
static json_t *members(const struct wv_keys_work *work, const struct wv_doomed *doomed,
                       const char *reason, const char *requester)
{
    return json_pack("{s:s, s:s, s:s?, s:I, s:s, s:o}", "file", work->path, "reason", reason,
                     "requester", requester, "count", (json_int_t)doomed->count, "code",
                     doomed->code, "secrets", secrets_json(doomed));
}

bool wv_keys_destroy_recorded(const struct wv_keys_work *work, const struct wv_key_choice *choice,
                              const char *code, const char *reason, const char *requester,
                              struct wv_doomed *out)
{
    struct wv_doomed planned;
    *out = (struct wv_doomed){0};
    if (!wv_keyfile_choose(work->path, work->keks, choice, work->report, &planned)) {
        return false;
    }
    char day[WV_DAY_TEXT];
    wv_day_format(wv_epoch_day(work->now_s), day);
    struct wv_acts *acts = wv_acts_open(work->audit, work->report);
    bool done =
        acts != NULL && wv_acts_write(acts, "keys_destroying",
                                      members(work, &planned, reason, requester), work->report);
    done = done && wv_keyfile_destroy(work->path, work->keks, choice, code, day, work->report, out);
    done = done && wv_acts_write(acts, "keys_destroyed", members(work, out, reason, requester),
                                 work->report);
    wv_acts_close(acts);
    wv_doomed_free(&planned);
    return done;
}

/* ---- Choosing ---------------------------------------------------------------------------------
 */

static bool is_shared(const struct wv_domain_uses *uses, struct wv_slice domain,
                      struct wv_slice tenant)
{
    bool shared = false;
    for (size_t i = 0; i < uses->count; i++) {
        shared = shared || (wv_slice_eq(uses->items[i].domain, domain) &&
                            !wv_slice_eq(uses->items[i].tenant, tenant));
    }
    return shared;
}

/* Whether the configuration knows the domain as somebody's: then its name says nothing more. */
static bool is_known(const struct wv_domain_uses *uses, struct wv_slice domain)
{
    bool known = false;
    for (size_t i = 0; !known && i < uses->count; i++) {
        known = wv_slice_eq(uses->items[i].domain, domain);
    }
    return known;
}

static void add(struct targets *targets, struct wv_slice domain)
{
    for (size_t i = 0; i < targets->count; i++) {
        if (wv_slice_eq(targets->domains[i], domain)) {
            return;
        }
    }
    targets->domains[targets->count++] = domain;
}

/* Those that the configuration makes for the tenant, and those of the file that it would make for
 * it under another region, or that begin with its name: a tenant that has gone may stand in no
 * table any more, or with another region, and an output may be gone. Where the configuration knows
 * whose a domain is, its name decides nothing: "acme/joint" can be several tenants', and "jp/acme"
 * be made of region and tenant. */
static bool add_tenant(const struct wv_keys_work *work, const json_t *file, const char *name,
                       struct targets *targets)
{
    struct wv_domain_uses possible;
    const struct wv_slice tenant = wv_slice_of(name);
    struct wv_slice counted = {0}; /* uses are in order of their domains */
    for (size_t i = 0; i < work->uses->count; i++) {
        const struct wv_domain_use *use = &work->uses->items[i];
        if (wv_slice_eq(use->tenant, tenant)) {
            if (!is_shared(work->uses, use->domain, tenant)) {
                add(targets, use->domain);
            } else if (!wv_slice_eq(use->domain, counted)) {
                targets->shared++;
                counted = use->domain;
            }
        }
    }
    const bool done = wv_domain_uses_of(work->plan, tenant, &possible);
    const char *domain;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)file, domain, value)
    {
        const bool begins = strncmp(domain, name, tenant.len) == 0 && domain[tenant.len] == '/';
        if ((begins || is_known(&possible, wv_slice_of(domain))) &&
            !is_known(work->uses, wv_slice_of(domain))) {
            add(targets, wv_slice_of(domain));
        }
    }
    wv_domain_uses_free(&possible);
    return done || wv_report_add(work->report, (struct wv_finding){.file = work->path},
                                 "does not fit in memory");
}

static bool find_targets(const struct wv_keys_work *work, const json_t *file,
                         struct targets *targets)
{
    const char *tenant = wv_argument_text(work->arguments, "tenant");
    const char *domain = wv_argument_text(work->arguments, "domain");
    targets->domains =
        calloc(work->uses->count + json_object_size(file) + 1, sizeof(*targets->domains));
    if (targets->domains == NULL) {
        return wv_report_add(work->report, (struct wv_finding){.file = work->path},
                             "does not fit in memory");
    }
    if (domain != NULL) {
        if (json_object_get(file, domain) == NULL) {
            return wv_report_add(work->report, (struct wv_finding){.file = work->path},
                                 "has no such domain: `wafveil keys list` shows those that it has");
        }
        add(targets, wv_slice_of(domain));
    } else if (tenant != NULL) {
        return add_tenant(work, file, tenant, targets);
    } else {
        const char *name;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)file, name, value)
        {
            add(targets, wv_slice_of(name));
        }
    }
    return true;
}

static bool is_target(const struct targets *targets, const char *name)
{
    bool found = false;
    for (size_t i = 0; i < targets->count; i++) {
        found = found || wv_slice_eq(targets->domains[i], wv_slice_of(name));
    }
    return found;
}

static bool has_epoch(const json_t *domain, const char *id)
{
    size_t i;
    json_t *epoch;
    bool found = false;
    json_array_foreach(json_object_get(domain, "epochs"), i, epoch)
    {
        found = found || strcmp(json_string_value(json_object_get(epoch, "id")), id) == 0;
    }
    return found;
}

/* A name that is misspelled must not leave evidence of nothing. */
static bool check_targets(const struct wv_keys_work *work, const json_t *file,
                          const struct targets *targets, const char *epoch)
{
    const char *name;
    json_t *domain;
    bool found = false;
    json_object_foreach((json_t *)(uintptr_t)file, name, domain)
    {
        const bool left =
            epoch == NULL ? json_object_get(domain, "ended") == NULL : has_epoch(domain, epoch);
        found = found || (left && is_target(targets, name));
    }
    return found || wv_report_add(work->report, (struct wv_finding){.file = work->path},
                                  "holds none of these secrets: `wafveil keys list` shows those "
                                  "that it has, and what was destroyed before");
}

/* ---- The two steps ----------------------------------------------------------------------------
 */

static void print_backups(void)
{
    (void)puts("Copies of the file hold them as long as what wrapped them exists: backups, "
               "snapshots and other\nmachines must forget them, too. `wafveil keys rewrap` with a "
               "new key-encryption key, and the end of\nthe former one, makes all older copies "
               "unreadable.");
}

/* As a shell reads it again. */
static void print_word(const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                "_-./:@%+=,";
    if (text[0] != '\0' && text[strspn(text, plain)] == '\0') {
        (void)fputs(text, stdout);
        return;
    }
    (void)putchar('\'');
    for (; *text != '\0'; text++) {
        (void)fputs(*text == '\'' ? "'\\''" : (const char[]){*text, '\0'}, stdout);
    }
    (void)putchar('\'');
}

static void print_again(const struct wv_keys_work *work, size_t count, const char *code)
{
    static const char *const options[] = {"config", "tenant", "domain", "epoch", "audit"};
    (void)printf("To destroy %s:\n  wafveil keys destroy", count == 1 ? "it" : "them");
    for (size_t i = 0; i < WV_COUNT(options); i++) {
        const char *text = wv_argument_text(work->arguments, options[i]);
        if (text != NULL) {
            (void)printf(" --%s ", options[i]);
            print_word(text);
        }
    }
    (void)printf(" \\\n    --confirm %s --reason \"…\" --requester \"…\"\n", code);
}

static enum wv_exit show(const struct wv_keys_work *work, const struct wv_key_choice *choice)
{
    struct wv_doomed doomed;
    if (!wv_keyfile_choose(work->path, work->keks, choice, work->report, &doomed)) {
        return WV_EXIT_CONFIG;
    }
    (void)printf("%s: nothing is destroyed yet; %s %zu secret%s would be:\n", work->path,
                 doomed.count == 1 ? "this" : "these", doomed.count, wv_plural(doomed.count));
    for (size_t i = 0; i < doomed.count; i++) {
        const struct wv_key_doom *doom = &doomed.items[i];
        (void)printf("  %s  %-15s %s\n", doom->domain, doom->epoch, doom->check);
    }
    (void)puts("Nobody can make their tokens after that: neither for late events, nor to answer "
               "requests of people.");
    if (choice->epoch.len == 0) {
        (void)puts("Their domains end: they get no keys any more.");
    }
    print_backups();
    print_again(work, doomed.count, doomed.code);
    wv_doomed_free(&doomed);
    return WV_EXIT_OK;
}

static enum wv_exit destroy(const struct wv_keys_work *work, const struct wv_key_choice *choice,
                            const char *code)
{
    struct wv_doomed doomed;
    if (!wv_keys_destroy_recorded(work, choice, code, wv_argument_text(work->arguments, "reason"),
                                  wv_argument_text(work->arguments, "requester"), &doomed)) {
        return WV_EXIT_CONFIG;
    }
    (void)printf("%s: %zu secret%s destroyed; recorded in %s\n", work->path, doomed.count,
                 wv_plural(doomed.count), work->audit);
    (void)puts("A service that runs forgets them when it reads the file again: at the latest after "
               "a minute, at once\nafter `systemctl reload wafveil`.");
    print_backups();
    wv_doomed_free(&doomed);
    return WV_EXIT_OK;
}

static enum wv_exit choose(const struct wv_keys_work *work, const json_t *file)
{
    const char *epoch = wv_argument_text(work->arguments, "epoch");
    const char *code = wv_argument_text(work->arguments, "confirm");
    struct targets targets = {0};
    enum wv_exit result = WV_EXIT_CONFIG;
    if (find_targets(work, file, &targets) && check_targets(work, file, &targets, epoch)) {
        const struct wv_key_choice choice = {
            .domains = targets.domains,
            .domain_count = targets.count,
            .epoch = epoch == NULL ? (struct wv_slice){0} : wv_slice_of(epoch),
        };
        result = code == NULL ? show(work, &choice) : destroy(work, &choice, code);
    }
    if (targets.shared > 0) {
        (void)printf("The tenant shares %zu domain%s with others: their secrets stay.\n",
                     targets.shared, wv_plural(targets.shared));
    }
    free(targets.domains);
    return result;
}

static enum wv_exit check_arguments(const struct wv_keys_work *work)
{
    const struct wv_arguments *arguments = work->arguments;
    const char *epoch = wv_argument_text(arguments, "epoch");
    const bool confirmed = wv_argument_given(arguments, "confirm");
    const char *reason = wv_argument_text(arguments, "reason");
    const char *requester = wv_argument_text(arguments, "requester");
    struct wv_epoch_span span;
    if (!wv_argument_given(arguments, "tenant") && !wv_argument_given(arguments, "domain") &&
        epoch == NULL) {
        return wv_usage_fail(arguments, "say whose secrets: --tenant, --domain or --epoch");
    }
    if (wv_argument_given(arguments, "tenant") && wv_argument_given(arguments, "domain")) {
        return wv_usage_fail(arguments, "--tenant and --domain exclude each other");
    }
    if (epoch != NULL && !wv_epoch_parse(wv_slice_of(epoch), &span)) {
        return wv_usage_fail(arguments, "--epoch is written first day and length, as 20261116-7d");
    }
    if (confirmed &&
        (reason == NULL || requester == NULL || reason[0] == '\0' || requester[0] == '\0')) {
        return wv_usage_fail(arguments, "--confirm needs --reason and --requester: they are "
                                        "recorded");
    }
    return WV_EXIT_OK;
}

enum wv_exit wv_keys_destroy(const struct wv_keys_work *work)
{
    const enum wv_exit usage = check_arguments(work);
    if (usage != WV_EXIT_OK) {
        return usage;
    }
    struct wv_document *document = wv_keyfile_open(work->path, work->report);
    if (document == NULL) {
        return WV_EXIT_CONFIG;
    }
    const struct wv_node root = wv_document_root(document);
    const enum wv_exit code = choose(work, json_object_get(root.value, "domains"));
    wv_keyfile_close(document);
    return code;
}
