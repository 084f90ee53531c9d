#!/bin/sh
# Browser tests run in Debian's chromium or Playwright's own, whichever is there.
set -eu
if command -v chromium >/dev/null 2>&1; then exit 0; fi
if .venv/bin/python - <<'PY'
import os, sys
from playwright.sync_api import sync_playwright
with sync_playwright() as p:
    sys.exit(0 if os.path.exists(p.chromium.executable_path) else 1)
PY
then exit 0; fi
echo "Installing a browser for the tests ..."
.venv/bin/python -m playwright install chromium >/dev/null 2>&1 && exit 0
if command -v apt-get >/dev/null 2>&1; then
  sudo=$([ "$(id -u)" = 0 ] || echo sudo)
  $sudo apt-get update -qq && $sudo apt-get install -y -qq chromium >/dev/null && exit 0
fi
echo "No browser for the tests. Install Chromium ('apt-get install chromium' or 'playwright install chromium')." >&2
exit 1
