"""Which lost report and which found item may be the same thing, in both directions, with the reasons in words."""
