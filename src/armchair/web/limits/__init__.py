"""Who gets how much of the page's server: connections, requests, threads, films."""
