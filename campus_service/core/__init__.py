"""The platform every feature stands on; knows no feature."""
