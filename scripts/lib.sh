# Shared by the scripts in this folder; to be sourced.

say() { printf 'deps: %s\n' "$*"; }

warn() { printf 'deps: %s\n' "$*" >&2; }

# fail WHAT WHAT-TO-DO
fail() {
  printf 'deps: %s\n  %s\n' "$1" "$2" >&2
  exit 1
}

have_command() { command -v "$1" >/dev/null 2>&1; }

# Sets as_root to what a command that needs root is to be put behind; fails if there is no way.
become_root() {
  as_root=()
  [[ $EUID -ne 0 ]] || return 0
  have_command sudo || return 1
  # A terminal can be asked for the password; a script cannot.
  if [[ -t 0 ]] || sudo -n true 2>/dev/null; then as_root=(sudo); else return 1; fi
}
