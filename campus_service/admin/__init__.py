"""What administrators look after: jobs that failed for good, and the audit log."""
