# Set-up shared by the verbs of this folder; sourced with ROOT set to the project's folder.
#
#   set_up run    what `sms-notify` needs          set_up test   that and what the suite needs
#
# Makes .venv once and leaves it alone until pyproject.toml, the Python or the folder changes.
# Says one line when it has work to do, and why it could not when it could not.

VENV=$ROOT/.venv
PY=$VENV/bin/python

say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

set_up() {
    one_at_a_time
    if ! stamped "$1"; then
        say "Setting up $VENV (once; takes about a minute) ..."
        usable || make_venv
        install "$1"
    fi
    exec 9<&-
}

# Two verbs started at the same moment must not build one venv together.
one_at_a_time() {
    exec 9<"$ROOT"
    command -v flock >/dev/null || return 0
    flock -n 9 || { say "Waiting for another set-up of $VENV ..."; flock 9; }
}

# What an installation depends on: the packages asked for, the Python, and where the folder lies.
inputs() { { cat "$ROOT/pyproject.toml" && "$PY" -V && printf '%s' "$VENV"; } 2>&1 | cksum; }

stamped() {
    [ -x "$PY" ] && [ ! -e "$VENV/unfinished" ] && [ "$(inputs)" = "$(cat "$VENV/stamp-$1" 2>/dev/null)" ]
}

# Made here or by hand, finished, not moved from elsewhere, and its Python still exists.
usable() {
    [ ! -e "$VENV/unfinished" ] && grep -qsF "$VENV" "$VENV/bin/activate" && "$PY" -m pip --version >/dev/null 2>&1
}

make_venv() {
    need_python
    rm -rf "${VENV:?}/bin" "${VENV:?}/lib" "$VENV" || die "cannot replace $VENV: is it another user's? remove it, then try again"
    mkdir "$VENV" 2>/dev/null || die "cannot write to $ROOT as $(id -un): copy the project to a folder of yours, or run this as its owner"
    touch "$VENV/unfinished"
    logged "$PYTHON" -m venv "$VENV" || exit 1
    rm "$VENV/unfinished"
}

install() {
    touch "$VENV/unfinished" 2>/dev/null || die "cannot write to $VENV as $(id -un): it is another user's"
    extras=
    if [ "$1" = test ]; then extras='[test,postgres]'; fi
    PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 logged "$PY" -m pip install --editable "$ROOT$extras" || {
        rm "$VENV/unfinished" # pip gave up in good order, before it changed what is installed
        exit 1
    }
    inputs >"$VENV/stamp-run"
    if [ "$1" = test ]; then inputs >"$VENV/stamp-test"; fi
    rm "$VENV/unfinished"
}

# Runs a step in silence; when it fails, shows what it said last and where all of it is.
logged() {
    "$@" >"$VENV/setup.log" 2>&1 </dev/null && return
    tail -n 15 "$VENV/setup.log" >&2
    say "error: set-up failed at: $*"
    say "(all of it: $VENV/setup.log); mend the cause and run the same command again"
    return 1
}

# PYTHON = the first Python >= 3.11 that can make a venv with pip in it; from apt when there is none.
need_python() {
    find_python && return
    from_apt python3-venv
    find_python || die "needs Python 3.11 or later (Debian 12 has it); found: $(python3 -V 2>&1)"
}

find_python() {
    for PYTHON in python3 /usr/bin/python3 python3.14 python3.13 python3.12 python3.11; do
        "$PYTHON" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return
    done
    return 1
}

from_apt() {
    if ! command -v apt-get >/dev/null; then
        die "needs Python 3.11 or later with its venv module; install it with this system's package tool"
    elif [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null && become='sudo sh -c' || become='su -c'
        die "needs the system package $*; paste this, then run the same command again:
  $become 'apt-get update && apt-get install -y $*'"
    fi
    say "Installing $* with apt ..."
    log=$(mktemp)
    { apt-get -qq update && apt-get -qq install -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@"; } \
        >"$log" 2>&1 </dev/null || { tail -n 15 "$log" >&2; die "apt-get could not install $* (all of it: $log)"; }
    rm "$log"
}
