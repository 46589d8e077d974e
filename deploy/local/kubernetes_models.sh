#!/bin/sh
# Brings the schemas of other projects' kinds for Kubernetes (KEDA, CloudNativePG, Prometheus Operator, cert-manager, Gateway
# API) into the virtual environment, and the TypeScript compiler that reads them, where npm is. Without it their tests say
# so and are skipped.
set -eu
PACKAGES="@kubernetes-models/keda@2.0.0 @kubernetes-models/cloudnative-pg@2.0.0 @kubernetes-models/prometheus-operator@6.0.0
@kubernetes-models/cert-manager@6.0.0 @kubernetes-models/gateway-api@2.0.0 typescript@5.9.3"
folder=.venv/kubernetes-models
stamp="$folder/.packages"
[ "$(cat "$stamp" 2>/dev/null || true)" != "$PACKAGES" ] || exit 0
command -v npm >/dev/null 2>&1 || exit 0
rm -rf "$folder"
mkdir -p "$folder"
echo '{"private": true}' > "$folder/package.json"
# shellcheck disable=SC2086 # one word is one package
if npm install --prefix "$folder" --silent --no-audit --no-fund --ignore-scripts --no-package-lock $PACKAGES >/dev/null 2>&1; then
    echo "$PACKAGES" > "$stamp"
else
    rm -rf "$folder"
    echo "punctual: npm could not bring the schemas for Kubernetes; their tests are skipped" >&2
fi
