"""Many settings, each over several seeds: what a file asks for, what to try next, what came of it."""
