#!/usr/bin/env bash
# Runs the native core on real threads under a tool that watches memory, and says what it could not
# run.
#
#   scripts/sanitize.sh            ThreadSanitizer if it can be had, else valgrind
#   scripts/sanitize.sh thread     ThreadSanitizer alone
#   scripts/sanitize.sh valgrind   valgrind alone
#   scripts/sanitize.sh helgrind   how many races helgrind and drd report; never fails for them
#
# DRAWLOOM names the program that valgrind runs; else one is built.
#
# ThreadSanitizer needs a nightly toolchain with rust-src: the standard library is compiled with it too,
# or its locks could go unseen and what they guard be reported. The tests run without loom and shuttle,
# which switch between threads that the tool cannot tell apart; that leaves the native world and the
# stress world: the models, the retold bugs, the guards, and guest programs on real threads. Does not see
# what these runs do not do. That it would see a race is tried first, on a program that has one.
#
# helgrind and drd know the locks of pthreads. Those of Rust's standard library are futexes, so both
# tools report races by the dozen in a correct program that only starts and joins. That is why the
# fallback is memcheck: it sees uses after a free, reads of what was never written, and leaks, on
# real threads, but no races.
#
# Exit codes: 0 nothing found; 1 something was found, or the build failed; 2 usage; 77 skipped,
# because the tool is not there (as test harnesses have it).
set -uo pipefail
cd "$(dirname "$0")/.."

readonly SKIPPED=77
# Programs that start threads, and use every kind of coordination.
readonly PROGRAMS=(join_result counter_monitor bounded_buffer philosophers strings handler)

note() { printf 'sanitize: %s\n' "$*" >&2; }

skip() {
    note "SKIPPED: $*"
    return "$SKIPPED"
}

# Whether ThreadSanitizer works here. The race is in the program, so the standard library may be the
# one that is there.
sees_a_race() {
    local folder code
    folder=$(mktemp -d) || return 1
    cat >"$folder/race.rs" <<'RUST'
static mut COUNT: u32 = 0;

fn main() {
    let add = || unsafe { COUNT += 1 };
    let other = std::thread::spawn(add);
    add();
    other.join().unwrap();
}
RUST
    rustc +nightly --edition 2024 -Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer \
        -o "$folder/race" "$folder/race.rs" &&
        TSAN_OPTIONS="exitcode=66" "$folder/race" 2>/dev/null
    code=$?
    rm -rf "$folder"
    ((code == 66))
}

thread_sanitizer() {
    rustc +nightly --version >/dev/null 2>&1 ||
        { skip "ThreadSanitizer: no nightly toolchain (rustup toolchain install nightly)"; return; }
    local sysroot host
    sysroot=$(rustc +nightly --print sysroot)
    [[ -f $sysroot/lib/rustlib/src/rust/library/Cargo.lock ]] || {
        skip "ThreadSanitizer: no rust-src (rustup component add rust-src --toolchain nightly)"
        return
    }
    sees_a_race || {
        note "ThreadSanitizer: FAILED: it does not see a race in a program that has one"
        return 1
    }
    host=$(rustc +nightly -vV | sed -n 's/^host: //p')
    note "the tests, without loom and shuttle, under ThreadSanitizer"
    # A directory of its own, so that an ordinary build does not have to start anew.
    export TSAN_OPTIONS="halt_on_error=1"
    if RUSTFLAGS="-Zsanitizer=thread" CARGO_TARGET_DIR=target/sanitize \
        cargo +nightly test --locked --no-default-features --features cli -Zbuild-std --target "$host" \
        --lib --test models --test guards --test machine_threads --test host_panics \
        --test history &&
        "target/sanitize/$host/debug/drawloom" history --engine stress >/dev/null; then
        note "ThreadSanitizer: nothing found"
    else
        note "ThreadSanitizer: FAILED"
        return 1
    fi
}

# The native program, without checkers, unless there is one already.
build_native() {
    [[ -z ${DRAWLOOM:-} ]] || return 0
    cargo build --locked --no-default-features --features cli --target-dir target/sanitize || return 1
    DRAWLOOM=target/sanitize/debug/drawloom
}

memcheck() {
    command -v valgrind >/dev/null ||
        { skip "valgrind: not installed (apt-get install valgrind)"; return; }
    build_native || return 1
    local program code failures=0
    for program in "${PROGRAMS[@]}"; do
        note "memcheck: $program"
        valgrind --quiet --error-exitcode=99 --leak-check=full \
            --show-leak-kinds=definite --errors-for-leak-kinds=definite \
            "$DRAWLOOM" run "programs/correct/$program.il" >/dev/null
        code=$?
        # 99 is memcheck's; these programs return 0 if drawloom can run them.
        if ((code != 0)); then
            note "memcheck: $program: FAILED with $code"
            failures=$((failures + 1))
        fi
    done
    ((failures == 0)) || return 1
    note "memcheck: nothing found in ${#PROGRAMS[@]} programs; it does not see races"
}

helgrind() {
    command -v valgrind >/dev/null ||
        { skip "valgrind: not installed (apt-get install valgrind)"; return; }
    build_native || return 1
    local program tool reports
    for tool in helgrind drd; do
        for program in "${PROGRAMS[@]}"; do
            reports=$(valgrind --quiet --tool="$tool" "$DRAWLOOM" \
                run "programs/correct/$program.il" 2>&1 >/dev/null |
                grep -cE 'Possible data race|Conflicting (load|store)')
            note "$tool: $program: $reports reports, false ones where std's locks are not known"
        done
    done
}

case "${1:-any}" in
    any)
        thread_sanitizer
        code=$?
        if ((code == SKIPPED)); then
            memcheck
            code=$?
        fi
        exit "$code"
        ;;
    thread) thread_sanitizer ;;
    valgrind) memcheck ;;
    helgrind) helgrind ;;
    *)
        note "usage: scripts/sanitize.sh [thread | valgrind | helgrind]"
        exit 2
        ;;
esac
