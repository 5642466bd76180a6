"""Photos: upload → decode in a child process → clean renditions → local disk; who may see which.

Import what is needed from its module: the decoding child imports this package and must stay light.
"""
