#!/usr/bin/env bash
# Sees to it that tools are there: system.sh TOOL...
# What a bare Debian lacks is installed through apt, which is said; nothing happens where it is there.
set -euo pipefail

there() {
    case $1 in
    cc) command -v cc ;;
    git) command -v git ;;
    python) python3 -c 'import ensurepip, venv' ;;
    postgres) test -x "$(pg_config --bindir)/initdb" ;;
    browser) command -v chromium && command -v chromedriver ;;
    wrk) command -v wrk ;;
    *) echo "system.sh: unknown tool $1" >&2 && exit 2 ;;
    esac >/dev/null 2>&1
}

packages() {
    case $1 in
    cc) echo gcc libc6-dev ;;
    git) echo git ;;
    python) echo python3 python3-venv ;;
    postgres) echo postgresql ;;
    browser) echo chromium chromium-driver fonts-dejavu-core ;;
    wrk) echo wrk ;;
    esac
}

as_root() {
    if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

for tool in "$@"; do
    if [ "$tool" = cargo ]; then
        command -v cargo >/dev/null && continue
        echo "cargo is not here: install Rust as https://www.rust-lang.org/tools/install says, then try again" >&2
        exit 1
    fi
    there "$tool" && continue
    read -ra wanted <<<"$(packages "$tool")"
    if ! command -v apt-get >/dev/null; then
        echo "$tool is not here, nor apt-get: install what your system calls ${wanted[*]}" >&2
        exit 1
    fi
    echo "$tool is not here: installing ${wanted[*]} with apt-get"
    as_root apt-get update -qq
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${wanted[@]}"
done
