"""The tasks of the pipeline, one file each: extract, load, text, thread."""
