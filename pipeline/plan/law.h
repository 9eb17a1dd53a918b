/*
 * law.h — which law lets records go where, and what an output may be for: schemas/law as tables.
 *
 * A transfer goes from an origin (the region whose law covers a record) to a country. It is allowed
 * if the law holds in that country itself, if a row of the table allows it on that day, and refused
 * in every other case. Days are counted from 1970-01-01 (UTC); both ends of a period belong to it.
 *
 * All of it lives in the arena of the plan and never changes once it is loaded.
 */
#ifndef WV_PLAN_LAW_H
#define WV_PLAN_LAW_H

#include "keys/epoch.h"
#include "keys/token.h"
#include "plan/classes.h"
#include "plan/config.h"

enum {
    WV_MECHANISMS_MAX = 64, /* bits */
    WV_ORIGINS_MAX = 128,
    WV_LAW_ROWS_MAX = 2048,
    WV_COUNTRY_LISTS_MAX = 64,
};
#define WV_NO_MECHANISM UINT32_MAX
#define WV_NO_ORIGIN    UINT32_MAX

#define WV_DAY_FIRST INT32_MIN
#define WV_DAY_NEVER INT32_MAX

/* A set of countries (ISO 3166-1 alpha-2). */
struct wv_countries {
    bool all;
    uint64_t bits[11]; /* 26 × 26 codes */
};

/* Of two letters; anything else is in no set but that of all. */
WV_MUST_USE bool wv_countries_hold(const struct wv_countries *set, struct wv_slice code);

/* Where a country is expected: two capital letters that stand for one. */
WV_MUST_USE bool wv_country_check(const struct wv_node *node, struct wv_slice code,
                                  struct wv_report *report);

struct wv_origin {
    struct wv_slice name;
    struct wv_countries countries; /* where its law holds */
    bool instruction;              /* processors need a documented instruction */
};

enum wv_route {
    WV_ROUTE_DENIED = 0,
    WV_ROUTE_SAFEGUARD, /* one of the row's mechanisms */
    WV_ROUTE_NONE_NEEDED,
    WV_ROUTE_ADEQUACY,
};

struct wv_law_row {
    uint32_t origin;
    struct wv_countries to;
    enum wv_route route;
    uint32_t condition;  /* mechanism that is needed beside the route; WV_NO_MECHANISM: none */
    uint64_t mechanisms; /* SAFEGUARD: bits */
    struct wv_days days;
    struct wv_slice source;
    struct wv_slice note;
};

struct wv_mechanism {
    struct wv_slice name;
    struct wv_slice title;
};

struct wv_country_list {
    struct wv_slice name;
    struct wv_countries countries;
};

/* What a purpose demands of its outputs. */
struct wv_purpose_law {
    struct wv_slice summary;                /* English */
    uint32_t bases;                         /* bits of enum wv_basis */
    uint32_t no_tokens;                     /* bits of enum wv_kind */
    const char *no_classes[WV_CLASS_COUNT]; /* why; NULL: may be there */
    uint64_t seals; /* bits of the classes whose originals may be sealed for the recipient */
};

struct wv_law {
    struct wv_origin *origins;
    size_t origin_count;
    struct wv_mechanism *mechanisms;
    size_t mechanism_count;
    uint32_t consent; /* mechanism that only an output with that basis can rest on */
    struct wv_country_list *lists;
    size_t list_count;
    struct wv_law_row *rows;
    size_t row_count;
    struct wv_purpose_law purposes[WV_PURPOSE_COUNT];
    bool needs_reason[WV_BASIS_COUNT];
};

/* An empty one; NULL when the arena is full. */
WV_MUST_USE struct wv_law *wv_law_new(struct wv_arena *arena);

/* Adds a document of transfers. What is already there can be added to, and not taken away: to stop
 * a transfer, a document adds a row with the route "denied". */
WV_MUST_USE bool wv_law_add_transfers(struct wv_law *law, const struct wv_node *root,
                                      struct wv_arena *arena, struct wv_report *report);

/* Reads the document of purposes. Its words must be those of config.h, each once. */
WV_MUST_USE bool wv_law_load_purposes(struct wv_law *law, const struct wv_node *root,
                                      struct wv_report *report);

/* Index of the origin or mechanism; false: there is none of that name. */
WV_MUST_USE bool wv_law_origin(const struct wv_law *law, struct wv_slice name, uint32_t *index);
WV_MUST_USE bool wv_law_mechanism(const struct wv_law *law, struct wv_slice name, uint32_t *index);

/* As in keys/epoch.h, for days that may also be an end of time, which is written as "". */
WV_MUST_USE bool wv_law_day_parse(struct wv_slice text, int32_t *day);
void wv_law_day_format(int32_t day, char text[WV_DAY_TEXT]);

/* Whether the day is in the period. *next becomes the day of the period's next change, if that is
 * earlier. */
bool wv_days_hold(const struct wv_days *period, int32_t day, int32_t *next);

/* Reads the members "from" and "until" (by other names: where they are given) of an object; an
 * error when one is no day, or the second is before the first. */
WV_MUST_USE bool wv_days_read(const struct wv_node *owner, const char *from, const char *until,
                              struct wv_days *period, struct wv_report *report);

/* Why nothing personal may go there. */
enum wv_transfer_reason {
    WV_TRANSFER_ALLOWED = -1,
#define WV_TRANSFER_REASON(symbol, word, requirement, text) WV_TRANSFER_##symbol,
#include "plan/law_reasons.def"
#undef WV_TRANSFER_REASON
    WV_TRANSFER_REASONS,
};
const char *wv_transfer_word(enum wv_transfer_reason reason);
const char *wv_transfer_requirement(enum wv_transfer_reason reason); /* "TRF-4" */
const char *wv_transfer_text(enum wv_transfer_reason reason);

/* One step of the way to whoever reads an output. */
struct wv_hop {
    struct wv_slice country;
    const struct wv_safeguard *safeguards;
    size_t safeguard_count;
    bool consent;      /* the output rests on consent */
    bool uninstructed; /* a processor without a documented instruction */
};

/* What is decided of one transfer. All zero: refused. */
struct wv_transfer {
    bool allowed;
    enum wv_transfer_reason reason; /* where it is not */
    const char *route;              /* "domestic", "adequacy", …; NULL: refused */
    struct wv_slice country;        /* of the hop that decided */
    const struct wv_law_row *row;   /* by which it is allowed or denied; NULL: by none */
    const struct wv_safeguard *by;  /* that made it lawful; NULL: none was needed */
};

/* Decides for one day; *next as in wv_days_hold(). */
struct wv_transfer wv_law_decide(const struct wv_law *law, uint32_t origin,
                                 const struct wv_hop *hop, int32_t day, int32_t *next);

#endif
