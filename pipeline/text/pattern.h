/*
 * pattern.h — a log format as nginx writes it, made ready to read lines with.
 *
 *     $remote_addr - $remote_user [$time_local] "$request" $status $*
 *
 * A name is $name or ${name} of a-z, 0-9 and _; everything else stands in the line as it stands
 * here. $* at the end takes whatever more there is. Two names need something between them.
 *
 * How values end, and what a line must not hold. Producers escape quotes in all values, blanks in
 * none, so a value with a blank can push the values behind it into the wrong columns:
 *
 *   "$a"       at the first quote that is not escaped.
 *   [$a]       at the first ].
 *   $a [$b]    at the last " [" before b's end. Behind another name, a may hold blanks.
 *   $a:$b      at the last colon before b's end: an IPv6 address and a port.
 *   $a         where the text behind it stands first. If a blank stands beside it in the pattern,
 *              it holds none itself, except in lists ("192.0.2.1:80, 192.0.2.2:80 : 192.0.2.3:80")
 *              and before a zone ("10:15:02 +0000"). Nor does it hold the text in front of it:
 *              nobody would know where the value before that ended, unless that is an address or
 *              "-", see settled() in pattern.c.
 *
 * Any other line, and one that goes on behind the pattern, is WV_PART_BAD.
 */
#ifndef WV_TEXT_PATTERN_H
#define WV_TEXT_PATTERN_H

#include "base/arena.h"

struct wv_pattern;

/* NULL when the text is no pattern, with the offset in *error_at; SIZE_MAX: the arena is full. The
 * pattern lives in the arena and needs the text no more. */
WV_MUST_USE const struct wv_pattern *wv_pattern_compile(struct wv_slice text,
                                                        struct wv_arena *arena, size_t *error_at);

/* How many columns its lines have, $* included. */
size_t wv_pattern_count(const struct wv_pattern *pattern);

/* Without the $; "*" for the rest. column < wv_pattern_count(). */
struct wv_slice wv_pattern_name(const struct wv_pattern *pattern, size_t column);

#endif
