"""The same work on many things at once: in this process, in several of this machine, or on a Ray cluster."""
