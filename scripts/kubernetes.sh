#!/bin/bash
# What tests/system/test_kubernetes.py checks deploy/kubernetes with.
#   scripts/kubernetes.sh fetch            builds kustomize and fetches the schemas of PodMonitor and SparkApplication from
#                                          the Go module proxy, once
#   scripts/kubernetes.sh path kustomize|schemas|spark-schemas   prints where that is, or will be
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
kustomize_version=v5.8.1
operator_version=v0.85.0
spark_operator_version=v2.3.0
kustomize="$root/build/services/kustomize-$kustomize_version/kustomize"
schemas="$root/build/services/prometheus-operator-$operator_version"
spark_schemas="$root/build/services/spark-operator-$spark_operator_version"

service=kubernetes
# shellcheck source=scripts/services/process.sh
. "$root/scripts/services/process.sh"

# module_source MODULE@VERSION: prints the folder that it has been downloaded to.
module_source() {
  (cd "$root/build/services" && go_program mod download "$1" >&2 && GOWORK=off go_program list -m -f '{{.Dir}}' "$1")
}

fetch() {
  local source
  mkdir -p "$(dirname "$kustomize")" "$schemas" "$spark_schemas"
  if [[ ! -x "$kustomize" ]]; then
    say "building kustomize $kustomize_version"
    # Not by `go install`: scripts/vegeta.sh says why.
    if ! { source=$(module_source "sigs.k8s.io/kustomize/kustomize/v5@$kustomize_version") &&
      go_program build -C "$source" -mod=readonly -buildvcs=false -o "$kustomize" . >&2; }; then
      fail "kustomize could not be built. Is there a network?"
    fi
  fi
  if [[ ! -e "$schemas/podmonitors.yaml" ]]; then
    say "fetching the schemas of the Prometheus operator $operator_version"
    source=$(module_source "github.com/prometheus-operator/prometheus-operator@$operator_version") ||
      fail "they could not be fetched. Is there a network?"
    install -m 644 "$source/example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml" \
      "$schemas/podmonitors.yaml"
  fi
  if [[ ! -e "$spark_schemas/sparkapplications.yaml" ]]; then
    say "fetching the schemas of the Spark operator $spark_operator_version"
    source=$(module_source "github.com/kubeflow/spark-operator/v2@$spark_operator_version") ||
      fail "they could not be fetched. Is there a network?"
    install -m 644 "$source/config/crd/bases/sparkoperator.k8s.io_sparkapplications.yaml" \
      "$spark_schemas/sparkapplications.yaml"
  fi
}

case "${1:-}:${2:-}" in
  fetch:) fetch ;;
  path:kustomize) printf '%s\n' "$kustomize" ;;
  path:schemas) printf '%s\n' "$schemas" ;;
  path:spark-schemas) printf '%s\n' "$spark_schemas" ;;
  *) fail "say what: fetch, path kustomize, path schemas or path spark-schemas" ;;
esac
