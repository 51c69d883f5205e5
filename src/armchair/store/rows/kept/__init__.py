"""What is kept beside questions and answers, so that nobody need count them, and what changed since when."""
