/*
 * Feeds arbitrary text to the reader of key files.
 *
 * It must be refused with an error, or give a keyring that answers like a list of disjoint epochs
 * in order of time. No finding may hold what stands in the text as a secret.
 */
#include "keys/epoch.h"
#include "keys/keyfile.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_order(const struct wv_keyring *keyring)
{
    struct wv_key_info before = {0};
    for (size_t i = 0; i < wv_keyring_count(keyring); i++) {
        struct wv_key_info info;
        wv_ensure(wv_keyring_info(keyring, i, 0, &info));
        const struct wv_epoch *epoch = info.epoch;
        struct wv_epoch_span span;
        wv_ensure(wv_epoch_parse(wv_slice_of(epoch->id), &span));
        wv_ensure(span.first * WV_DAY_S == epoch->from_s);
        wv_ensure(epoch->from_s + (int64_t)span.days * WV_DAY_S == epoch->until_s);
        wv_ensure(i == 0 || !wv_slice_eq(before.domain, info.domain) ||
                  before.epoch->until_s <= epoch->from_s);
        wv_ensure(wv_keyring_find(keyring, info.domain, epoch->from_s) == epoch);
        wv_ensure(wv_keyring_find(keyring, info.domain, epoch->until_s - 1) == epoch);
        wv_ensure(wv_keyring_find(keyring, info.domain, epoch->until_s) != epoch);
        before = info;
    }
    wv_ensure(wv_keyring_runway(keyring, 0) >= 0);
}

/* Every run of 40 base64 characters in the text counts as a secret. */
static void check_findings(const struct wv_report *report, const uint8_t *data, size_t size)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t run = 0;
    for (size_t i = 0; i < size; i++) {
        run = data[i] != 0 && strchr(letters, data[i]) != NULL ? run + 1 : 0;
        for (size_t j = 0; run >= 40 && j < wv_report_count(report); j++) {
            const struct wv_finding *finding = wv_report_at(report, j);
            wv_ensure(memmem(finding->text, strlen(finding->text), data + i - 39, 40) == NULL);
        }
    }
}

static void parse(const uint8_t *data, size_t size, const struct wv_keks *keks)
{
    struct wv_report *report = wv_report_new();
    wv_ensure(report != NULL);
    struct wv_keyring *keyring =
        wv_keyfile_parse("fuzz", (struct wv_slice){data, size}, keks, report);
    wv_ensure((keyring == NULL) == (wv_report_errors(report) > 0));
    check_findings(report, data, size);
    if (keyring != NULL) {
        check_order(keyring);
    }
    wv_keyring_free(keyring);
    wv_report_free(report);
}

/* Without a key-encryption key, and with that of the seeds: 32 zeros. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t zeros[WV_KEK_BYTES];
    struct wv_kek *kek = wv_kek_new(zeros);
    wv_ensure(kek != NULL);
    const struct wv_keks keks = {.current = kek};
    parse(data, size, NULL);
    parse(data, size, &keks);
    wv_kek_free(kek);
    return 0;
}
