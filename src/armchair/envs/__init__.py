"""Environments: an engine, a task and a control mode put together; Gymnasium at both edges."""
