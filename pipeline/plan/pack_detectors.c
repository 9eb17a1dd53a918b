/* pack_detectors.c — which detectors a pack has at work: those of its region, and what it says. */
#include "plan/pack.h"

static bool read_word(const struct wv_node *node, uint64_t bit, struct wv_report *report,
                      struct wv_detectors *detectors)
{
    struct wv_slice word;
    if (!wv_node_text(node, &word, report)) {
        return false;
    }
    const bool off = wv_slice_eq(word, WV_LIT("off"));
    const bool on = wv_slice_eq(word, WV_LIT("on"));
    if (!off && !on && !wv_slice_eq(word, WV_LIT("words"))) {
        return wv_node_fail(node, report, "must be \"on\", \"words\" or \"off\"");
    }
    detectors->on = off ? detectors->on & ~bit : detectors->on | bit;
    detectors->at_home = on ? detectors->at_home | bit : detectors->at_home & ~bit;
    return true;
}

static bool no_such_detector(const struct wv_node *node, const char *name, struct wv_report *report)
{
    const char *names[WV_DETECTOR_COUNT];
    for (size_t i = 0; i < WV_DETECTOR_COUNT; i++) {
        names[i] = wv_detector_at(i)->name;
    }
    const char *near = wv_nearest(wv_slice_of(name), names, WV_DETECTOR_COUNT);
    return wv_node_fail(node, report, "no such detector: \"%s\"%s%s%s", name,
                        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
}

bool wv_pack_detectors(const struct wv_node *node, struct wv_report *report,
                       struct wv_detectors *detectors)
{
    if (node->value != NULL && !json_is_object(node->value)) {
        return wv_node_fail(node, report,
                            "must be an object: detector to \"on\", \"words\" or "
                            "\"off\"");
    }
    bool good = true;
    const char *key;
    json_t *value;
    json_object_foreach(node->value, key, value)
    {
        const struct wv_node member = wv_node_member(node, key);
        const size_t kind = wv_detector_find(wv_slice_of(key));
        good = (kind == WV_DETECTOR_COUNT
                    ? no_such_detector(&member, key, report)
                    : read_word(&member, UINT64_C(1) << kind, report, detectors)) &&
               good;
    }
    return good;
}
