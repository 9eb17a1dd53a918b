/*
 * banned.h — turns functions that we do not use into compile errors.
 *
 * Included by the build before every source (-include). The headers that declare these names come
 * first; their include guards keep them out afterwards. No other header is named here, so that a
 * source sees only what it includes.
 *
 * strcpy, strcat, sprintf, gets write without a limit; strncpy may leave a text without its end;
 * strtok has hidden state; atoi and atol cannot fail; alloca takes memory that cannot be refused.
 */
#ifndef WV_BASE_BANNED_H
#define WV_BASE_BANNED_H

#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Poisoning a name that a C library also defines as a macro is a warning. */
#undef alloca
#undef atoi
#undef atol
#undef atoll
#undef strcpy
#undef stpcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf
#undef strtok

#pragma GCC poison strcpy stpcpy strcat strncpy strncat sprintf vsprintf strtok atoi atol atoll gets
#pragma GCC poison alloca

#endif
