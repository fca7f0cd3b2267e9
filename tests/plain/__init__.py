"""Networks written by hand in plain torch, each from its paper: what the specs are compared with."""
