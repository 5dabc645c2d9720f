#!/usr/bin/env bash
# The tests of the journal on Redis start a Redis of their own. Installs the server where it is missing; the
# system's service is not started.
set -euo pipefail
command -v redis-server >/dev/null && exit 0
command -v apt-get >/dev/null || {
  echo "The tests need redis-server: install it." >&2
  exit 1
}
as_root=(env DEBIAN_FRONTEND=noninteractive)
[ "$(id -u)" = 0 ] || as_root=(sudo "${as_root[@]}") # sudo passes no variable on by itself
echo "Installing Redis for the tests…"
"${as_root[@]}" apt-get update -qq
policy=/usr/sbin/policy-rc.d # asked by the package's scripts before they start a service
if [ ! -e "$policy" ]; then
  trap '"${as_root[@]}" rm -f "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  "${as_root[@]}" chmod +x "$policy"
fi
"${as_root[@]}" apt-get install -y -qq --no-install-recommends redis-server >/dev/null
