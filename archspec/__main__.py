"""`python -m archspec` → the command line."""

from archspec.cli import main

main()
