#!/bin/sh
# Compares the program with the reference: run.sh WAFVEIL CORPUS. Every pack, over made-up records and
# the samples; then makes mistakes in the result, which the comparison must see.
set -eu
wafveil=$1
corpus=$2
here=$(cd "$(dirname "$0")" && pwd)
schemas=$here/../../schemas
seed=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$corpus" 150 7 >"$work/corpus"
cp "$work/corpus" "$work/in"
for sample in "$schemas"/sample/aws-waf/*.json; do
    tr '\n' ' ' <"$sample" >>"$work/in"
    echo >>"$work/in"
done

failed=0
for pack in "$schemas"/policy/*.json; do
    region=$(basename "$pack" .json)
    # A template is used where a configuration acknowledges it; test_pack_templates looks at it.
    grep -q '"review": "unreviewed"' "$pack" && continue
    "$wafveil" filter --region "$region" --seed "$seed" <"$work/in" >"$work/out" 2>"$work/err" ||
        { cat "$work/err"; exit 1; }
    python3 "$here/compare.py" "$work/in" "$work/out" --region "$region" --seed "$seed" ||
        { echo "pack $region"; failed=1; }
done

head -n 40 "$work/corpus" >"$work/in"
"$wafveil" filter --region eu --seed "$seed" <"$work/in" >"$work/out" 2>"$work/err"
python3 "$here/mutate.py" "$work/in" "$work/out" --region eu --seed "$seed" || failed=1
exit $failed
