"""Training of handwriting recognisers: data sets, networks, the loop, evaluation (Keras 3)."""
