/*
 * validate.h — whether a text is an identifier of a known kind: a card, an account, a person's
 * number.
 *
 * Each wv_valid_<name>() judges a whole text in its compact spelling: ASCII digits and letters,
 * which may be in either case; the caller has taken out blanks, dashes and points. They take any
 * bytes and any length, answer in a time that the longest identifier bounds, and keep nothing.
 *
 * A check digit is a weak witness: among random numbers one of ten or eleven has the right one. So
 * each comment says which share of random texts of the same form passes ("passes:"). Where that is
 * more than about one of a hundred, the caller should want more than the number: a name beside it,
 * or the dashes with which it is written. An identifier that is all zeros is nobody's, and is not
 * valid unless its comment says so.
 *
 * validators.def lists them; the configuration calls them by the names there.
 */
#ifndef WV_FILTERS_VALIDATE_H
#define WV_FILTERS_VALIDATE_H

#include "base/slice.h"

/* --- anywhere --- */

/* Digits with a check digit after Luhn (ISO/IEC 7812-1), at most 64 of them. Zeros are valid.
 * Passes: 10 %. */
bool wv_valid_luhn(struct wv_slice text);

/* Number of a payment card: issuer and length belong together (ISO/IEC 7812; ranges that the
 * networks publish), Luhn. No issuer has a number of one digit all over. Passes: 2.9 % of 16
 * digits. */
bool wv_valid_card(struct wv_slice text);

/* International bank account number (ISO 13616): country, its length and structure (SWIFT's
 * registry, release 101), ISO 7064 MOD 97-10, check digits 02 to 98. Passes: 1 % of texts with a
 * country's structure. */
bool wv_valid_iban(struct wv_slice text);

/* Number of a mobile device, IMEI (3GPP TS 23.003, annex B): 15 digits, Luhn. Passes: 10 %. */
bool wv_valid_imei(struct wv_slice text);

/* --- Asia and the Pacific --- */

/* Japan, Individual Number ("My Number"; ordinance 85 of 2014 of the Ministry of Internal Affairs):
 * 12 digits, the last of which makes the sum by 11 right. Passes: 10 %. */
bool wv_valid_jp_my_number(struct wv_slice text);

/* Korea, resident or foreigner registration number (Resident Registration Act): 13 digits, a
 * birthday in the century that the seventh digit says. The check digit is not looked at: numbers
 * given since October 2020 have none. Passes: 3.7 %. */
bool wv_valid_kr_rrn(struct wv_slice text);

/* The same with the check digit that numbers from before October 2020 have: for digits that nothing
 * else makes likely. Passes: 0.37 %. */
bool wv_valid_kr_rrn_checksum(struct wv_slice text);

/* Singapore, NRIC or FIN (National Registration Act; the letter as software for payrolls documents
 * it): S, T, F, G or M, seven digits, a check letter of the series. Passes: 3.8 % of those with any
 * last letter. */
bool wv_valid_sg_nric(struct wv_slice text);

/* Taiwan, identity card number or number of a resident certificate, new (8, 9 as second) and until
 * 2021 (A to D; Ministry of the Interior): a letter, that, eight digits, weighted sum by 10.
 * Passes: 10 %. */
bool wv_valid_tw_id(struct wv_slice text);

/* Hong Kong, identity card number (Registration of Persons Regulations): one or two letters, six
 * digits, a check digit by 11 of which A is ten. Passes: 9.1 %. */
bool wv_valid_hk_id(struct wv_slice text);

/* Malaysia, MyKad (National Registration Department): 12 digits, birthday and a place code that is
 * in use; there is no check digit. Passes: 3.1 %. */
bool wv_valid_my_mykad(struct wv_slice text);

/* Philippines, taxpayer number: 9 digits, and 3 or 5 more for a branch; the ninth is the weighted
 * sum by 11. No office has published this rule: it is what free software does. Passes: 9.1 %. */
bool wv_valid_ph_tin(struct wv_slice text);

/* Australia, tax file number (Taxation Office): 9 digits, or 8 in old ones, weighted sum by 11.
 * Passes: 9.1 %. */
bool wv_valid_au_tfn(struct wv_slice text);

/* Australia, Medicare card (NEHTA, Software Conformance Requirements 1.4): 2 to 6, seven digits, a
 * check digit, the number of the issue, perhaps that of the person. Passes: 5 %. */
bool wv_valid_au_medicare(struct wv_slice text);

/* India, Aadhaar (UIDAI): 12 digits, the first at least 2, no palindrome, Verhoeff. Passes: 8 %. */
bool wv_valid_in_aadhaar(struct wv_slice text);

/* Thailand, citizen number (Department of Provincial Administration): 13 digits, the first from 1
 * to 8, weighted sum by 11. Passes: 8 %. */
bool wv_valid_th_pin(struct wv_slice text);

/* China, resident identity number (GB 11643-1999): 18, birthday since 1800, ISO 7064 MOD 11-2, the
 * last may be X. Passes: 0.009 %. */
bool wv_valid_cn_ric(struct wv_slice text);

/* Israel, identity number (Population Registry): 9 digits, Luhn; the caller writes the zeros in
 * front that people leave out. Passes: 10 %. */
bool wv_valid_il_id(struct wv_slice text);

/* --- Europe --- */

/* United Kingdom, NHS number (Data Dictionary): 10 digits, weighted sum by 11. Passes: 9.1 %. */
bool wv_valid_gb_nhs(struct wv_slice text);

/* United Kingdom, National Insurance number (HMRC, NIM39110): two letters that are in use, six
 * digits, A to D. Passes: 8.5 %. */
bool wv_valid_gb_nino(struct wv_slice text);

/* Germany, tax identification number (§ 139b AO; Bundeszentralamt für Steuern): 11 digits, no 0 in
 * front, among the first ten exactly one digit twice or three times, yet not three in a row, ISO
 * 7064 MOD 11,10. Passes: 0.35 %. */
bool wv_valid_de_idnr(struct wv_slice text);

/* France, NIR (INSEE; decree 82-103): sex, year, month, five for the place (2A and 2B in Corsica),
 * three more, key by 97. Passes: 0.55 %. */
bool wv_valid_fr_nir(struct wv_slice text);

/* Spain, DNI (Royal Decree 1553/2005): 8 digits, a letter by 23. Zeros are valid. Passes: 3.8 % of
 * those with any letter. */
bool wv_valid_es_dni(struct wv_slice text);

/* Spain, NIE (Royal Decree 557/2011): X, Y or Z, 7 digits, the letter of the DNI. Zeros are valid.
 * Passes: 3.8 % of those with any last letter. */
bool wv_valid_es_nie(struct wv_slice text);

/* Italy, codice fiscale of a person (Ministerial Decree of 23 December 1976): 16, birthday, check
 * letter; digits may be written as the letters that tell namesakes apart. Passes: 1.1 % of texts
 * with letters and digits where they belong. */
bool wv_valid_it_cf(struct wv_slice text);

/* Switzerland, AHV number (AHVG 50c): 756, ten digits, EAN-13. Passes: 10 % of those with 756. */
bool wv_valid_ch_ahv(struct wv_slice text);

/* --- America --- */

/* United States, social security number (SSA, POMS RM 10201.035): area not 000, 666 or 9…, group
 * not 00, serial not 0000, none of the three that were printed on samples. Passes: 88.9 %. */
bool wv_valid_us_ssn(struct wv_slice text);

/* Canada, social insurance number (Service Canada): 9 digits, not beginning with 0 or 8, Luhn.
 * Passes: 8 %. */
bool wv_valid_ca_sin(struct wv_slice text);

/* Brazil, CPF (Receita Federal): 11 digits, two of them check digits by 11, not one digit all over.
 * Passes: 1 %. */
bool wv_valid_br_cpf(struct wv_slice text);

/* --- all of them --- */

struct wv_validator {
    const char *name; /* as the configuration calls it */
    bool (*is_valid)(struct wv_slice text);
    uint8_t min_len; /* no text that is shorter or longer is valid */
    uint8_t max_len;
    const char *what; /* it checks, without a full stop */
};

/* Where each stands in the list. */
enum wv_validator_index {
#define WV_VALIDATOR(symbol, name, function, min, max, what) WV_VALIDATOR_##symbol,
#include "filters/validators.def"
#undef WV_VALIDATOR
    WV_VALIDATOR_COUNT
};

/* NULL: there is none of that name. */
const struct wv_validator *wv_validator_find(struct wv_slice name);

size_t wv_validator_count(void);
const struct wv_validator *wv_validator_at(size_t index);

#endif
