#!/usr/bin/env bash
# Writes known answers and sample records as seeds for the fuzzers.
#
#     tests/fuzz/seeds.sh <folder>      makes a folder for each fuzzer in <folder>
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
out=${1:?"say where the seeds go"}
mkdir -p "$out/address" "$out/filters"

# Columns of a table, without comments and the line of names: number of the column, file.
column() { grep -v '^#' "$2" | tail -n +2 | cut -f "$1"; }

count=0
while IFS= read -r value; do
    count=$((count + 1))
    printf '%b' "$value" >"$out/address/$count"
done < <(column 1 "$root/tests/vectors/address_parse.tsv")

index=0
while IFS= read -r filter; do
    row=0
    while IFS= read -r value; do
        row=$((row + 1))
        for settings in 00 01 02; do
            printf '%b' "\\x$(printf '%02x' "$index")\\x$settings$value" \
                >"$out/filters/$filter-$row-$settings"
        done
    done < <(column 2 "$root/tests/vectors/$filter.tsv" 2>/dev/null || true)
    index=$((index + 1))
done < <(sed -n 's/^WV_FILTER(\(.*\))$/\1/p' "$root/filters/filters.def")

# What scrub finds, behind a byte that asks for all of it.
mkdir -p "$out/search"
row=0
while IFS= read -r value; do
    row=$((row + 1))
    printf '\x7f%s' "$value" >"$out/search/$row"
done < <(column 2 "$root/tests/vectors/scrub.tsv"
    sed -n 's/^    {"\(Matched Data: .*\)",$/\1/p' "$root/tests/unit/test_detect.c")

# What the detectors find, in every spelling, behind a byte that asks for all decodings.
mkdir -p "$out/view"
row=0
while IFS= read -r value; do
    row=$((row + 1))
    printf '%b' "\\x7f$value" >"$out/search/detect-$row"
    printf '%b' "\\x1f$value" >"$out/view/$row"
done < <(column 2 "$root/tests/vectors/detect.tsv")

# What the patterns of fuzz_patterns.c look for, behind a byte that cuts it.
mkdir -p "$out/patterns"
row=0
while IFS= read -r value; do
    row=$((row + 1))
    printf '\x01%b' "$value" >"$out/patterns/$row"
done <<'END'
a KD-12345 KD-1234 xKD-123456789
M 1234 5674 M1 M 79927398713
CASE#12a Case%2312 case#
a:bb:aa:b; ;b:ab:a
u=abc&u=%26;&u=d
x a\nxy\nxab cy\nx\ty
END

# Identifiers in their compact spelling.
mkdir -p "$out/validate"
row=0
while IFS= read -r value; do
    row=$((row + 1))
    printf '%s' "$value" >"$out/validate/$row"
done < <(column 2 "$root/tests/vectors/identifiers.tsv" | tr -d ' ./()-')

# Attacks, behind a byte that says how much may be written.
mkdir -p "$out/skeleton"
row=0
while IFS= read -r value; do
    row=$((row + 1))
    printf '%b' "\\x$(printf '%02x' "$((row % 256))")$value" >"$out/skeleton/$row"
done < <(column 2 "$root/tests/vectors/skeleton.tsv")

# The same in text and as texts, behind two lengths and a byte that chooses all regions.
mkdir -p "$out/detect"
row=0
while IFS= read -r value; do
    row=$((row + 1))
    printf '%b%s' "\\x$(printf '%02x' $((row % 131)))\\x05\\x3f" "$value" >"$out/detect/$row"
done < <(column 2 "$root/tests/vectors/detect.tsv"
    column 2 "$root/tests/vectors/identifiers.tsv")

# Sample records, each on one line; for the whole engine after a byte that chooses the region, and
# with a mark (0x01) wherever an address stood, behind a client that the fuzzer knows.
mkdir -p "$out/index" "$out/transform"
number=0
for sample in "$root"/schemas/sample/aws-waf/*.json; do
    number=$((number + 1))
    record=$(tr '\n' ' ' <"$sample")
    printf '%s' "$record" >"$out/index/$number"
    printf '%b%s' "\\x0$((number % 6))" "$record" >"$out/transform/$number"
    printf '%b{"httpRequest":{"clientIp":"203.0.113.217"},%s' "\\x0$((number % 6))" \
        "$(printf '%s' "${record#*\{}" | sed -E 's/[0-9]+(\.[0-9]+){3}/\x01/g')" \
        >"$out/transform/$number-client"
done

# Records of other syntaxes: the first byte chooses the syntax and its layout, two more what is put in
# the place of which part.
mkdir -p "$out/text" "$out/text_pattern" "$out/text_syslog" "$out/text_tagged" "$out/expand" "$out/envelopes"
text() { printf '%b%s' "\\x$1\\x01\\x03a=\\\\\\\\" "$2" >"$out/text/$3"; }
text 00 'https://u:p@[2001:db8::1]:80/a?b=c#d' url
text 01 'GET http://u@example.com/a b?c HTTP/1.1' request
text 02 'ASM:CEF:0|v\||p|1|c|n|5| x a=b c\=d e= src=192.0.2.1' cef
text 03 '<1>h a=b c="d \" e" f g="h"' pairs-blank
text 04 'a="x","y",b= "c, d",e' pairs-comma
text 07 'a,"b ""c"", d",' csv
text 08 'a "GET / \" x" - ' alb
for sample in "$root"/schemas/sample/{f5-asm,imperva}/*.log; do
    text 02 "$(cat "$sample")" "$(basename "$sample")"
done
number=0
for sample in "$root"/schemas/sample/access-log/*.log; do
    number=$((number + 1))
    printf '%b%s' "\\x0$((number % 8))\\x01\\x03a\" " "$(cat "$sample")" >"$out/text_pattern/$number"
done
for sample in "$root"/schemas/sample/{syslog,cri}/*.log; do
    printf '%b%s' "\\x01\\x03a\" " "$(cat "$sample")" >"$out/text_syslog/$(basename "$sample")"
done
for sample in "$root"/schemas/sample/{nginx-error,apache-error}/*.log; do
    printf '%b%s' "\\x01\\x01a" "$(cat "$sample")" >"$out/text_tagged/$(basename "$sample")"
done
printf '%b' '\x00' | cat - <(gzip -nc "$root/schemas/sample/aws-waf/minimal.json") >"$out/expand/gzip"
number=0
for sample in "$root"/schemas/sample/*/minimal.json; do
    number=$((number + 1))
    printf '%b%s' "\\x$(printf '%02x' $((number % 64)))" "$(tr '\n' ' ' <"$sample")" \
        >"$out/envelopes/$number"
done

# The first byte chooses the reader, two more the day.
mkdir -p "$out/law"
printf '%b' '\x00\xb0\x05' | cat - "$root/schemas/law/transfers.json" >"$out/law/builtin"
printf '%b%s' '\x00\xb0\x05' '{"lists":{"ANZ":["AU","NZ"]},"mechanisms":{"letter":"x"},"origins":{"nz":{"countries":["NZ"],"instruction":true}},"transfers":[{"origin":"nz","to":["ANZ","*"],"route":"safeguard","mechanisms":["letter"],"condition":"dpf","from":"2026-01-01","until":"2027-01-01","source":"s"},{"origin":"eu","to":["JP"],"route":"denied","source":"s"}]}' >"$out/law/own"
python3 -c 'import json, sys; json.dump(json.load(open(sys.argv[1]))["recipients"], sys.stdout)' \
    "$root/tests/cli/check/legal.json" | cat <(printf '%b' '\x01\x00\x00') - >"$out/law/recipients"

# The first byte chooses the reader: countries, operators, lists.
mkdir -p "$out/geo"
python3 -B "$root/tests/geo/mmdb.py" "$out/geo.made" 1795305600
for made in "$out"/geo.made/*; do
    printf '%b' '\x00' | cat - "$made" >"$out/geo/0-$(basename "$made")"
    printf '%b' '\x01' | cat - "$made" >"$out/geo/1-$(basename "$made")"
done
rm -rf "$out/geo.made"
printf '%b' '\x02192.0.2.0/24 # a\n198.51.100.7\n2001:db8::/32\n\n192.0.2.128/25\n::/8\n' >"$out/geo/list"

# Tests of policies.
mkdir -p "$out/policy_tests"
cp "$root"/schemas/policy/tests/{eu,unknown,refused}.json "$root"/tests/cli/test/{failing,wrong}.json "$out/policy_tests"

# A document to be signed, and one of nobody's messages.
mkdir -p "$out/approval"
fingerprint=$(printf 'a%.0s' {1..64})
printf '\x02{"approves":"%s","reason":"because of this","expires":"2027-01-31","requested_by":"Di"}' \
    "$fingerprint" >"$out/approval/document"
printf '\x01\x00\x40%s' "$fingerprint" >"$out/approval/changed"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=Ada -days 9 \
    -keyout "$out/approval.key" -out "$out/approval.pem" 2>/dev/null
printf '{"approves":"%s"}' "$fingerprint" |
    openssl cms -sign -nodetach -binary -outform DER -signer "$out/approval.pem" \
        -inkey "$out/approval.key" | cat <(printf '\x00') - >"$out/approval/message"
rm "$out/approval.key" "$out/approval.pem"

# A bearer token, claims of one, and an end with a value of another claim.
mkdir -p "$out/bearer"
printf '\x00eyJhbGciOiJub25lIn0.eyJleHAiOjE3OTUzMjEzODR9.c2ln' >"$out/bearer/token"
printf '\x01{"sub":"waf","exp":1795321384.25,"aud":["kafka"]}' >"$out/bearer/claims"
printf '\x02\x66\x25\x11\x7fwaf "x"' >"$out/bearer/end"

# Metadata of a commit, a record's header, and numbers for both.
mkdir -p "$out/published"
printf '\x00wafveil/1 0123456789abcdef:4711 fedcba9876543210:0 @42' >"$out/published/metadata"
printf '\x01waf:logs:7:4711' >"$out/published/header"
printf '\x01waf:logs:7:9223372036854775808' >"$out/published/header-too-large"
printf '\x02\x2a\0\0\0\0\0\0\0\x67\x12\0\0\0\0\0\0\1' >"$out/published/numbers"

# Records of a file, and members of records that are sealed and then changed.
mkdir -p "$out/ledger"
cp "$root/tests/cli/audit/audit.jsonl" "$out/ledger/file"
printf '#,"unread":1,"groups":[{"tenant":"t","regions":["eu@1"],"input":"i","format":"f","records":2,"collected":{"client_ip":2,"geo":1},"outputs":[{"output":"o","kind":"own","purpose":"security","recipient":"r","published":2,"withheld":1,"disclosed":{"geo":1}}]}]\n' >"$out/ledger/window"
printf '#,"a":1\n!0\n#,"after":[{"chain":"%032d","seq":3,"hash":"%064d"}]\n!~\n#,"a":1}\n#\n' 0 0 >"$out/ledger/sealed"

# What reveal is given: lines as records and consumers write them, content of boxes, an envelope.
mkdir -p "$out/seal"
while IFS= read -r value; do
    count=$((count + 1))
    printf '\x01\x00\x00\x00%s' "$value" >"$out/seal/line-$count"
done <<'END'
{"action":"BLOCK","_wafveil":{"v":1,"sealed":{"until":"2026-12-23","key":"MIIB","box":"AAAA"}}}
{"topic":"t","partition":0,"offset":5,"headers":["wafveil-sealed","{\"until\":\"2026-12-23\",\"key\":\"MIIB\",\"box\":\"AAAA\"}"],"payload":"{}"}
{"log":"{\"_wafveil\":{\"sealed\":{\"until\":\"2026-12-23\",\"key\":\"\",\"box\":\"\"}}}","wafveil-sealed":{}}
END
for place in 0 1 2; do
    printf '\x03\x00\x0%d\x00%s' "$place" '{"tenant":"acme","timestamp":1763805611333,"action":"BLOCK","rule":"r1","output":"soc","values":{"client_ip":["203.0.113.9"]},"left_out":["user_agent"]}' >"$out/seal/content-$place"
done
printf '\x00\x01\x00\x00{"values":{}}' >"$out/seal/round"
if openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -days 30 \
    -keyout /dev/null -out "$out/seal.pem" 2>/dev/null; then
    { printf '\x02\x00\x00\x00' && head -c 32 /dev/zero |
        openssl cms -encrypt -binary -aes256 -outform DER "$out/seal.pem"; } >"$out/seal/envelope"
    rm "$out/seal.pem"
fi
