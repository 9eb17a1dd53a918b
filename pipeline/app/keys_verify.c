/*
 * keys_verify.c — whether the secrets are whole, enough, and the same as those of others.
 */
#include "app/keys_work.h"

#include "keys/epoch.h"
#include "keys/key_checks.h"

#include <inttypes.h>
#include <unistd.h>

enum { CHECKS_MAX = 8 * 1024 * 1024 };

/* Domains of the configuration whose keys end, or have ended, too soon. */
struct gaps {
    size_t now;            /* without a key for this moment */
    struct wv_slice first; /* of those */
    size_t soon;           /* whose last epoch has begun */
};

static void look_for_gaps(const struct wv_keys_work *work, const struct wv_keyring *keyring,
                          struct gaps *gaps)
{
    for (size_t i = 0; i < work->uses->count; i++) {
        const struct wv_slice domain = work->uses->items[i].domain;
        const struct wv_epoch *epoch = wv_keyring_find(keyring, domain, work->now_s);
        if (i > 0 && wv_slice_eq(work->uses->items[i - 1].domain, domain)) {
            continue;
        }
        gaps->first = epoch == NULL && gaps->now == 0 ? domain : gaps->first;
        gaps->now += epoch == NULL;
        gaps->soon += epoch != NULL && wv_keyring_find(keyring, domain, epoch->until_s) == NULL;
    }
}

static struct wv_document *read_stdin(struct wv_report *report)
{
    static uint8_t text[CHECKS_MAX];
    size_t len = 0;
    ssize_t got = 1;
    while (got > 0 && len < sizeof(text)) {
        got = read(STDIN_FILENO, text + len, sizeof(text) - len);
        len += got > 0 ? (size_t)got : 0;
    }
    return wv_document_parse("stdin", (struct wv_slice){text, len}, report);
}

static bool compare(const struct wv_keys_work *work, const struct wv_keyring *keyring,
                    const char *path)
{
    struct wv_document *document =
        strcmp(path, "-") == 0 ? read_stdin(work->report) : wv_document_load(path, work->report);
    struct wv_key_agreement agreement;
    const bool agree =
        document != NULL && wv_key_checks_agree(document, keyring, work->report, &agreement);
    if (agree) {
        (void)printf("%s: %zu the same, %zu only here, %zu only there\n",
                     wv_document_name(document), agreement.same, agreement.only_here,
                     agreement.only_there);
    }
    wv_document_free(document);
    return agree;
}

static enum wv_exit judge(const struct wv_keys_work *work, const struct wv_keyring *keyring)
{
    struct gaps gaps = {0};
    look_for_gaps(work, keyring, &gaps);
    const char *kek = work->keks->current == NULL ? NULL : wv_kek_id(work->keks->current);
    const size_t count = wv_keyring_count(keyring);
    const int64_t days = wv_domains_runway(work->plan, keyring, work->now_s) / WV_DAY_S;
    (void)printf("%s: %zu secret%s whole%s%s; keys for %" PRId64 " day%s\n", work->path, count,
                 count == 1 ? " is" : "s are",
                 kek == NULL ? "" : ", wrapped by the key-encryption key ", kek == NULL ? "" : kek,
                 days, wv_plural((size_t)days));
    if (gaps.soon > 0) {
        (void)printf("%zu domain%s no key for the next epoch: `wafveil keys rotate` makes it\n",
                     gaps.soon, gaps.soon == 1 ? " has" : "s have");
    }
    if (gaps.now > 0) {
        (void)wv_report_add(work->report, (struct wv_finding){.file = work->path},
                            "has no key for this moment in %zu domain%s of the configuration, "
                            "%.*s first: `wafveil keys init` makes what was never made; of a "
                            "tenant whose keys were destroyed take the tenant out of its table",
                            gaps.now, wv_plural(gaps.now), (int)gaps.first.len,
                            (const char *)gaps.first.ptr);
    }
    bool good = gaps.now == 0;
    const char *against = wv_argument_text(work->arguments, "against");
    const struct wv_slice checks = work->config->checks;
    if (checks.len > 0) {
        good = compare(work, keyring, (const char *)checks.ptr) && good;
    }
    if (against != NULL) {
        good = compare(work, keyring, against) && good;
    }
    return good ? WV_EXIT_OK : WV_EXIT_CONFIG;
}

enum wv_exit wv_keys_verify(const struct wv_keys_work *work)
{
    struct wv_keyring *keyring = wv_keyfile_load(work->path, work->keks, work->report);
    const enum wv_exit code = keyring == NULL ? WV_EXIT_CONFIG : judge(work, keyring);
    wv_keyring_free(keyring);
    return code;
}
