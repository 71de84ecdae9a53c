"""Documents: finding files, and reading them into pages exactly as extracted."""
