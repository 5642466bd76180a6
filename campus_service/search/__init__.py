"""Full-text search over what is public: documents in the database, an index that can always be rebuilt."""
