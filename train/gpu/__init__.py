"""Training on an NVIDIA GPU, about thirty times as fast as on a CPU; needs PyTorch.

    twin.py      the slim-gru network in PyTorch, and its weights from and to Keras' names
    learner.py   one step: forward and backward as CUDA graphs, optimizer, running average
    loop.py      epochs, evaluation, checkpoints, resume
    __main__.py  the command

Through Keras the same GPU waits for Python: a step is thousands of small kernels, most of them of
the recurrence. Here they are recorded once a width and replayed.
"""
