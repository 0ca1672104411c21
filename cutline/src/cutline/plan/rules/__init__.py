"""What makes a plan valid beyond its shape: one noun a file, each a generator of faults."""
