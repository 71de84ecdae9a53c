"""Training: fine-tuning readers on question files."""
