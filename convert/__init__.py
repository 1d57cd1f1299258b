"""Conversion of a trained Keras network to one `.tflite` bundle, checked against Keras."""
