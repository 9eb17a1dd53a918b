/*
 * subject_name.h — whose certificate it is, for people.
 */
#ifndef WV_KEYS_SUBJECT_NAME_H
#define WV_KEYS_SUBJECT_NAME_H

#include <openssl/x509.h>
#include <stddef.h>

/* Writes the subject (RFC 2253, UTF-8, nothing that a terminal would obey) and a NUL into out,
 * which has room for max bytes and the NUL; a longer one is cut between two characters. Empty when
 * memory is short. */
void wv_subject_name(const X509 *certificate, char *out, size_t max);

#endif
