"""archspec beside networks written by hand: times and memory, as ratios."""
