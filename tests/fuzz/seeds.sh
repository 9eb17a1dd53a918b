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
