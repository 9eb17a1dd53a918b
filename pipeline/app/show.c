/*
 * show.c — values of records on a terminal.
 */
#include "app/show.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const struct wv_colors plain_colors = {"", "", "", "", ""};
static const struct wv_colors terminal_colors = {"\033[2m", "\033[31m", "\033[32m", "\033[1m",
                                                 "\033[0m"};

const struct wv_colors *wv_colors_choose(const char *when)
{
    if (when != NULL && strcmp(when, "auto") != 0) {
        return strcmp(when, "always") == 0 ? &terminal_colors : &plain_colors;
    }
    const char *unwanted = getenv("NO_COLOR");
    const bool wanted = unwanted == NULL || unwanted[0] == '\0';
    return wanted && isatty(STDOUT_FILENO) != 0 ? &terminal_colors : &plain_colors;
}

size_t wv_show_length(struct wv_slice value, size_t at)
{
    const uint8_t lead = value.ptr[at];
    if (lead < 0x80) {
        return lead >= 0x20 && lead != 0x7f ? 1 : 0;
    }
    const size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || length > value.len - at) {
        return 0;
    }
    for (size_t i = 1; i < length; i++) {
        if ((value.ptr[at + i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    const bool c1_control = lead == 0xc2 && value.ptr[at + 1] < 0xa0;
    return c1_control ? 0 : length;
}

void wv_show(struct wv_slice value, size_t most)
{
    size_t at = 0;
    while (at < value.len && at < most) {
        const size_t length = wv_show_length(value, at);
        if (length == 0) {
            (void)printf("\\x%02X", value.ptr[at]);
            at++;
        } else {
            (void)fwrite(value.ptr + at, 1, length, stdout);
            at += length;
        }
    }
    if (at < value.len) {
        (void)fputs("…", stdout);
    }
}
