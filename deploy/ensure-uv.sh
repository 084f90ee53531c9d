#!/bin/sh
# Makes sure that uv and Python 3.10 are there; says in one line what to do where they cannot be had.
set -eu
if ! command -v uv >/dev/null 2>&1 && [ ! -x .uv/bin/uv ]; then
  python=$(command -v python3 || true)
  [ -n "$python" ] || { echo "Python 3 is missing. Install Python 3.10 (python.org, pyenv or uv) and try again." >&2; exit 1; }
  echo "Installing uv into .uv ..."
  # any Python 3 can host uv; the project's own interpreter is found by .python-version
  (cd / && "$python" -m venv "$OLDPWD/.uv") && .uv/bin/pip install --quiet --disable-pip-version-check uv || {
    echo "uv could not be installed with $python. Install it (docs.astral.sh/uv, or Debian's python3-venv for this step) and try again." >&2
    exit 1
  }
fi
uv=$(command -v uv || echo .uv/bin/uv)
"$uv" python find 3.10 >/dev/null 2>&1 || "$uv" python install 3.10 >/dev/null 2>&1 || {
  echo "Python 3.10 is missing. Install it with 'pyenv install 3.10' or 'uv python install 3.10' and try again." >&2
  exit 1
}
