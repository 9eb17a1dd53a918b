# suites.sh — runs suites of tests, counts what they say and keeps their logs.
#
#     suites_begin FOLDER            where the logs go
#     suite NAME COMMAND…            one line when all is well; the log's end when not
#     suite_skip NAME REASON         counts as skipped, and as failed where CI=true
#     suite_fail NAME REASON         could not be run at all
#     suites_beside FUNCTION WORD…   the suites that it runs go on beside those that follow
#     suites_end                     waits for them; the closing line; false if anything failed
#
# A line says how long a suite took, and then how much time of a processor: the first depends on what
# else there was to do.
#
# What a suite counts. A script: what its last line says, `N passed, N failed`; one without such a line
# is one test. ctest -V: every check of every Check program (a loop test is one check a row), and of
# other tests what a script would count. A suite that fails although nothing in it did (it crashed, or
# it ran no test at all) is one failure. What a suite skips has failed where CI=true: a CI that lacks a
# tool must not look well.

passed=0
failed=0
skipped=0
besides=()

suites_begin() {
    logs=$1
    rm -rf "$logs"
    mkdir -p "$logs/beside"
}

# What is printed at once is not cut in pieces by what another says.
say_together() { (flock 9 && cat) 9> "$logs/beside/lock"; }

# "passed failed skipped" of a log of ctest -V, where every line of test 12 begins with "12: ".
count_ctest() {
    awk '
        /^[0-9]+: [0-9]+%: Checks: [0-9]+, Failures: [0-9]+, Errors: [0-9]+$/ {
            split($0, part, /[:,] */)
            count(part[1], part[4] - part[6] - part[8], part[6] + part[8])
        }
        /^[0-9]+: [0-9]+ passed, [0-9]+ failed$/ {
            split($0, part, /[:, ]+/)
            count(part[1], part[2], part[4])
        }
        match($0, /^ *[0-9]+\/[0-9]+ Test +#[0-9]+: /) {
            split(substr($0, 1, RLENGTH), part, /[#:]/)
            id = part[2]
            if (/\*\*\*Skipped /) {
                skipped++
            } else {
                passed += (id in good) ? good[id] : / Passed /
                failed += (/ Passed / || bad[id] > 0) ? bad[id] : 1
            }
        }
        function count(id, well, ill)
        {
            good[id] += well
            bad[id] += ill
        }
        END { print passed + 0, failed + 0, skipped + 0 }' "$1"
}

count_closing_line() {
    sed -nE 's/^([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$/\1 \2 0\4/p' "$1" | tail -1
}

# How a suite went, from numbers that suite() has.
show_suite() {
    local word=ok
    [ "$bad" -eq 0 ] || word=FAIL
    printf '%-4s  %-38s %6d passed%s%s  %5d.%d s  %7.1f s\n' "$word" "$name" "$good" \
        "$([ "$bad" -eq 0 ] || echo ", $bad failed")" \
        "$([ "$out" -eq 0 ] || echo ", $out skipped")" \
        "$((took / 10))" "$((took % 10))" "$(awk '{ print $1 + $2 }' "$log.cpu")"
    if [ "$bad" -gt 0 ]; then
        tail -n 80 "$log" | sed 's/^/      | /'
        echo "      exit $status; the whole log is $log"
    fi
}

suite() {
    local name=$1 log status=0 begin good bad out took TIMEFORMAT='%U %S'
    shift
    log=$logs/${name//[^a-zA-Z0-9]/-}.log
    begin=$(date +%s%N)
    { time "$@" > "$log" 2>&1 < /dev/null; } 2> "$log.cpu" || status=$?
    took=$((($(date +%s%N) - begin) / 100000000))
    if grep -q '^Test project ' "$log"; then
        read -r good bad out <<< "$(count_ctest "$log")"
    else
        read -r good bad out <<< "$(count_closing_line "$log")"
    fi
    good=${good:-$((status == 0))} bad=${bad:-$((status != 0))} out=$((10#${out:-0}))
    if [ "${CI:-}" = true ]; then
        bad=$((bad + out)) out=0
    fi
    if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; }; then
        bad=1
    fi
    passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + out))
    show_suite | say_together
    rm -f "$log.cpu"
    [ "$bad" -eq 0 ]
}

suite_fail() {
    echo "FAIL  $1: $2" | say_together
    failed=$((failed + 1))
}

suite_skip() {
    if [ "${CI:-}" = true ]; then
        suite_fail "$1" "$2"
    else
        echo "skip  $1: $2" | say_together
        skipped=$((skipped + 1))
    fi
}

suites_beside() {
    local counts=$logs/beside/${#besides[@]}
    (
        passed=0 failed=0 skipped=0
        "$@"
        echo "$passed $failed $skipped" > "$counts"
    ) &
    besides+=("$! $counts")
}

# One that did not come to its end has failed.
suites_join() {
    local pid counts good bad out
    for one in "${besides[@]}"; do
        read -r pid counts <<< "$one"
        wait "$pid"
        if [ ! -s "$counts" ]; then
            suite_fail "what went on beside" "it did not come to its end"
            continue
        fi
        read -r good bad out < "$counts"
        passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + out))
    done
    besides=()
}

suites_end() {
    suites_join
    local text="$passed passed, $failed failed"
    [ "$skipped" -eq 0 ] || text="$text, $skipped skipped"
    echo "$text"
    [ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}
