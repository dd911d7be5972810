#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# rows.sh - the rows of scripts/check. Row NAME is the function row_NAME; the comment on the line above
# it is what `scripts/check --list` prints. Sourced after common.sh.
# shellcheck source-path=SCRIPTDIR source=common.sh
: "${top:?source common.sh first}"

rows_list()
{
    awk '/^# / { what = substr($0, 3); next }
         /^row_[a-z]+\(\)/ { gsub(/^row_|\(\).*/, "", $1); printf "%-10s %s\n", $1, what }
         { what = "" }' "$top/scripts/lib/rows.sh"
}

# run_tests PRESET [CTEST OPTION...]: the closing lines are ctest's.
run_tests()
{
    local folder
    folder=$(build_folder "$1")
    shift
    (cd -- "$folder" && ctest --parallel "$(jobs_wanted)" --output-on-failure --no-tests=error "$@")
}

# label NAME: the tests of one folder of tests/, in the release build.
label()
{
    need_packages build tests
    build_preset release
    run_tests release -L "^$1\$"
}

# sanitized PRESET [CTEST OPTION...]: tests that need no foreign program to load our libraries.
sanitized()
{
    local preset=$1
    shift
    need_packages build tests
    build_preset "$preset"
    # Not detect_stack_use_after_return: gcc 12 then puts 64-byte vectors where they are not aligned (its bug 110027).
    ASAN_OPTIONS=strict_string_checks=1 \
        UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS=halt_on_error=1 \
        run_tests "$preset" "$@"
}

# everything that fits a quarter of an hour: unit tests under ASan and UBSan, then all tests
row_default()
{
    sanitized asan -L '^unit$'
    build_preset release
    run_tests release
}

# C tests of every room
row_unit() { label unit; }

# results against numpy, cfitsio, OpenJPEG and the golden files
row_golden() { label golden; }

# every option and every error of the command line
row_cli() { label cli; }

# DIALS, h5py and the HDF5 tools read what we write
row_readers() { label readers; }

# house rules: who includes whom, what lives where, names, headers, shell scripts
row_house() { label house; }

# what is installed, and the Debian packages, read from where they were put
row_package()
{
    need_packages build tests
    build_preset release
    run_tests release -R '_install$'
}

# long forms of failing calls, SIGKILL, damaged input and many images; their figures go into docs/RELIABILITY.md
row_fault()
{
    export LBC_LONG=1 LBC_FIGURES=$top/build/figures
    rm -rf -- "$LBC_FIGURES"
    label fault
    "$top/scripts/lib/reliability.py" "$LBC_FIGURES" "$top/docs/RELIABILITY.md"
}

# unit, golden, cli and fault tests under AddressSanitizer and UndefinedBehaviorSanitizer
row_asan() { sanitized asan -L '^(unit|golden|cli|fault)$'; }

# unit, golden and cli tests under ThreadSanitizer
row_tsan() { sanitized tsan -L '^(unit|golden|cli)$'; }

# decoders, plugin, masters and command lines fuzzed by libFuzzer, a minute each; LBC_FUZZ_SECONDS sets another time
row_fuzz()
{
    need_packages build tests checks
    (cd -- "$top" && cmake --preset fuzz --log-level=WARNING -DLBC_FUZZ_SECONDS="${LBC_FUZZ_SECONDS:-60}" >/dev/null)
    build_preset fuzz tests/fuzz/all
    run_tests fuzz -L '^fuzz$'
}

# memchecked NAME COMMAND...: errors and lost memory are failures.
memchecked()
{
    say "valgrind $1"
    shift
    LBC_VALGRIND=1 LBC_SOURCE=$top LBC_BUILD=$(build_folder debug) valgrind --quiet --leak-check=full \
        --show-leak-kinds=definite --errors-for-leak-kinds=definite --error-exitcode=99 "$@" >/dev/null
}

# unit tests, and whole runs of the program on a small series, under memcheck
row_valgrind()
{
    local test mode folder series
    need_packages build tests checks
    build_preset debug
    folder=$(build_folder debug)
    for test in "$folder"/bin/unit_*; do
        (cd -- "$folder" && memchecked "${test##*/}" "$test")
    done
    series=$(mktemp -d)
    "$folder/bin/l_bnl_simulate" -o "$series/in" -D 500K -n 3 -d 2 --no-truth --quiet
    for mode in '-c bslz4 -b 2 -s 2 --verify' '-H 4 -c hcomp --minicbf m' '-J 10 -c j2k -q out_file' \
        '-J 10 -c zstd --report r.html'; do
        # shellcheck disable=SC2086 # words of a mode
        (cd -- "$series" && memchecked "l_bnl_compress $mode" "$folder/bin/l_bnl_compress" -i in_master.h5 -o out \
            -d 2 -p 2 --progress never --overwrite $mode)
    done
    rm -r -- "$series"
}

# the kernels for AArch64: bit planes with NEON, pixel loops as the compiler has them, under qemu-user
row_neon()
{
    local test folder=$top/build-neon
    need_packages build neon
    mkdir -p "$folder"
    for test in bitshuffle frame gather; do
        say "unit_$test for AArch64"
        (cd -- "$top" && aarch64-linux-gnu-gcc -std=c11 -O3 -ffp-contract=off -fno-math-errno -static -Wall -Wextra \
            -Wpedantic -Wconversion -Wshadow -Werror -D_POSIX_C_SOURCE=200809L -D_XOPEN_SOURCE=700 -DLBC_HAVE_NEON \
            -Itests/support/plain -Iinclude -Isrc "tests/unit/test_$test.c" src/base/cpu.c src/base/memory.c \
            src/frame/*.c src/codec/bitshuffle/*.c src/codec/bitshuffle/neon/*.c -lpthread -lm -o "$folder/unit_$test")
        qemu-aarch64 "$folder/unit_$test"
    done
}

# gcc and clang, every warning an error
row_warnings()
{
    local compiler folder
    need_packages build tests checks
    for compiler in gcc clang; do
        folder=$top/build-warnings-$compiler
        say "building with $compiler -Werror"
        CC=$compiler cmake -S "$top" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release -DLBC_WERROR=ON \
            --log-level=WARNING >/dev/null
        cmake --build "$folder" --parallel "$(jobs_wanted)" -- --quiet
    done
}

# clang-tidy over the programs and the library, by .clang-tidy
row_tidy()
{
    need_packages build tests checks
    CC=clang cmake -S "$top" -B "$top/build-tidy" -G Ninja -DCMAKE_BUILD_TYPE=Debug --log-level=WARNING >/dev/null
    # what is built here: not the kernels of other machines
    sed -n 's|^ *"file": "\(.*\)".*|\1|p' "$top/build-tidy/compile_commands.json" | grep -E '/(src|cli|plugin)/' |
        sort -u |
        xargs -d '\n' -n 1 -P "$(jobs_wanted)" clang-tidy --quiet --warnings-as-errors='*' -p "$top/build-tidy"
}

# lines of src/ that the unit, golden and cli tests reach; at least 90 %
row_coverage()
{
    local folder
    need_packages build tests checks
    build_preset coverage
    folder=$(build_folder coverage)
    find "$folder" -name '*.gcda' -delete
    # programs that are killed leave counts that the next ones complain of, which is no output of theirs
    GCOV_ERROR_FILE=$folder/gcov.log run_tests coverage -L '^(unit|golden|cli)$'
    gcovr --root "$top" --filter "$top/src/" --object-directory "$folder" --fail-under-line 90 \
        --gcov-ignore-parse-errors "$folder"
}

# the sources as .clang-format wants them
row_format()
{
    need_packages tests
    find "$top/include" "$top/src" "$top/cli" "$top/plugin" "$top/tests" "$top/bench" -name '*.[ch]' \
        -print0 2>/dev/null | xargs -0 clang-format --dry-run --Werror
}

# the scripts through shellcheck
row_shell()
{
    need_packages tests
    shellcheck -x -P "$top/scripts" "$top/.ci/run" "$top/scripts/demo" "$top/scripts/check" "$top/scripts/bench" \
        "$top"/scripts/lib/*.sh
}
