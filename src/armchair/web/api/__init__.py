"""The endpoints of the page's server."""
