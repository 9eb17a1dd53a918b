#!/usr/bin/env bash
# Runs the program as its users meet it, and compares every word that it says.
#
#     tests/cli/run.sh PATH/TO/wafveil            compares
#     tests/cli/run.sh PATH/TO/wafveil --update   writes the transcripts anew; read the difference
#
# A transcript holds commands ("$ …") and, below each, all it printed and its exit code. Beside them
# stand the tests of what a transcript cannot show: order, amounts, broken pipes, modes of files.
set -u
export LC_ALL=C

program=$(realpath -m "${1:?which program?}")
update=${2:-}
if [[ ! -x $program || -d $program ]]; then
    echo "$program is no program: build it first"
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d /tmp/wafveil-cli-XXXXXX)
trap 'rm -rf "$work"' EXIT
chmod 700 "$work"
mkdir "$work/bin"
ln -s "$program" "$work/bin/wafveil"
export PATH="$work/bin:$PATH"
failures=0

fail() {
    echo "FAILED: $*"
    failures=$((failures + 1))
}

# Times and speeds differ from run to run.
settled() {
    sed -E -e 's/; [0-9.]+ MB in [0-9.]+ s(, [0-9.]+ MB\/s)?$/; (time)/' -e "s#$work#(folder)#g" \
        -e 's/librdkafka [0-9.]+/librdkafka (version)/' 
}

replay() {
    local transcript=$1 line
    while IFS= read -r line; do
        [[ $line == '$ '* ]] || continue
        echo "$line"
        bash -c "${line#\$ }" 2>&1 </dev/null | settled
        echo "exit ${PIPESTATUS[0]}"
        echo
    done <"$transcript"
}

compare() {
    local file=$1 now=$2
    if [[ $update == --update ]]; then
        cp "$now" "$file"
    elif ! diff -u "$file" "$now"; then
        fail "$file"
    fi
}

zeros=$(printf '0%.0s' {1..64})

# One record of about 300 bytes whose rule id says which it is.
records() {
    awk -v from="$1" -v to="$2" -v now="$(date +%s)" 'BEGIN {
        for (i = from; i <= to; i++)
            printf "{\"timestamp\":%d000,\"webaclId\":\"arn:acl\",\"terminatingRuleId\":\"rule-%d\",\"action\":\"BLOCK\",\"httpRequest\":{\"clientIp\":\"198.51.100.%d\",\"country\":\"DE\",\"uri\":\"/login\",\"args\":\"q=198.51.100.%d\",\"httpMethod\":\"GET\",\"requestId\":\"r-%d\"}}\n", now, i, i % 250 + 1, i % 250 + 1, i
    }'
}

rule_numbers() {
    sed -E 's/.*"terminatingRuleId":"rule-([0-9]+)".*/\1/'
}

order_is_kept() {
    records 1 5000 >order.in
    wafveil filter --format aws-waf --region eu <order.in >order.out 2>order.err
    local code=$?
    [[ $code == 0 ]] || fail "order: exit $code instead of 0: $(cat order.err)"
    rule_numbers <order.out >order.got
    seq 1 5000 | cmp -s - order.got || fail "order: records are not in the order of the input"
    grep -q '198\.51\.100\.[1-9]' order.out && fail "order: an address is still there"
    grep -q '5000 in, 5000 out, 0 stubs, 0 suppressed, 0 rejected' order.err ||
        fail "order: summary: $(cat order.err)"
}

lines_without_event_are_counted() {
    { printf '#Version: 1.0\n#Fields: date time\n'; cat "$here/../../schemas/sample/aws-cloudfront/minimal.log"; } |
        wafveil filter --region eu >hollow.out 2>hollow.err || fail "lines without event: exit $?"
    grep -q '3 in, 1 out, 0 stubs, 2 suppressed, 0 rejected' hollow.err ||
        fail "lines without event: summary: $(cat hollow.err)"
}

a_record_is_a_line() {
    printf '%s\n' '{"messageType":"DATA_MESSAGE","owner":"1","logGroup":"g","logEvents":[{"message":"{\"timestamp\":1,\n\"webaclId\":\"w\",\n\"httpRequest\":{\n\"clientIp\":\"192.0.2.7\"}}"}]}' |
        wafveil filter --region eu >pretty.out 2>pretty.err || fail "a record over several lines: exit $?"
    [[ $(wc -l <pretty.out) == 1 ]] || fail "a record over several lines: $(cat pretty.out)"
    grep -q '"webaclId":"w", "httpRequest":{ "clientIp":"192.0.2.0"}' pretty.out ||
        fail "a record over several lines: $(cat pretty.out)"
}

rejects_hold_no_value() {
    { records 1 2 && echo '{"secret-key":"secret-value"' && records 3 3 && echo 'secret' &&
        printf '[1]\r\n\r\n' && records 4 4 | tr -d '\n'; } >rejects.in
    wafveil filter --format aws-waf --region eu --rejects rejects.json <rejects.in >rejects.out 2>rejects.err
    local code=$?
    [[ $code == 3 ]] || fail "rejects: exit $code instead of 3"
    [[ $(rule_numbers <rejects.out | tr '\n' ' ') == '1 2 3 4 ' ]] ||
        fail "rejects: the good records are not all there, in order"
    grep -q secret rejects.json rejects.err rejects.out && fail "rejects: a value got out"
    [[ $(sed -E 's/"at":[0-9]+,//' rejects.json) == '{"line":3,"reason":"syntax","place":null}
{"line":5,"reason":"syntax","place":null}
{"line":6,"reason":"not_object","place":null}' ]] || fail "rejects: $(cat rejects.json)"
    [[ $(stat -c %a rejects.json) == 600 ]] || fail "rejects: mode $(stat -c %a rejects.json)"
}

long_line_is_a_reject() {
    { records 1 1 && head -c 5000000 /dev/zero | tr '\0' a && echo && records 2 2; } >long.in
    wafveil filter --format aws-waf --region eu <long.in >long.out 2>long.err
    [[ $? == 3 ]] || fail "long line: exit is not 3"
    [[ $(rule_numbers <long.out | tr '\n' ' ') == '1 2 ' ]] || fail "long line: neighbours are lost"
    grep -q '3 in, 2 out, .*1 rejected (too_large 1)' long.err || fail "long line: $(cat long.err)"
}

# A line of exactly limits.record_bytes is read, one byte more is not.
limit_is_exact() {
    sed 's/"rejects"/"limits": {"record_bytes": 1024}, "rejects"/' good.json >limit.json
    local length
    for length in 1023 1024 1025; do
        printf '{"action":"%*s"}' $((length - 13)) x | tr ' ' x >limit.in
        [[ $(wc -c <limit.in) == "$length" ]] || fail "limit: the test's own line has another length"
        printf '\r\n' >>limit.in
        wafveil filter --config limit.json <limit.in >limit.out 2>limit.err
        local code=$?
        [[ $code == $((length > 1024 ? 3 : 0)) ]] ||
            fail "limit: $length bytes: exit $code: $(cat limit.err)"
    done
}

# Around the sizes at which the reader's memory grows; the last one is longer than any record may be.
every_length_is_read() {
    local length
    for length in 262142 262143 262144 262145 524287 524288 524289 1048575 1048576 1048577; do
        printf '{"action":"%s","x":"' "$length"
        head -c $((length - 20 - ${#length})) /dev/zero | tr '\0' x
        printf '"}\n{"action":"next"}\n'
    done >lengths.in
    awk '{ print length($0) }' lengths.in | grep -qx 1048577 || fail "lengths: the test's lines are wrong"
    wafveil filter --format aws-waf --region eu <lengths.in >lengths.out 2>lengths.err
    [[ $? == 3 ]] || fail "lengths: exit is not 3"
    grep -q '20 in, 19 out, .*1 rejected (too_large 1)' lengths.err || fail "lengths: $(cat lengths.err)"
    [[ $(grep -c '"action":"next"' lengths.out) == 10 ]] || fail "lengths: a neighbour is lost"
}

slow_input_is_joined() {
    { printf '{"act'; sleep 0.05; printf 'ion":"a"}\r'; sleep 0.05; printf '\n{"action":"b"}'; } |
        wafveil filter --format aws-waf --region eu 2>/dev/null | grep -o '"action":"."' | tr -d '\n' >slow.out
    [[ $(cat slow.out) == '"action":"a""action":"b"' ]] || fail "slow input: $(cat slow.out)"
}

write_errors_are_noticed() {
    local code
    wafveil filter --format aws-waf --region eu <order.in 2>full.err >/dev/full
    code=$?
    [[ $code == 5 ]] || fail "full disk: exit $code instead of 5"
    grep -q 'cannot write to stdout: No space left on device' full.err || fail "full disk: unsaid"
    wafveil filter --format aws-waf --region eu <order.in 2>pipe.err | head -c 1000 >/dev/null
    code=${PIPESTATUS[0]}
    [[ $code == 5 ]] || fail "broken pipe: exit $code instead of 5"
    grep -q 'cannot write to stdout: Broken pipe' pipe.err || fail "broken pipe: unsaid"
    wafveil filter --format aws-waf --region eu --rejects /dev/full <rejects.in >/dev/null 2>full.err
    code=$?
    [[ $code == 5 ]] || fail "full disk for rejects: exit $code instead of 5"
    for command in 'help --reference' 'explain' 'try --region eu'; do
        # shellcheck disable=SC2086
        wafveil $command >/dev/full 2>full.err
        code=$?
        [[ $code == 5 ]] || fail "full disk: $command: exit $code instead of 5"
    done
}

throwaway_tokens() {
    local first second
    records 1 1 >seed.in
    first=$(wafveil filter --format aws-waf --region eu --seed "$zeros" <seed.in 2>/dev/null)
    second=$(wafveil filter --format aws-waf --region eu --seed "$zeros" <seed.in 2>/dev/null)
    [[ $first == "$second" && $first == *throwaway.* ]] || fail "seed: not reproducible"
    second=$(wafveil filter --format aws-waf --region eu <seed.in 2>/dev/null)
    [[ $first != "$second" && $second == *throwaway.* ]] || fail "no seed: the key is always the same"
}

# The keys that `keys init` makes are those that records ask for.
key_files() {
    rm -f keys keys.lock
    echo '{ "arn:acl": { "tenant": "acme" }, "arn:two": { "tenant": "two", "region": "jp" } }' \
        >tenants.json
    sed 's/"tenant": {[^}]*}/"tenant": {"from": "webacl", "table": "tenants.json"}/' good.json \
        >keyed.json
    wafveil keys init --config keyed.json >keys.out 2>&1 || fail "keys init: $(cat keys.out)"
    [[ $(stat -c %a keys) == 600 ]] || fail "keys: mode $(stat -c %a keys)"
    cp keys keys.before
    wafveil keys init --config keyed.json >keys.out || fail "keys init, again"
    cmp -s keys keys.before || fail "keys init, again: has changed the file"
    grep -q ' 0 epochs created' keys.out || fail "keys init, again: $(cat keys.out)"
    wafveil keys list --config keyed.json >keys.out || fail "keys list"
    wafveil keys list --config keyed.json --json >>keys.out || fail "keys list --json"
    for domain in acme/eu/soc acme/unknown/soc two/jp/soc unknown/eu/soc; do
        grep -q "^$domain  until " keys.out || fail "keys: $domain has none"
    done
    grep -q '^two/eu/soc' keys.out && fail "keys: two/eu/soc cannot occur"
    grep -oE '"secret": *"[^"]+"' keys | cut -d'"' -f4 >secrets
    [[ -s secrets ]] || fail "keys: the test finds no secret to look for"
    grep -qFf secrets keys.out && fail "keys: a secret was shown"
    records 1 1 | wafveil filter --config keyed.json >keyed.out 2>keyed.err || fail "keyed filter"
    grep -qE '"client_ip":"20[0-9]{6}-7d\.' keyed.out || fail "keyed filter: no token: $(cat keyed.out)"
    grep -q throwaway keyed.err && fail "keyed filter: says throwaway"
    wafveil try --config keyed.json --color never seed.in | grep -q throwaway ||
        fail "try: does not use a throwaway key"
    chmod 644 keys
    wafveil check --config keyed.json >keys.out
    [[ $? == 1 ]] || fail "keys that others can read: exit is not 1"
    grep -q 'keys: error: ' keys.out || fail "keys that others can read: $(cat keys.out)"
    chmod 600 keys
}

# An attacker chooses what stands in a record: no byte of it may drive the terminal.
terminal_is_safe() {
    printf '{"action":"a\033[31mb\302\233c\177"}\n{"action":"\\u001b[31m"}\n' >terminal.in
    wafveil try --region eu --color never terminal.in >terminal.out 2>&1
    tr -d '\n' <terminal.out | grep -qP '[\x00-\x1f\x7f]|\xc2[\x80-\x9f]' &&
        fail "try: a control character reaches the terminal"
    wafveil try --region eu --color always seed.in | grep -q $'\033\[31m' ||
        fail "try: --color always has no colours"
    NO_COLOR=1 wafveil try --region eu seed.in | grep -q $'\033' && fail "try: NO_COLOR has colours"
}

# The passphrase of a private key: from the terminal alone, unseen, also while records come by stdin.
# Needs what the transcript of reveal has left behind.
passphrase_is_asked_on_the_terminal() {
    python3 - >tty.out 2>&1 <<'END' || fail "passphrase on a terminal: $(cat tty.out)"
import os, pty, sys, time
child, terminal = pty.fork()
if child == 0:
    os.dup2(os.open("soc.out", os.O_RDONLY), 0)
    os.execvp("wafveil", "wafveil reveal --key locked.key --reason r --requester n --audit reveal.audit".split())
said = b""
asked = False
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    said += part
    if not asked and b"pass phrase" in said:
        asked = True
        time.sleep(0.2)
        os.write(terminal, b"correct horse\n")
status = os.waitpid(child, 0)[1]
good = asked and status == 0 and b"203.0.113.9" in said and b"horse" not in said
print(said.decode(errors="replace"))
sys.exit(0 if good else 1)
END
}

every_command_has_help() {
    wafveil help | sed -nE 's/^  ([a-z]+) .*/\1/p' >words
    [[ $(wc -l <words) -ge 7 ]] || fail "help: lists too few commands"
    while read -r word; do
        wafveil help "$word" >help.one || fail "help $word"
        wafveil "$word" --help >help.two </dev/null || fail "$word --help"
        cmp -s help.one help.two || fail "$word: the two helps differ"
        grep -q "^usage: wafveil $word" help.one || fail "help $word: no usage"
    done <words
}

cp "$here"/check/*.json "$here"/check/files/*.* "$here"/suggest/*.json "$here"/audit/*.jsonl "$here"/subject/*.json \
    "$work"
cp -r "$here/test" "$work/test"
cd "$work" || exit 1
wafveil keys init --config good.json >/dev/null || fail "keys init"

transcripts=("$here"/*.transcript)
# What only a program with Kafka can say.
wafveil run --config nowhere.json 2>&1 | grep -q 'built without' ||
    transcripts+=("$here"/kafka/*.transcript)
for transcript in "${transcripts[@]}"; do
    replay "$transcript" >transcript.now
    compare "$transcript" transcript.now
done
grep -q hunter2 "${transcripts[@]}" && fail "a password is shown"
wafveil help --reference >reference.now || fail "help --reference"
compare "$here/../../docs/reference.md" reference.now
order_is_kept
lines_without_event_are_counted
a_record_is_a_line
rejects_hold_no_value
long_line_is_a_reject
limit_is_exact
every_length_is_read
slow_input_is_joined
write_errors_are_noticed
throwaway_tokens
key_files
terminal_is_safe
passphrase_is_asked_on_the_terminal
every_command_has_help

if [[ $failures -gt 0 ]]; then
    echo "$failures failures"
    exit 1
fi
echo "all well"
