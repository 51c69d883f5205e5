"""Environments that pay a learned reward, for any learner."""
