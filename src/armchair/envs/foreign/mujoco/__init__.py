"""Environments of others that are simulated by MuJoCo: what is known of them beyond what they say."""
