"""The HTTP service: one router a noun, behind one edge that lets requests in and marks answers."""
