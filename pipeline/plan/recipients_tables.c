/*
 * recipients_tables.c — the rows of the sections `recipients` and `instance`: parser, ranges,
 * defaults and manual.
 */
#include "plan/recipients_tables.h"

#include "plan/recipients.h"

enum { NAME_BYTES = WV_INSTANCE_NAME_BYTES, ID_BYTES = 256 };

static const char *const kind_words[] = {"own",   "group",     "processor",   "sub_processor",
                                         "agent", "authority", "third_party", NULL};
static const char *const role_words[] = {"controller", "processor", NULL};
static const char *const result_words[] = {"fail", "pass", NULL};
static const char *const audit_words[] = {"on_site", "online", "paper", NULL};

#define ROW_TEXT(owner, word, field, most, text)                                                   \
    {                                                                                              \
        .name = word, .kind = WV_OPTION_TEXT, .member = offsetof(owner, field), .max = most,       \
        .help = text                                                                               \
    }
#define ROW_NEEDED(owner, word, field, most, text)                                                 \
    {                                                                                              \
        .name = word, .kind = WV_OPTION_TEXT, .member = offsetof(owner, field), .max = most,       \
        .required = true, .help = text                                                             \
    }
#define ROW_ANY(owner, word, field, text)                                                          \
    {                                                                                              \
        .name = word, .kind = WV_OPTION_ANY, .member = offsetof(owner, field), .help = text        \
    }

const struct wv_option wv_recipient_rows[WV_RECIPIENT_ROWS] = {
    {.name = "kind",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct wv_recipient_section, recipient.kind),
     .choices = kind_words,
     .required = true,
     .help =
         "your own organisation, a company of its group, somebody who works for it, or somebody "
         "with purposes of his own"},
    {.name = "role",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct wv_recipient_section, recipient.role),
     .choices = role_words,
     .help = "who decides what for; default: processor for processor, sub_processor and agent"},
    ROW_NEEDED(struct wv_recipient_section, "country", recipient.country, 2,
               "where it reads: two capital letters (ISO 3166-1)"),
    ROW_TEXT(struct wv_recipient_section, "contract", recipient.contract, ID_BYTES,
             "id of the agreement on processing"),
    ROW_TEXT(struct wv_recipient_section, "memorandum", recipient.memorandum, ID_BYTES,
             "id of the memorandum on the protection of user information"),
    ROW_TEXT(struct wv_recipient_section, "instruction", recipient.instruction, ID_BYTES,
             "id of the controller's documented instruction"),
    ROW_ANY(struct wv_recipient_section, "eligibility", block, "the check before the first record"),
    ROW_ANY(struct wv_recipient_section, "safeguards", block,
            "what makes transfers to its country lawful"),
    ROW_ANY(struct wv_recipient_section, "audit", block, "the last audit"),
    ROW_TEXT(struct wv_recipient_section, "training", day, 0,
             "day of the last training of its people: \"2026-04-01\""),
    ROW_ANY(struct wv_recipient_section, "sub_processors", block,
            "who else gets the records from it"),
    ROW_TEXT(struct wv_recipient_section, "valid_from", day, 0, "first day of the agreement"),
    ROW_TEXT(struct wv_recipient_section, "valid_until", day, 0, "last day of the agreement"),
    ROW_TEXT(struct wv_recipient_section, "contract_ends", day, 0,
             "last day of the contract, when it was given notice of"),
    {.name = "tls",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct wv_recipient_section, tls),
     .fallback = 1,
     .help = "whether connections to its topics must be encrypted; false for your own organisation "
             "only; default for that: false, for all others: true"},
    {.name = "sells",
     .kind = WV_OPTION_BOOL,
     .member = offsetof(struct wv_recipient_section, recipient.sells),
     .help = "whether records are sold to it or shared for advertising: refused if true"},
    ROW_TEXT(struct wv_recipient_section, "contact", recipient.contact, ID_BYTES,
             "whom to ask, for the record of processing"),
    ROW_TEXT(struct wv_recipient_section, "note", recipient.note, 1000, "for people"),
};

const struct wv_option wv_eligibility_rows[WV_ELIGIBILITY_ROWS] = {
    ROW_NEEDED(struct wv_eligibility_section, "checklist", checklist, ID_BYTES,
               "id of the list that was gone through"),
    {.name = "result",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct wv_eligibility_section, result),
     .choices = result_words,
     .required = true,
     .help = "what came of it"},
    ROW_NEEDED(struct wv_eligibility_section, "approver", approver, ID_BYTES, "who has decided"),
    ROW_NEEDED(struct wv_eligibility_section, "date", date, 0, "when: \"2026-04-01\""),
};

const struct wv_option wv_safeguard_rows[WV_SAFEGUARD_ROWS] = {
    ROW_NEEDED(struct wv_safeguard_section, "mechanism", mechanism, NAME_BYTES,
               "scc, bcr, dpf, …: a name of schemas/law/transfers.json"),
    ROW_NEEDED(struct wv_safeguard_section, "document", document, ID_BYTES,
               "id of the document of which a copy can be had"),
    ROW_TEXT(struct wv_safeguard_section, "from", day, 0, "first day on which it holds"),
    ROW_TEXT(struct wv_safeguard_section, "until", day, 0, "last day on which it holds"),
};

const struct wv_option wv_audit_rows[WV_AUDIT_ROWS] = {
    ROW_NEEDED(struct wv_audit_section, "date", date, 0, "day of the last one: \"2026-04-01\""),
    {.name = "type",
     .kind = WV_OPTION_CHOICE,
     .member = offsetof(struct wv_audit_section, type),
     .choices = audit_words,
     .required = true,
     .help = "how it was done"},
};

const struct wv_option wv_sub_processor_rows[WV_SUB_PROCESSOR_ROWS] = {
    ROW_NEEDED(struct wv_sub_processor, "name", name, ID_BYTES, "who it is"),
    ROW_NEEDED(struct wv_sub_processor, "country", country, 2, "where: two capital letters"),
    ROW_TEXT(struct wv_sub_processor, "approval", approval, ID_BYTES,
             "id of the written approval that was given before"),
};

const struct wv_option wv_instance_rows[WV_INSTANCE_ROWS] = {
    ROW_TEXT(struct wv_instance_section, "name", name, NAME_BYTES,
             "name of this process in logs and metrics; default: the host's name"),
    ROW_TEXT(struct wv_instance_section, "country", country, 2,
             "where wafveil itself runs: records have been transferred there before they leave"),
    ROW_ANY(struct wv_instance_section, "safeguards", safeguards,
            "what makes that transfer lawful, as for recipients"),
};

const char *wv_recipient_kind_word(uint32_t kind)
{
    return kind_words[kind];
}

const char *wv_recipient_role_word(uint32_t role)
{
    return role_words[role];
}

const char *wv_recipient_audit_word(uint32_t type)
{
    return audit_words[type];
}
