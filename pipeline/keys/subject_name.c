/* subject_name.c — the subject of a certificate as text. */
#include "keys/subject_name.h"

#include <openssl/bio.h>
#include <stdint.h>
#include <string.h>

void wv_subject_name(const X509 *certificate, char *out, size_t max)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *text = NULL;
    size_t len = 0;
    if (bio != NULL && X509_NAME_print_ex(bio, X509_get_subject_name(certificate), 0,
                                          XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) >= 0) {
        const long found = BIO_get_mem_data(bio, &text);
        len = found < 0 || text == NULL ? 0 : (size_t)found;
    }
    if (len > max) {
        len = max;
        while (len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80) {
            len--;
        }
    }
    if (len > 0) {
        memcpy(out, text, len);
    }
    out[len] = '\0';
    BIO_free(bio);
}
