"""`python -m edge_runtime`: the `edge-htr` command where its script is not on the path."""

from edge_runtime.cli import main

main()
