/*
 * ip_encrypt — replaces an address by another one, so that equal networks stay equal networks.
 *
 * ipcrypt-pfx under a key of the output's own domain and epoch: reversible for whoever holds the
 * key, and whoever can send traffic from chosen addresses learns how prefixes map. So it is a
 * pseudonym for analysts inside the domain, never for a third party.
 */
#include "filters/ip_encrypt.h"

extern const struct wv_filter wv_filter_ip_encrypt;

bool wv_ip_encrypt_is(const struct wv_filter *filter)
{
    return filter == &wv_filter_ip_encrypt;
}

bool wv_ip_encrypt(struct wv_tokens *tokens, const struct wv_token_key *key,
                   struct wv_address *address)
{
    const bool inner = address->family == 6 && address->form == WV_ADDRESS_NAT64;
    const int family = address->family == 4 || inner ? 4 : 6;
    return wv_tokens_pfx(tokens, key, family, address->bytes + (inner ? 12 : 0));
}

static enum wv_verdict apply(const void *settings, const struct wv_value *value,
                             struct wv_context *context, struct wv_out *out)
{
    (void)settings;
    if (wv_address_is_absent(value->text)) {
        return WV_HARMLESS;
    }
    struct wv_address address;
    if (wv_value_address(value, &address) != WV_ADDRESS_VALID || context->tokens == NULL ||
        context->key.domain.len == 0 || !wv_ip_encrypt(context->tokens, &context->key, &address)) {
        return WV_FAILED;
    }
    uint8_t text[WV_ADDRESS_TEXT_MAX];
    wv_out_put(out, (struct wv_slice){text, wv_address_format(&address, text)});
    return WV_REPLACED;
}

const struct wv_filter wv_filter_ip_encrypt = {
    .name = "ip_encrypt",
    .summary = "Encrypts an address so that addresses of one network stay in one network "
               "(ipcrypt-pfx)",
    .residue = WV_RESIDUE_CLOSED,
    .rank = 15,
    .apply = apply,
};
