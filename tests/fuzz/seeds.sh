#!/usr/bin/env bash
# Writes the known answers of tests/vectors as seeds for the fuzzers of addresses and filters.
#
#     tests/fuzz/seeds.sh <folder>      makes <folder>/address and <folder>/filters
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
