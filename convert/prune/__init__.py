"""Pruning that changes the network: channels and units removed, or weights set to zero."""
