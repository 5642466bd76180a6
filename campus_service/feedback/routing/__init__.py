"""The routing brain: safety words, ordered rules, a trained classifier."""
