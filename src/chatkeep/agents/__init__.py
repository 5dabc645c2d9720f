"""What answers: models, and the workflow that feeds them passages. Knows nothing of ChatKit."""
