#!/bin/sh
# The library must be usable where there is no Kafka, no HTTP server and no thread:
#
#     check_embed.sh libwafveil.a
#
# prints each object of the archive that needs one of them, and what it needs.
set -eu

symbols=$(nm -A --undefined-only "$1") || { echo "$1: cannot be read by nm"; exit 1; }
if [ -z "$symbols" ]; then
    echo "$1: no symbols at all: is this the library?"
    exit 1
fi
found=$(printf '%s\n' "$symbols" |
    grep -E ' U (rd_kafka_[a-z0-9_]+|MHD_[A-Za-z0-9_]+|pthread_create|thrd_create)(@.*)?$' || true)
if [ -n "$found" ]; then
    printf '%s\n' "$found" | sed 's/ *U / needs /'
    exit 1
fi
