"""A policy and a reward model as files that run without armchair: ONNX, .pt2, safetensors, a model card."""
