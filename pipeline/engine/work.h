/*
 * work.h — the inside of a worker: what the steps of the engine hand to each other.
 *
 *     unpack  a message into its records                            (unpack.c)
 *     find    reads a record, layer by layer, and notes its fields  (layers.c, find.c)
 *     settle  tenant, packs, needles, conditions: once a record     (settle.c)
 *     write   copies runs and runs chains: once an output           (write.c, chain.c)
 *
 * A record can hold texts of their own inside its values: a record that a shipper wrapped in a
 * string, a URL. Each is a layer. The fields of all layers are noted side by side, so that what is
 * personal in one is known in all of them, and each layer is written back in its own escaping.
 */
#ifndef WV_ENGINE_WORK_H
#define WV_ENGINE_WORK_H

#include "base/room.h"
#include "engine/categories.h"
#include "engine/known_client.h"
#include "engine/memo.h"
#include "engine/permits.h"
#include "engine/transform.h"
#include "engine/watch.h"
#include "filters/domain.h"
#include "filters/mark.h"
#include "json/index.h"
#include "keys/epoch.h"
#include "plan/tables.h"

#define WV_NOWHERE   UINT32_MAX
#define WV_NO_NEEDLE UINT8_MAX

enum {
    WV_DEPTH_MAX = 256,      /* what limits.depth may be at most */
    WV_KEY_BYTES_MAX = 1024, /* what limits.key_bytes may be at most */
    WV_LABELS_MAX = 64,
    WV_TOKENS_MAX = 32,
    WV_RESULT_HEADERS_MAX = 24,
    WV_LAYERS_MAX = 255,
    WV_NESTING_MAX = 4, /* layers inside each other, and packings inside each other */
    WV_ORIGINS_BYTES_MAX = WV_PACKS_MAX * 33, /* the names of all packs, with a comma each */
};

enum wv_field_kind {
    WV_STRING = 0, /* of JSON, with its quotes */
    WV_NUMBER,
    WV_LITERAL,
    WV_OBJECT,
    WV_ARRAY,
    WV_TEXT, /* of any other syntax, without what is around it */
};

/* One value that a rule may touch, in the order of the record. */
struct wv_field {
    uint32_t start; /* raw spelling of the value, with its quotes */
    uint32_t end;
    uint32_t member;       /* where removing it begins: its key's quote; for an element, start */
    uint32_t member_end;   /* and where it ends: end, or that of the pair that it speaks for */
    uint32_t key_end;      /* unlisted members: after the key's last byte; member: no key */
    uint32_t comma_before; /* WV_NOWHERE: it is the first of its container */
    uint32_t comma_after;  /* WV_NOWHERE: it is the last */
    uint32_t container;    /* number of the object or array that it is in */
    uint32_t ordinal;      /* which one of it */
    uint32_t skip;         /* index of the first field that is not inside this one */
    uint32_t unit;     /* index of the field that goes when this one goes: itself, or around it */
    uint32_t mark_out; /* write: where the output and the cursor stood before it */
    uint32_t mark_cursor;
    const struct wv_place *place; /* NULL: unlisted */
    struct wv_slice name;         /* decoded, lower case: of the header or argument */
    uint16_t depth;
    uint8_t class;    /* enum wv_class */
    uint8_t kind;     /* enum wv_field_kind */
    uint8_t needle;   /* settle: which needle its value is, or WV_NO_NEEDLE */
    uint8_t layer;    /* index: what its offsets count in */
    uint8_t spelling; /* enum wv_spelling */
    bool escaped : 1; /* some escape stands in it */
    bool doomed : 1;  /* is removed whatever the rules say */
    bool keyed : 1;   /* its key is text of the record, and no word of the format */
    bool held : 1;    /* its place stays when its value goes */
    bool dubious : 1; /* more than the value may be in it: it goes unless something looks into it */
    bool odd : 1;     /* one of doomed, keyed and dubious was set, or it is a text of its own */
};

/* What the ways of noting a field give it; everything else begins as nothing. */
struct wv_noted {
    uint32_t start, end, member, key_end;
    uint32_t comma_before, container, ordinal, unit;
    const struct wv_place *place;
    uint16_t depth;
    uint8_t layer;
    enum wv_class class;
    enum wv_field_kind kind;
};

/* Sets every member by itself: compilers zero a struct of this size with an instruction that takes
 * longer than all of the walk around it. */
static inline void wv_field_set(struct wv_field *field, uint32_t index, const struct wv_noted noted)
{
    field->start = noted.start;
    field->end = noted.end;
    field->member = noted.member;
    field->member_end = noted.end;
    field->key_end = noted.key_end;
    field->comma_before = noted.comma_before;
    field->comma_after = WV_NOWHERE;
    field->container = noted.container;
    field->ordinal = noted.ordinal;
    field->skip = index + 1;
    field->unit = noted.unit;
    field->mark_out = 0;
    field->mark_cursor = 0;
    field->place = noted.place;
    field->name = (struct wv_slice){0};
    field->depth = noted.depth;
    field->class = (uint8_t)noted.class;
    field->kind = (uint8_t)noted.kind;
    field->needle = WV_NO_NEEDLE;
    field->layer = noted.layer;
    field->spelling = WV_SPELLING_JSON;
    field->escaped = false;
    field->doomed = false;
    field->keyed = false;
    field->held = false;
    field->dubious = false;
    field->odd = false;
}

static inline void wv_field_doom(struct wv_field *field)
{
    field->doomed = true;
    field->odd = true;
}

static inline void wv_field_doubt(struct wv_field *field)
{
    field->dubious = true;
    field->odd = true;
}

/* A text of a record: the record itself, or one inside of a value of another layer.
 *
 * Writing copies from the origin: the bytes of the outermost text that a layer can be followed back
 * to, byte by byte. Where that is not possible (base64, repaired text), the layer is its own
 * origin, and is escaped again as a whole. */
struct wv_layer {
    struct wv_slice text; /* what fields count in; of origin's length and bytes, or decoded */
    struct wv_slice origin;
    uint32_t base;       /* map NULL: text byte i is origin[base + i] */
    const uint32_t *map; /* text byte i is spelled by origin[map[i], map[i + 1]) */
    const struct wv_format *format;
    uint32_t field; /* of the layer around it, whose value it is; WV_NOWHERE: the record itself */
    uint32_t first; /* its fields: [first, end) */
    uint32_t end;
    uint32_t root_members;
    uint32_t root_end; /* offset of the last brace */
    uint16_t level;    /* depth of the field around it */
    uint8_t nesting;   /* layers around it */
    uint8_t wraps;     /* how many escapings lie between it and its origin */
    bool whole;        /* is its own origin, inside of another layer */
    bool repaired;     /* its text is not what stands there */
    bool open;         /* was read, and is written by its fields */
    bool record;       /* a record, and no part of one */
};

/* What a text turned out to be. */
enum wv_found {
    WV_FOUND_RECORD = 0,
    WV_FOUND_BATCH,   /* an envelope of records, which were gathered */
    WV_FOUND_PACKED,  /* an envelope of a text that must be unpacked: worker->packed */
    WV_FOUND_NOTHING, /* what holds no event, by its format */
};

/* One value of an envelope that is a record, or more than one. */
struct wv_gathered {
    uint32_t start; /* as of a field */
    uint32_t end;
    uint8_t kind; /* WV_STRING or WV_OBJECT */
    bool escaped;
    bool base64;
};

/* An object or array that the walker is in. */
struct wv_frame {
    const struct wv_place *place; /* NULL: unlisted */
    uint32_t container;
    uint32_t ordinal;
    uint32_t comma;       /* before the current member, or WV_NOWHERE */
    uint32_t field;       /* its own field, or WV_NOWHERE */
    uint32_t unit;        /* field of the unit around its members, or WV_NOWHERE */
    uint32_t last;        /* field of the current member, or WV_NOWHERE */
    uint32_t hint;        /* see wv_place_member() */
    struct wv_slice name; /* key that "{}" stands for, of this member or the one around it */
    uint32_t gathered;    /* records of the batch that were found before it */
    bool object;
    bool fresh; /* no member has been read */
};

/* Where the walk stands. */
struct wv_cursor {
    const uint8_t *text;
    uint32_t len;
    uint32_t at;
    const uint32_t *quote; /* next of the index */
    const uint32_t *quotes_end;
};

struct wv_walk {
    uint32_t at; /* where it ended */
    uint32_t containers;
    uint32_t depth;
    enum wv_reason reason;
    struct wv_frame frames[WV_DEPTH_MAX];
};

/* What a watcher must know of a field beside what the engine does. */
struct wv_aside {
    const struct wv_place *around; /* unlisted: of the object or array that it is in; NULL:
                                      unlisted, too; misfit: of itself */
    uint32_t parent;               /* unlisted in something unlisted: the field of that */
    bool misfit;                   /* its place is listed, as something else */
    uint8_t action;                /* enum wv_action */
    struct wv_slice key;           /* of syntaxes other than JSON; empty: a column */
};

struct wv_watch {
    size_t output;
    wv_watch_fn *fn;
    void *user;
    struct wv_aside *asides; /* by field */
};

struct wv_made_token {
    uint8_t class;
    struct wv_token token;
};

/* Blocks of output memory: kept from message to message, grown only by a message larger than any
 * before. */
struct wv_block {
    struct wv_block *next;
    size_t cap;
    size_t used;
    uint8_t bytes[];
};

/* Different addresses of the record's client. */
enum { WV_CLIENT_ADDRESSES_MAX = 8 };
struct wv_client_addresses {
    struct wv_address items[WV_CLIENT_ADDRESSES_MAX];
    size_t count;
    bool more; /* than fit */
};

/* How the time that a record names stands to when it came. */
enum wv_timely { WV_TIMELY = 0, WV_LATE, WV_FUTURE };

/* What settle finds out of one record. */
struct wv_settled {
    const struct wv_tenant *tenant; /* NULL: unknown */
    struct wv_slice tenant_name;
    struct wv_slice host;           /* lower case, without port */
    const struct wv_period *period; /* of the event: which versions of packs hold */
    uint64_t packs;                 /* bits; without "refused" */
    uint64_t origins;     /* packs, and those that a trusted header adds: whose law asks where */
    size_t regions;       /* how many of them were found, without "unknown" */
    uint32_t first_pack;  /* of the first region source that knew one: the {region} of a domain */
    uint64_t templates;   /* bits: packs of regions that are templates, and not used */
    bool refused;         /* consent was refused */
    bool third_party;     /* consent to disclosure to third parties was given */
    uint32_t purposes;    /* bits: for which the record may be used */
    uint8_t first_client; /* needle of the first address of the client; WV_NO_NEEDLE: none */
    bool search_all;      /* more needles than fit: every address is searched for */
    uint32_t clients;     /* bits of needles: addresses of the client itself */
    uint64_t conditions;  /* bits that hold */
    uint64_t routing;     /* the same for the conditions of outputs */
    int64_t time_ms;      /* of the event; -1: none */
    int64_t trusted_ms;   /* the same, or of its arrival where that is too far away; -1: none */
    enum wv_timely timely;
    struct wv_client client;
    struct wv_client_addresses addresses;
};

/* The domain of the last record in one output: mostly the next one's too. */
struct wv_domain_text {
    const struct wv_tenant *tenant;
    uint32_t pack;
    uint32_t len; /* 0: none yet, or it does not fit */
    uint8_t text[WV_DOMAIN_MAX];
};

/* When the last record in one output has to be gone: mostly the next one, too. */
struct wv_expiry {
    int64_t day;            /* of the event */
    char text[WV_DAY_TEXT]; /* "2026-12-22"; empty: none yet */
};

/* The rules of one output under one set of packs and conditions: mostly those of the record before.
 */
struct wv_choice {
    const struct wv_pack_set *set; /* NULL: free */
    uint64_t conditions;
    const struct wv_rule *rules[WV_CLASS_COUNT];
    struct wv_marking marking;
    struct wv_writing writing;
};

enum { WV_CHOICES = 8 }; /* remembered for each output; a power of two */

/* What write works on. */
struct wv_writer {
    struct wv_worker *worker;
    size_t output;
    const struct wv_output *config;
    const struct wv_pack_set *set;
    const struct wv_choice *choice;
    struct wv_context context;
    struct wv_buf *buf;
    const struct wv_layer *layer;     /* the one that is being written */
    const uint8_t *direct;            /* its first byte in its origin; NULL: there is a map */
    uint32_t cursor;                  /* what stands before it has been copied or left out */
    uint32_t root_removed;            /* members of the layer's own object that went */
    const struct wv_layer *annotated; /* the layer that says what was done; NULL: none can, so that
                                         headers must */
    struct {
        uint32_t container;
        uint32_t next; /* all members before this one were removed */
    } lead[WV_DEPTH_MAX + 1];
    struct wv_made_token made[WV_TOKENS_MAX];
    size_t made_count;
    uint64_t shown; /* bits of classes of which something was written */
    bool marked;    /* the needles have their marks */
    struct wv_token marks[WV_NEEDLES_MAX];
    bool
        withheld; /* the law does not let this record go there: the profile without personal data */
    bool unconsented[WV_CONSENT_COUNT]; /* the same for want of a consent */
    struct wv_slice expires;            /* when it has to be gone; empty: not said */
    struct wv_slice weight;             /* for how many records this one stands; empty: not said */
    struct wv_client client;            /* what of it this output is told */
    struct wv_slice sealed;             /* originals for the recipient alone; empty: none */
    enum wv_sealing sealing;            /* as which that was counted */
    const struct wv_field *failed;      /* a filter failed and the pack rejects such records */
};

struct wv_worker {
    const struct wv_plan *plan;
    const struct wv_limits *limits;
    struct wv_tokens *tokens;
    struct wv_domains *domains;
    struct wv_memo *memo;
    struct wv_matcher *matcher;             /* NULL: the plan has no patterns */
    struct wv_known_clients *known_clients; /* NULL: the plan looks for no addresses */
    struct wv_permits permits;
    struct wv_tally tally;
    struct wv_tally counted;      /* while a record is written once more */
    struct wv_categories *counts; /* NULL: classes are not counted by group */
    wv_trace_fn *trace;
    void *trace_user;
    struct wv_supposed *supposed; /* NULL: records speak for themselves */
    struct wv_watch *watch;       /* NULL: nobody watches */
    bool observed;                /* by either of them */

    const struct wv_record *record;
    struct wv_layer layers[WV_LAYERS_MAX];
    uint32_t layer_count;
    uint8_t layer;        /* find: the one that is being read */
    struct wv_slice text; /* find: its text */
    const struct wv_format *format;
    bool detecting; /* find: keys that no place has are looked at for marks of other formats */
    bool foreign;   /* one was met */
    bool misfit;    /* find: an object or array stands where a format has none */
    bool fleeting;  /* find: fields are looked at and not kept */
    bool enveloped; /* the record was taken out of an envelope that is not kept */
    enum wv_found found;
    enum wv_reason missed; /* why a record inside could not be read, and where it stands */
    uint32_t missed_at;
    struct wv_slice packed;
    uint32_t batches; /* texts inside that are no record but many: the last one is `packed` */
    bool hollow;      /* some text inside holds no event */
    struct wv_gathered *gathered; /* a stack: records of batches that are being worked on */
    size_t gathered_count;
    size_t gathered_cap;
    struct wv_marks marks;                                    /* that the layer has met */
    const struct wv_format *last_formats[WV_NESTING_MAX + 1]; /* that records had lately */
    struct wv_index index;
    struct wv_walk walk;
    struct wv_field *fields;
    uint32_t field_count;
    struct wv_known_name *known_names; /* usual.c */
    uint32_t roles[WV_ROLE_COUNT];     /* field, or WV_NOWHERE */
    bool ambiguous[WV_ROLE_COUNT];     /* more than one field has the role */
    uint32_t labels[WV_LABELS_MAX];
    uint32_t label_count;
    bool more_labels;

    struct wv_settled settled;
    struct wv_needles needles;
    struct wv_learning learning;
    struct wv_writer writer;
    struct wv_domain_text *output_domains; /* by output */
    struct wv_expiry *expiries;            /* the same */
    struct wv_choice *choices;             /* WV_CHOICES for each output */
    struct wv_sealer **sealers;            /* by output; NULL: it seals nothing */
    struct wv_scratch kept;                /* for the length of one record: decoded names, layers */
    struct wv_scratch scratch;             /* for the length of one value */
    uint8_t *repaired;                     /* room for a record with U+FFFD in it */
    size_t repaired_cap;

    struct wv_unpacker *unpacker;     /* unpack.c */
    struct wv_compressor *compressor; /* of outputs that pack their records */
    struct wv_room packed_room;
    struct wv_block *blocks;
    struct wv_block *block; /* the one being filled */
    struct wv_result *results;
    size_t result_count;
    size_t result_cap;
};

/* layers.c: reads a record, whose index is built, with the format of its input or the one that it
 * is found to have. origin: the same bytes, or those of which text is the flattened copy;
 * repaired: they are not what stood in the message. On success worker->found says what it is, and
 * all fields of all layers of a record are noted; layer 0 ends where another record follows in the
 * text. */
enum wv_reason wv_read(struct wv_worker *worker, struct wv_slice text, struct wv_slice origin,
                       bool repaired);

/* recognise.c: whether the line is a record of some format by itself. Forgets the record before. */
bool wv_is_known_line(struct wv_worker *worker, struct wv_slice line);

/* layers.c: the layer that is a field's value; NULL: it has none, or it could not be read. */
const struct wv_layer *wv_layer_of(const struct wv_worker *worker, const struct wv_field *field);

/* recognise.c: what an attempt to read a layer goes back to when it fails. */
struct wv_before {
    uint32_t fields;
    uint32_t layers;
    uint32_t labels;
    size_t kept;
    size_t gathered;
    uint32_t roles[WV_ROLE_COUNT];
    bool ambiguous[WV_ROLE_COUNT];
    bool more_labels;
};
struct wv_before wv_before(const struct wv_worker *worker);
void wv_back_to(struct wv_worker *worker, const struct wv_before *before);

/* find.c: begins a record: no fields, roles or labels. */
void wv_find_reset(struct wv_worker *worker);

/* find.c: notes the fields of a layer of JSON, whose index is built. On failure, the reason;
 * walk.at is the place. */
enum wv_reason wv_find(struct wv_worker *worker, struct wv_layer *layer);

/* find_text.c: the same for any other syntax. */
enum wv_reason wv_find_text(struct wv_worker *worker, struct wv_layer *layer);

/* usual.c: reads on as long as members, or pairs or units in an array, stand in the form that
 * serialisers mostly write. The cursor stands before a comma or the first of them, and again when
 * it returns; what comes next was not touched. */
void wv_usual_members(struct wv_worker *worker, struct wv_frame *frame, struct wv_cursor *cursor);
void wv_usual_pairs(struct wv_worker *worker, struct wv_frame *frame, struct wv_cursor *cursor);
void wv_usual_units(struct wv_worker *worker, struct wv_frame *frame, struct wv_cursor *cursor);

/* Memory for the spellings of names that usual.c has met; NULL when it is short. */
WV_MUST_USE struct wv_known_name *wv_known_names_new(void);
void wv_known_names_free(struct wv_known_name *names); /* wipes them; NULL is allowed */

/* note.c: an object or array begins at a place by which a format may be known. */
void wv_note_container(struct wv_worker *worker, const struct wv_place *place);

/* An element of a batch that holds no record: it is told as one that could not be read. */
void wv_note_hollow(struct wv_worker *worker, const struct wv_place *place);

/* note.c: notes what a field at a special place means beside its class. */
void wv_note_special(struct wv_worker *worker, const struct wv_frame *frame,
                     struct wv_field *field);

/* pairs.c: gives the values of a pair object, whose fields are all noted, their class. */
void wv_pairs_resolve(struct wv_worker *worker, uint32_t object);

/* field.c: the text of a string field, decoded into memory that lives as long as the record; {0}
 * when it is absent, no string, or there is no room. */
struct wv_slice wv_field_text(struct wv_worker *worker, const struct wv_field *field);

/* The same in memory of the caller. */
struct wv_slice wv_field_text_in(const struct wv_worker *worker, const struct wv_field *field,
                                 struct wv_scratch *scratch);

/* settle.c */
void wv_settle(struct wv_worker *worker);

/* settle_time.c: when it happened. */
void wv_settle_time(struct wv_worker *worker);

/* Whether the record gets no tokens, because nobody believes the time that it names. */
bool wv_settled_untokenised(const struct wv_worker *worker);

/* agreed.c: consent, and purposes. After the tenant. */
void wv_settle_agreed(struct wv_worker *worker);

/* needles.c: what of the record is searched for in all of it. */
void wv_settle_needles(struct wv_worker *worker);

/* client.c: notes the client's addresses, once the needles are known. */
void wv_settle_addresses(struct wv_worker *worker);

/* What databases and lists say of them. */
void wv_settle_client(struct wv_worker *worker);

/* The pack of its country by the database of a source of regions. False: it adds none. */
bool wv_client_region(struct wv_worker *worker, size_t source, uint32_t *pack);

/* Of what was found, what the rules of an output let stand, once they are chosen. Counted when the
 * record is published. */
void wv_client_choose(struct wv_writer *writer);
void wv_client_count(const struct wv_writer *writer);
bool wv_client_any(const struct wv_writer *writer);

/* counted.c, where classes are counted: those that the output was given of the record, and the
 * record, whose results begin at `first`, in its group. */
void wv_count_shown(struct wv_writer *writer, const struct wv_result *result);
void wv_count_record(struct wv_worker *worker, size_t first);

/* The rule for a class in the writer's output. */
static inline const struct wv_rule *wv_pick(const struct wv_writer *writer, enum wv_class class)
{
    return writer->choice->rules[class];
}

/* The text of the field with a role; {0} when the record does not say it, or says it twice. */
struct wv_slice wv_role_text(struct wv_worker *worker, enum wv_role role);

/* Whether the value is text: of JSON, or of any other syntax. */
static inline bool wv_field_is_text(const struct wv_field *field)
{
    return field->kind == WV_STRING || field->kind == WV_TEXT;
}

/* The bytes of a string or text as they are written, without quotes. */
static inline struct wv_slice wv_field_raw(const struct wv_worker *worker,
                                           const struct wv_field *field)
{
    const uint32_t quote = field->kind == WV_STRING;
    return wv_slice_sub(worker->layers[field->layer].text, field->start + quote,
                        field->end - quote);
}

/* route.c: what is known of an output before anything is written for it: NONE, or why it does not
 * get the record. */
enum wv_suppression wv_route(const struct wv_worker *worker, size_t output);

/* route.c: whether the output's sample keeps the record; sets the writer's weight. */
bool wv_route_sample(struct wv_writer *writer);

/* write.c: the protected record goes to buf. False when the pack says to reject it. */
bool wv_write(struct wv_writer *writer);

/* writer.c: sets the writer up for an output: set of packs, domain, marks of the needles. */
void wv_writer_init(struct wv_writer *writer, struct wv_worker *worker, size_t output,
                    struct wv_buf *buf);

/* Gives the client's own addresses the first characters of their tokens, where the rule makes any.
 * Not before they are needed: their tokens have been asked for by then (wv_tokens_expect()). */
void wv_writer_mark_now(struct wv_writer *writer);

static inline void wv_writer_mark(struct wv_writer *writer)
{
    if (wv_unlikely(!writer->marked)) {
        wv_writer_mark_now(writer);
    }
}

/* Makes the token that the rule wants of a field's value, and remembers it for the annotation. */
void wv_writer_token(struct wv_writer *writer, const struct wv_field *field,
                     const struct wv_rule *rule, struct wv_slice text);

/* chain.c: runs the rule over a string, number or literal. WV_ACTION_REPLACED: the new value,
 * spelled as JSON, was appended to writer->buf; otherwise nothing was. */
enum wv_action wv_chain(struct wv_writer *writer, const struct wv_field *field,
                        const struct wv_rule *rule);

/* chain_around.c: whether the pieces of a joined array together hold something that no piece holds
 * alone. True also when it cannot tell. */
bool wv_chain_crosses(struct wv_writer *writer, const struct wv_field *array);

/* Whether the name of an unlisted member holds something personal. True also when it cannot tell.
 */
bool wv_chain_key_tells(struct wv_writer *writer, const struct wv_field *field);

/* watch.c */
void wv_watch_free(struct wv_watch *watch); /* NULL is allowed */

/* An unlisted field was noted, in a frame; misfit: the place of which it is no value, or NULL. */
void wv_watch_note(struct wv_worker *worker, uint32_t index, const struct wv_frame *frame,
                   const struct wv_place *misfit, struct wv_slice key);

/* Before and after the record is written for the output that is watched. */
void wv_watch_begin(struct wv_worker *worker);
void wv_watch_end(struct wv_writer *writer);

/* sealing.c: seals the originals that the output's recipient may have, into writer->sealed. What
 * fails leaves that empty, and is counted. */
WV_MUST_USE bool wv_sealers_init(struct wv_worker *worker); /* false: memory is short */
void wv_sealers_fini(struct wv_worker *worker);
void wv_seal_record(struct wv_writer *writer);

/* It does not go out after all, and does not count. There is one. */
void wv_seal_forget(struct wv_writer *writer);

/* Whether it stands in the record, and not in a header. */
static inline bool wv_sealed_in_member(const struct wv_writer *writer)
{
    const uint32_t annotate = writer->config->annotate;
    return writer->annotated != NULL &&
           (annotate == WV_ANNOTATE_MEMBER || annotate == WV_ANNOTATE_BOTH);
}

/* annotate.c: what a record says of its own protection. */
void wv_annotate_member(const struct wv_writer *writer, struct wv_buf *out); /* "_wafveil":{…} */
void wv_annotate_tokens(const struct wv_writer *writer, struct wv_buf *out); /* {…} */
void wv_annotate_client(const struct wv_writer *writer, struct wv_buf *out); /* {…} */
const char *wv_annotate_kind(const struct wv_writer *writer);
/* "tenant":…,"timestamp":…,"action":…,"rule":…: which event it was, without anything personal. */
void wv_annotate_event(struct wv_writer *writer, struct wv_buf *out);
void wv_annotate_stub(struct wv_writer *writer, enum wv_reason reason, struct wv_buf *out);

/* envelope.c: key, headers and time of a result. */
void wv_envelope(struct wv_writer *writer, struct wv_result *result);

/* expiry.c: the day on which the output's time for the record is over; empty: it says none, or the
 * record has no time that may be told. Lives as long as the record. */
struct wv_slice wv_expiry_of(const struct wv_writer *writer);

/* The time as coarse as the output's rule for timestamps says; -1: it may not be told. */
int64_t wv_coarse_time(const struct wv_writer *writer, int64_t time_ms);

#endif
