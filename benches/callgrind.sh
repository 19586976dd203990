#!/bin/sh
# Instructions of the processor per unit of work, counted by valgrind's callgrind, for each workload
# of benches/workloads. A workload runs with two counts, and only the difference is used, so that
# starting and compiling are not in it. The same binary gives nearly the same numbers everywhere.
#
# usage: benches/callgrind.sh            prints the table
#        benches/callgrind.sh --check    fails if a number is more than 2 % above callgrind.txt's
#        benches/callgrind.sh --bless    writes callgrind.txt anew
#
# Exit codes: 0 nothing found, or no valgrind to look with; 1 a rise; 2 bad usage, or it does not build.
set -eu
cd "$(dirname "$0")/.."
baseline=benches/callgrind.txt

case "${1-}" in
    '' | --check | --bless) ;;
    *) sed -n 's/^# \(usage\)/\1/p; s/^#        //p' "$0" >&2; exit 2 ;;
esac
if ! command -v valgrind >/dev/null; then
    echo 'skipped: valgrind is not installed'
    exit 0
fi
manifest=benches/workloads/Cargo.toml
cargo build --quiet --release --locked --manifest-path "$manifest" || exit 2
binary=${CARGO_TARGET_DIR-benches/workloads/target}/release/workload
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# Prints "instructions units" of one run.
run() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null \
        "$binary" "$1" "$2" \
        >"$scratch/stdout" 2>"$scratch/stderr" || { cat "$scratch/stderr" >&2; exit 2; }
    echo "$(sed -n 's/.*Collected *: *//p' "$scratch/stderr")" \
        "$(sed -n 's/.* after \([0-9]*\) units.*/\1/p' "$scratch/stdout")"
}

# Name, and the two counts: large enough for what is done once per run to vanish.
while read -r name few many; do
    few=$(run "$name" "$few")
    many=$(run "$name" "$many")
    echo "$name $few $many" | awk '{ printf "%-10s %10.1f\n", $1, ($4 - $2) / ($5 - $3) }'
done >"$scratch/table" <<'END'
fib       12     18
count     1000   101000
sieve     1      3
matmul    1      2
global    1000   101000
extern    1000   51000
nbody     100    600
hash      10     60
dispatch  1000   11000
trees     10     60
END
cat "$scratch/table"

case "${1-}" in
    --bless)
        cp "$scratch/table" "$baseline"
        ;;
    --check)
        # Workload by workload: what is committed, what is now.
        awk '
            NR == FNR { before[$1] = $2; next }
            !($1 in before) { print $1 ": not in the baseline"; bad = 1; next }
            $2 > before[$1] * 1.02 { print $1 ": " before[$1] " before, " $2 " now"; bad = 1 }
            END { exit bad }
        ' "$baseline" "$scratch/table" >&2
        ;;
esac
