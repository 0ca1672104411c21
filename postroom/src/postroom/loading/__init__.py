"""How the outputs of the extractor come into an archive."""
