"""Synthetic handwriting: lines drawn from handwriting fonts and lists of Vietnamese places."""
