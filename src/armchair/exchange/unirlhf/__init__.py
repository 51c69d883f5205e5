"""The zip file of Uni-RLHF's platform, in and out; `files` says what is in it."""
