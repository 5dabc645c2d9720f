#!/usr/bin/env bash
# The browser tests drive Debian's Chromium. Installs it where it is missing, with the fonts that
# the screenshots need.
set -euo pipefail
for name in "${CHROMIUM:-chromium}" chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null && exit 0
done
command -v apt-get >/dev/null || {
  echo "The browser tests need Chromium: install it, or set CHROMIUM to its path." >&2
  exit 1
}
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
echo "Installing Chromium for the browser tests…"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" apt-get install -y -qq --no-install-recommends chromium fonts-noto-core fonts-noto-color-emoji >/dev/null
