#!/usr/bin/env bash
# Runs `wafveil demo` as its users do: it must end by itself, add up, leave nothing behind, and say so
# when it does not add up.
#
#     tests/demo/run.sh PATH/TO/wafveil
#
# The last line is `N passed, N failed`.
set -u
export LC_ALL=C

program=$(realpath -m "${1:?which program?}")
if [[ ! -x $program || -d $program ]]; then
    echo "$program is no program: build it first"
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d /tmp/wafveil-demo-XXXXXX)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

expect() { # what it shows, then a command that must succeed
    local what=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: $what"
    fi
}
has() { grep -qE -- "$2" "$1"; }
lacks() { ! grep -qE -- "$2" "$1"; }
is() { [[ $1 == "$2" ]]; }

# Runs in an empty folder that is also the one for temporary files.
demo() { # name, then arguments
    local name=$1
    shift
    mkdir -p "$work/$name.cwd"
    (cd "$work/$name.cwd" && TMPDIR=$PWD HOME=$PWD exec timeout 120 "$program" demo "$@") \
        >"$work/$name.out" 2>"$work/$name.err"
    code=$?
}

adds_up() {
    demo plain --records 20000 --seed 3
    local out=$work/plain.out
    expect "exit 0" is "$code" 0
    expect "the balance" has "$out" '^  records in 20,000 = out 19,960 \+ stubs 16 \+ rejected 24$'
    expect "it holds" has "$out" 'nothing is lost, nothing is doubled, everything is committed'
    expect "reasons" has "$out" '^ +16  syntax$'
    expect "laws" has "$out" '^ +[0-9,]+  eu \+ jp$'
    expect "classes" has "$out" '^  client_ip +[0-9,]+ *$'
    expect "speed" has "$out" '^  [0-9,]+ records/s, [0-9]+ MB/s'
    expect "speed says whose" has "$out" '^Speed \(embedded broker\)$'
    expect "three records" is "$(grep -c '^Record [123] of 3' "$out")" 3
    expect "no line is too wide" is "$(sed 's/→/>/g' "$out" | sed -n '/^Record 1/,/^==>/p' |
        awk 'length > 100' | wc -l)" 0
    expect "no colour where nobody looks" lacks "$out" $'\033'
    expect "nothing on stderr" is "$(cat "$work/plain.err")" ""
    expect "no file is left" is "$(ls -A "$work/plain.cwd")" ""
}

# Everything but tokens, times and speeds.
settled() { sed -E -e 's/(throwaway|~[A-Z]+)\..*//' -e '/records\/s|s in all/d' -e '/^  added/,/^  as it/d' "$1"; }

is_repeatable() {
    demo again --records 20000 --seed 3
    expect "the same seed, the same counts" cmp -s <(settled "$work/plain.out") \
        <(settled "$work/again.out")
    demo other --records 7 --seed 4 --color always
    expect "few records: exit" is "$code" 0
    expect "few records: balance" has "$work/other.out" '^  records in 7 = out '
    expect "another seed, other records" [ "$(grep -A4 '^Record 1' "$work/plain.out")" != \
        "$(grep -A4 '^Record 1' "$work/other.out" | sed 's/\x1b\[[0-9]*m//g')" ]
    expect "red where asked for" has "$work/other.out" $'\033\\[31m'
    expect "green where asked for" has "$work/other.out" $'\033\\[32m'
}

next_steps_work() {
    sed -n '/^Next$/,$p' "$work/plain.out" >"$work/next"
    expect "the filter example is there" has "$work/next" '^  echo .* \|$'
    sed -n '/^  echo/,/filter/p' "$work/next" | bash >"$work/filtered" 2>"$work/filter.err"
    expect "the filter example works" has "$work/filtered" '"clientIp":"198.51.100.0"'
    expect "the filter example hides" lacks "$work/filtered" 'ann|198\.51\.100\.7'
    expect "try works" bash -c "$(sed -nE 's/^  (.* try)  .*/\1/p' "$work/next") >$work/try.out"
    expect "explain works" bash -c "$(grep -E ' explain ' "$work/next") >$work/explain.out"
}

# The signal goes to this program alone, as the shell sends it for Ctrl-C.
can_be_interrupted() {
    local from=$SECONDS
    "$program" demo --records 50000000 >"$work/stop.out" 2>"$work/stop.err" &
    local pid=$!
    sleep 5
    kill -INT "$pid" 2>/dev/null
    wait "$pid"
    expect "Ctrl-C: exit 1" is "$?" 1
    expect "Ctrl-C: says so" has "$work/stop.err" '^wafveil: interrupted: [0-9]+ of 50000000 '
    expect "Ctrl-C: some were protected" lacks "$work/stop.err" ': 0 of '
    expect "Ctrl-C: at once" [ $((SECONDS - from)) -lt 20 ]
}

# A balance that cannot fail proves nothing: what the counting consumer reads is changed under it.
sabotage_is_noticed() {
    if ! ${CC:-cc} -shared -fPIC -O1 -o "$work/sabotage.so" "$here/sabotage.c" -ldl; then
        echo "sabotage.c cannot be built"
        failed=$((failed + 1))
        return
    fi
    if ldd "$program" | grep -q asan; then
        return # its runtime must be the first library
    fi
    local way
    for way in move unmark; do
        SABOTAGE=$way LD_PRELOAD=$work/sabotage.so demo "$way" --records 2000
        expect "$way: exit 1" is "$code" 1
        expect "$way: says so" has "$work/$way.err" '^wafveil: the balance does not hold'
        expect "$way: on stdout, too" has "$work/$way.out" 'It does NOT hold'
    done
    expect "move: names the partition" has "$work/move.err" '^wafveil: partition [0-9]+: '
    expect "unmark: counts it" has "$work/unmark.err" ' 1 messages are unknown'
}

mistakes_are_explained() {
    demo none --records 0
    expect "no records: exit 2" is "$code" 2
    expect "no records: says" has "$work/none.err" '^wafveil: --records must be a whole number'
    demo word --color blue
    expect "colour: exit 2" is "$code" 2
}

adds_up
is_repeatable
next_steps_work
can_be_interrupted
sabotage_is_noticed
mistakes_are_explained
echo "$passed passed, $failed failed"
[[ $failed == 0 ]]
