"""The feedback inbox: every message reaches the right department and gets an answer (件件有着落，事事有回音)."""
