"""Boards without a board: ARM userlands that run under qemu-user on a PC, without root.

They prove that what is built here runs there, and count instructions. They say nothing about time.
"""
