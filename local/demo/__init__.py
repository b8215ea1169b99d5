"""`make demo`: the samples through all three ways in, watched, checked and reported."""
