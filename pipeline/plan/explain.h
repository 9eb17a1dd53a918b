/*
 * explain.h — the decision table of a plan, for people and for golden files.
 */
#ifndef WV_PLAN_EXPLAIN_H
#define WV_PLAN_EXPLAIN_H

#include "plan/pack_law.h"
#include "plan/plan.h"
#include "plan/rule.h"

/* The packs of a plan; index = bit in sets of packs. */
struct wv_pack_info {
    const char *name;
    const char *version; /* "eu@3f9a2c11" */
    const char *edition; /* "1" */
    const char *title;
    const struct wv_pack_law *law;
    int64_t effective; /* first day on which it holds, in days since 1970 */
    bool unreviewed;
};
size_t wv_plan_packs(const struct wv_plan *plan);
struct wv_pack_info wv_plan_pack(const struct wv_plan *plan, size_t index);
bool wv_plan_pack_find(const struct wv_plan *plan, struct wv_slice name, size_t *index);

/* The formats of a plan and the class of each of their fields, in the format's order. */
struct wv_field_info {
    const char *path;  /* "httpRequest.clientIp" */
    const char *class; /* word; "by name: http-headers", … for fields whose class a name decides */
};
struct wv_format_info {
    const char *name;
    const char *title;
    const char *docs;     /* where the vendor describes it; "": nowhere */
    const char *syntax;   /* "json", "cef", … */
    const char *known_by; /* how records of it are told, in words; "": they are not */
    bool envelope;
    size_t fields;
    size_t classes; /* so many different ones, beside "none" */
};
size_t wv_plan_formats(const struct wv_plan *plan);
struct wv_format_info wv_plan_format(const struct wv_plan *plan, size_t format);
size_t wv_plan_fields(const struct wv_plan *plan, size_t format);
struct wv_field_info wv_plan_field(const struct wv_plan *plan, size_t format, size_t field);

/* The version that holds on a day (since 1970) of the pack of which `pack` is some version; before
 * all of them the first one. */
size_t wv_plan_version_on(const struct wv_plan *plan, size_t pack, int64_t day);

/* Whether the configuration lets the pack be used: it is reviewed, or acknowledged. */
bool wv_plan_pack_used(const struct wv_plan *plan, size_t pack);

/* How a configuration lets it be used. */
#define WV_UNREVIEWED_HELP                                                                         \
    "a template that nobody has reviewed: it is used where \"packs\": "                            \
    "{\"acknowledge_unreviewed\": [\"%s\"]} says so"

/* Whether a record of that time can fall under all of these packs (bits), or it is one pack. */
bool wv_plan_is_set(const struct wv_plan *plan, uint64_t packs, int64_t time_ms);

/* Under how many packs that are used a record can fall at most: so many find the sources of
 * regions. Whatever those are, there is a set for them. */
size_t wv_plan_most_regions(const struct wv_plan *plan);

/* What is done with a class for such a set of packs in an output, at a time (ms since 1970; of
 * which the overlay of the output depends); conditions in words. */
struct wv_rulings wv_plan_rulings(const struct wv_plan *plan, uint64_t packs, int64_t time_ms,
                                  size_t output, enum wv_class class);

/* What became of the rule of one pack in the merged one. */
enum wv_say {
    WV_SAY_TAKEN = 0, /* it is the merged one */
    WV_SAY_NO_TOKEN,  /* it is, but for its token */
    WV_SAY_LESS,      /* something stricter came out */
};

struct wv_voice {
    size_t pack;
    size_t stands_in; /* the pack in whose document the rule stands: it, or one that it extends */
    bool overlay;     /* it is laid over the output */
    const struct wv_rule *rule;
    enum wv_say say;
};

struct wv_why_question {
    uint64_t packs; /* bits, as for wv_plan_rulings() */
    int64_t time_ms;
    size_t output;
    enum wv_class class;
};

/* What each pack, and the overlay of the output, had to say in one of the merged rules that
 * wv_plan_rulings() gives; how many had. */
enum { WV_VOICES_MAX = 2 * WV_PACKS_MAX };
size_t wv_plan_voices(const struct wv_plan *plan, const struct wv_why_question *question,
                      const struct wv_ruling *ruling, struct wv_voice voices[WV_VOICES_MAX]);

/* What the names of parameters mean. */
struct wv_parameters;
const struct wv_parameters *wv_plan_parameters(const struct wv_plan *plan);

/* The conditions of a ruling in words ("action is BLOCK and host is shop.example"); "" for none. */
void wv_plan_describe_when(const struct wv_plan *plan, uint64_t when, struct wv_buf *out);

#endif
