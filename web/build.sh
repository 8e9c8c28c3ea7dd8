#!/bin/sh
# Builds the web client into the Python package. Whatever stands in the way, the server runs without it, and says so.
set -eu
cd "$(dirname "$0")/.."

command -v npm >/dev/null 2>&1 || exit 0
if ! node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)'; then
  echo "The web client needs Node.js 20.19 or newer to build; serving without it"
  exit 0
fi
echo "Building the web client: once, and when its sources change"
# What builds it are dependencies; what tests it is not needed here, and stays where it is installed already.
if [ ! node_modules/.package-lock.json -nt package-lock.json ]; then
  npm ci --omit=dev --silent --no-audit --no-fund || { echo "npm could not install what builds it; serving without"; exit 0; }
fi
npm run --silent --workspace web build -- --logLevel warn || { echo "It could not be built; serving without"; exit 0; }
