"""Moving in: spreadsheets of others read line by line, mapped to our fields, checked, and stored."""
