"""Builds lexicons: words and places, counted and packed for the device."""
