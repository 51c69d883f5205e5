#!/usr/bin/env bash
# One GPU in one call: the engine's contract there, environment steps a second beside this host's cores, two runs
# of teaching. Takes at most eight minutes and ends with one JSON object, whatever failed or was left out.
#
#   benchmarks/gpu.sh                                     on a machine with an NVIDIA GPU
#   benchmarks/gpu.sh --device cpu --copies 8 --seconds 0.2 --episodes 8 --teach ''    a trial without one
#
# Needs armchair with the extra `warp`, and PyTorch as built for GPUs; PYTHON is the interpreter that has them.
set -euo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-.venv/bin/python}"
[ -x "$python" ] || python=python3
export OPENBLAS_NUM_THREADS="${OPENBLAS_NUM_THREADS:-1}" OMP_NUM_THREADS="${OMP_NUM_THREADS:-1}"
export PYTHONUNBUFFERED=1
exec "$python" benchmarks/gpu.py "$@"
