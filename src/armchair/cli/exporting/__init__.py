"""What `armchair export` writes in the formats of other projects."""
