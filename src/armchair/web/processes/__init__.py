"""Processes that a server starts beside itself: trainers, and the page's servers of single runs."""
