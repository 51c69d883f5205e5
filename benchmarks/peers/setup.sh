#!/bin/sh
# An environment for `imitation` with the versions it asks for (Gymnasium 0.29, Stable-Baselines3 2.2). Armchair is
# found by PYTHONPATH=src:benchmarks instead of being installed: it asks for a newer Gymnasium, which these benchmarks do without.
#
#     sh benchmarks/peers/setup.sh FOLDER [PYTHON 3.11]
set -eu
"${2:-python3.11}" -m venv "$1"
"$1/bin/pip" install torch==2.13.0 imitation==1.0.1 mujoco==4.0.0
