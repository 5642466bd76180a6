"""What administrators look after: jobs that failed for good, the audit log, the working calendar."""
