#!/bin/sh
# Holds the directions in which folders may include each other:
#
#     base <- json <- text <- keys <- filters <- plan <- engine <- runtime <- app
#     base <- ops <- app
#
# and that each external library has one including layer.
#
#     check_layers.sh FOLDER        the project's root
#     check_layers.sh --self-test   plants mistakes and sees whether they are found
set -eu

check()
{
    cd "$1"
    find pipeline filters -type f \( -name '*.c' -o -name '*.h' -o -name '*.def' \) | sort |
    xargs awk '
    BEGIN {
        may["base"]    = "base"
        may["json"]    = "base json"
        may["text"]    = "base json text"
        may["keys"]    = "base json text keys"
        may["filters"] = "base json text keys filters"
        may["plan"]    = "base json text keys filters plan"
        may["engine"]  = "base json text keys filters plan engine"
        may["runtime"] = "base json text keys filters plan engine runtime"
        may["ops"]     = "base ops"
        may["app"]     = "base json text keys filters plan engine runtime ops app"

        # A library, by how its headers begin, and who may include it.
        library["librdkafka/"] = "runtime pipeline/app/demo_broker.c"
        library["microhttpd."] = "ops"
        library["jansson."]    = "json plan app"
        library["openssl/"]    = "keys"
        library["zlib."]       = "base"
        library["zstd."]       = "base"
        library["maxminddb."]  = "plan"
        library["libpsl."]     = "filters"
        library["pcre2."]      = "filters"
        library["check."]      = ""
    }

    function wrong(text)
    {
        printf "%s:%d: %s\n", FILENAME, FNR, text
        failed = 1
    }

    function holds(list, word)
    {
        return index(" " list " ", " " word " ") > 0
    }

    function layer_of(path,    parts)
    {
        split(path, parts, "/")
        return parts[1] == "pipeline" ? parts[2] : parts[1]
    }

    /^[ \t]*#[ \t]*include[ \t]*"/ {
        split($0, quoted, "\"")
        own = layer_of(FILENAME)
        other = layer_of(quoted[2])
        if (!(own in may)) {
            wrong("the folder " own " is in no layer: add it to tests/check_layers.sh")
        } else if (index(quoted[2], "/") == 0) {
            wrong("write the folder, too: #include \"" own "/" quoted[2] "\"")
        } else if (!holds(may[own], other)) {
            wrong(own " must not include " quoted[2] "; it may include: " may[own])
        }
    }

    /^[ \t]*#[ \t]*include[ \t]*</ {
        header = $0
        sub(/^[^<]*</, "", header)
        sub(/>.*/, "", header)
        for (start in library) {
            if (index(header, start) == 1 && !holds(library[start], layer_of(FILENAME)) &&
                !holds(library[start], FILENAME)) {
                wrong("<" header "> may be included by: " \
                      (library[start] == "" ? "tests" : library[start]))
            }
        }
    }

    END { exit failed }
    '
}

# plant FILE LINE TEXT: the line alone in a tree must be refused with the text.
plant()
{
    rm -rf "$tree/pipeline" "$tree/filters"
    mkdir -p "$tree/pipeline" "$tree/filters" "$(dirname "$tree/$1")"
    printf '/* one line */\n%s\n' "$2" >"$tree/$1"
    if got=$(check "$tree") && [ -n "$3" ]; then
        echo "not found: $2 in $1"
        exit 1
    fi
    if [ "$got" != "$3" ]; then
        printf 'for: %s in %s\nwanted: %s\ngot:    %s\n' "$2" "$1" "$3" "$got"
        exit 1
    fi
}

if [ "$1" = --self-test ]; then
    tree=$(mktemp -d)
    trap 'rm -rf "$tree"' EXIT
    plant pipeline/json/x.c '#include "plan/plan.h"' \
        'pipeline/json/x.c:2: json must not include plan/plan.h; it may include: base json'
    plant filters/x.c ' #  include "engine/tally.h"' \
        'filters/x.c:2: filters must not include engine/tally.h; it may include: base json text keys filters'
    plant pipeline/runtime/x.h '#include "ops/metrics.h"' \
        'pipeline/runtime/x.h:2: runtime must not include ops/metrics.h; it may include: base json text keys filters plan engine runtime'
    plant pipeline/ops/x.c '#include "runtime/lane.h"' \
        'pipeline/ops/x.c:2: ops must not include runtime/lane.h; it may include: base ops'
    plant pipeline/base/x.c '#include "slice.h"' \
        'pipeline/base/x.c:2: write the folder, too: #include "base/slice.h"'
    plant pipeline/extra/x.c '#include "base/slice.h"' \
        'pipeline/extra/x.c:2: the folder extra is in no layer: add it to tests/check_layers.sh'
    plant pipeline/engine/x.c '#include <librdkafka/rdkafka.h>' \
        'pipeline/engine/x.c:2: <librdkafka/rdkafka.h> may be included by: runtime pipeline/app/demo_broker.c'
    plant pipeline/app/cmd_run.c '#include <librdkafka/rdkafka.h>' \
        'pipeline/app/cmd_run.c:2: <librdkafka/rdkafka.h> may be included by: runtime pipeline/app/demo_broker.c'
    plant pipeline/base/wipe.c '#include <openssl/crypto.h>' \
        'pipeline/base/wipe.c:2: <openssl/crypto.h> may be included by: keys'
    plant pipeline/app/x.c '#include <check.h>' \
        'pipeline/app/x.c:2: <check.h> may be included by: tests'
    plant pipeline/app/demo_broker.c '#include <librdkafka/rdkafka_mock.h>' ''
    plant pipeline/app/x.c '#include "runtime/lane.h"' ''
    plant filters/x.c '#include "filters/filter.h"' ''
    exit 0
fi
check "$1"
