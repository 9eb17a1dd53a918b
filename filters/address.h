/*
 * address.h — IP addresses as attackers, proxies and vendors write them.
 *
 * Strict on purpose (RFC 6943: loose forms of IPv4 are ambiguous): no leading zeros, no hexadecimal
 * or short IPv4. A port, a zone, brackets, quotes and blanks around the address are taken off, and
 * an IPv4 address inside IPv6 is found, because a truncated "2002:c633:6407::" (6to4) would still
 * hold the whole client address.
 */
#ifndef WV_FILTERS_ADDRESS_H
#define WV_FILTERS_ADDRESS_H

#include "base/buf.h"

enum wv_address_form {
    WV_ADDRESS_PLAIN = 0,
    WV_ADDRESS_MAPPED, /* ::ffff:0:0/96, normalised to IPv4 (RFC 4291) */
    WV_ADDRESS_COMPAT, /* ::/96 but :: and ::1, normalised to IPv4 (RFC 4291, deprecated) */
    WV_ADDRESS_NAT64,  /* 64:ff9b::/96 (RFC 6052) */
    WV_ADDRESS_6TO4,   /* 2002::/16 (RFC 3056) */
    WV_ADDRESS_TEREDO, /* 2001::/32 (RFC 4380) */
    WV_ADDRESS_ISATAP, /* interface id 0:5efe:v4 or 200:5efe:v4 (RFC 5214) */
};

struct wv_address {
    uint8_t bytes[16]; /* 4 or 16 of them, network order, in normal form */
    uint8_t family;    /* 4 or 6 */
    uint8_t form;      /* enum wv_address_form */
};

enum wv_address_verdict {
    WV_ADDRESS_INVALID = 0, /* personal text of some other kind: never pass it on */
    WV_ADDRESS_ABSENT, /* empty, "-", "unknown", "_obf…"-style placeholders that say "none" */
    WV_ADDRESS_VALID,
};

/* Reads a whole value, with all that may stand around an address. */
enum wv_address_verdict wv_address_parse(struct wv_slice text, struct wv_address *out);

/* Whether the text is, byte for byte, one of the words that say "no address": safe to pass on. */
bool wv_address_is_absent(struct wv_slice text);

/* The longest address that begins exactly at text.ptr[0], without brackets, zone or port; 0 when
 * there is none, otherwise its length. A longer run of address characters is no address:
 * "1.1.1.1" does not begin "1.1.1.10". A port behind it, or a point that ends a sentence, is no
 * part of the run; the unspecified address "::" alone is not reported. The caller has checked the
 * byte before. */
size_t wv_address_prefix(struct wv_slice text, struct wv_address *out);

bool wv_address_eq(const struct wv_address *a, const struct wv_address *b);

/* How many leading bits of the address may stay (v4_keep: 0..32, v6_keep: 0..128). The IPv4 rule
 * holds for an embedded IPv4 address: NAT64 keeps 96 + v4_keep bits, 6to4 at most 16 + v4_keep,
 * Teredo at most its prefix of 32, ISATAP at most 64. */
uint32_t wv_address_keep_bits(const struct wv_address *address, uint32_t v4_keep, uint32_t v6_keep);

/* Keeps wv_address_keep_bits() and zeroes the rest. */
struct wv_address wv_address_truncate(const struct wv_address *address, uint32_t v4_keep,
                                      uint32_t v6_keep);

/* Text as in RFC 5952. At most WV_ADDRESS_TEXT_MAX bytes. */
enum { WV_ADDRESS_TEXT_MAX = 45 };
size_t wv_address_format(const struct wv_address *address, uint8_t out[WV_ADDRESS_TEXT_MAX]);

/* Canonical value of token.h: type byte and bytes. At most 17 bytes. */
enum { WV_ADDRESS_CANONICAL_MAX = 17 };
struct wv_slice wv_address_canonical(const struct wv_address *address,
                                     uint8_t out[WV_ADDRESS_CANONICAL_MAX]);

/* Private, loopback, link-local, shared (100.64/10) or unique-local: says nothing of a client. */
bool wv_address_is_internal(const struct wv_address *address);

#endif
