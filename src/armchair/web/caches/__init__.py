"""What the page's server keeps in memory between requests."""
