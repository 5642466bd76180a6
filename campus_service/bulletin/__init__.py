"""The bulletin 《校园指南针》: newsroom, publishing, and everything its readers get."""
