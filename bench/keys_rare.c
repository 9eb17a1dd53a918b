/* keys_rare.c — what happens once for a domain, epoch and kind, or once at a start. */
#include "bench/keys.h"

#include "base/base64.h"
#include "keys/derive.h"
#include "keys/keyfile.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TIMES = 2000, DOMAINS = 100, EPOCHS = 10, LOADS = 15 };

static double derive_ns(void)
{
    static const uint8_t secret[WV_SECRET_BYTES] = {5};
    const struct wv_use use = {WV_LIT("acme/eu/soc"), WV_LIT("20261116-7d"), WV_LIT("ip")};
    uint8_t key[WV_SECRET_BYTES];
    const double start = keys_now();
    for (size_t i = 0; i < TIMES; i++) {
        wv_ensure(wv_derive(secret, &use, key, sizeof key));
    }
    return (keys_now() - start) / TIMES * 1e9;
}

/* A token of a domain that had none before: its key is derived, and another one's is lost. */
static double first_token_ns(struct wv_tokens *tokens)
{
    char domain[32];
    const double start = keys_now();
    for (size_t i = 0; i < TIMES; i++) {
        struct wv_token token;
        const int len = snprintf(domain, sizeof domain, "tenant%zu/eu/soc", i);
        const struct wv_token_key key = {
            .domain = {(const uint8_t *)domain, (size_t)len}, .time_s = 0, .kind = WV_KIND_IP};
        wv_ensure(wv_tokens_make(tokens, &key, WV_LIT("\x04\xc0\0\2\1"), &token));
    }
    return (keys_now() - start) / TIMES * 1e9;
}

/* As `wafveil keys init` writes it: DOMAINS domains with EPOCHS epochs each. */
static bool write_keys(const char *path)
{
    uint8_t secret[WV_SECRET_BYTES] = {6};
    FILE *file = fopen(path, "wx");
    if (file == NULL || fchmod(fileno(file), 0600) != 0) {
        return false;
    }
    (void)fputs("{\"version\":1,\"domains\":{", file);
    for (int domain = 0; domain < DOMAINS; domain++) {
        (void)fprintf(file, "%s\"tenant%d/eu/soc\":{\"epoch_days\":1,\"epochs\":[",
                      domain > 0 ? "," : "", domain);
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            uint8_t mem[64];
            struct wv_buf text = wv_buf_of(mem, sizeof mem);
            secret[1] = (uint8_t)domain;
            secret[2] = (uint8_t)epoch;
            wv_base64_encode(&text, (struct wv_slice){secret, sizeof secret});
            (void)fprintf(file, "%s{\"id\":\"202611%02d-1d\",\"secret\":\"%.*s\"}",
                          epoch > 0 ? "," : "", 10 + epoch, (int)text.len, (const char *)mem);
        }
        (void)fputs("]}", file);
    }
    (void)fputs("}}\n", file);
    return fclose(file) == 0;
}

/* NaN-free: 0 when it cannot be loaded, which was said. */
static double load_ns(const char *path)
{
    double took[LOADS];
    for (size_t i = 0; i < LOADS; i++) {
        struct wv_report *report = wv_report_new();
        wv_ensure(report != NULL);
        const double start = keys_now();
        struct wv_keyring *keyring = wv_keyfile_load(path, NULL, report);
        took[i] = (keys_now() - start) * 1e9;
        if (keyring == NULL) {
            wv_report_print(report, stderr);
        }
        wv_report_free(report);
        if (keyring == NULL) {
            return 0;
        }
        wv_ensure(wv_keyring_count(keyring) == (size_t)DOMAINS * EPOCHS);
        wv_keyring_free(keyring);
    }
    return keys_median(took, LOADS);
}

bool keys_rare(bool json)
{
    static const uint8_t seed[WV_SECRET_BYTES] = {7};
    char folder[] = "/tmp/bench-keys-XXXXXX";
    char path[64];
    struct wv_report *report = wv_report_new();
    struct wv_keyring *keyring = report == NULL ? NULL : wv_keyring_throwaway(seed, report);
    struct wv_tokens *tokens = keyring == NULL ? NULL : wv_tokens_new(keyring, 0);
    if (tokens == NULL || mkdtemp(folder) == NULL) {
        return false;
    }
    (void)snprintf(path, sizeof path, "%s/keys", folder);
    const double load = write_keys(path) ? load_ns(path) : 0;
    (void)unlink(path);
    (void)rmdir(folder);
    const double derive = derive_ns();
    const double first = first_token_ns(tokens);
    printf(json ? "{\"suite\":\"keys\",\"derive_ns\":%.0f,\"first_token_ns\":%.0f,"
                  "\"load_1000_ns\":%.0f}\n"
                : "\nderiving a key %.0f ns, first token under a key %.0f ns, loading 1000 epochs "
                  "%.0f ns\n",
           derive, first, load);
    wv_tokens_free(tokens);
    wv_keyring_free(keyring);
    wv_report_free(report);
    return load > 0;
}
