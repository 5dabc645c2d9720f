"""The self-hosted ChatKit: your documents, your models, your disk."""
