# Read by bin/up, bin/test and bin/manage: sees to .venv. Sets $root and $python; $@ stays as it is.
root=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd)
python=$root/.venv/bin/python
# The server's account has to read what we install; secrets get their own modes.
umask 022

say_and_end() {
    printf '✕ %s\n' "$1" >&2
    exit 1
}

suits() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in python3 python3.14 python3.13 python3.12 python3.11 /usr/bin/python3 /usr/local/bin/python3; do
        if suits "$candidate"; then
            printf '%s\n' "$candidate"
            return
        fi
    done
    return 1
}

add_python() {
    if ! command -v apt-get >/dev/null; then
        say_and_end 'Posture needs Python 3.11 or newer with its modules venv and ensurepip: install it, then start again.'
    fi
    if [ "$(id -u)" -ne 0 ]; then
        say_and_end 'Posture needs Python with venv. Type: sudo apt-get install --no-install-recommends python3 python3-venv'
    fi
    printf '  Python: installing the packages python3 and python3-venv\n'
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    apt-get install -qq -y --no-install-recommends python3 python3-venv >/dev/null
}

make_venv() {
    # One that was made by an interpreter that is gone, or was left half made, is made again.
    if "$python" -c 'import pip' 2>/dev/null; then
        return
    fi
    begun=$(date +%s)
    found=$(find_python) || {
        add_python
        found=$(find_python) || say_and_end 'The Python of this system is older than 3.11: install a newer one.'
    }
    if [ ! -w "$root" ]; then
        say_and_end "This account may not write to $root: start as the owner of the checkout."
    fi
    "$found" -m venv --clear "$root/.venv" || say_and_end "The environment $root/.venv could not be made."
    printf '✓ %-26s %6s s  %s\n' 'Python environment' "$(($(date +%s) - begun)).0" "$("$python" --version)"
}

run_module() {
    # -P: the folder that the person stands in is no place to take code from.
    PYTHONUTF8=1 PYTHONPATH=$root "$python" -P -m "$@"
}

exec_module() {
    PYTHONUTF8=1 PYTHONPATH=$root exec "$python" -P -m "$@"
}
