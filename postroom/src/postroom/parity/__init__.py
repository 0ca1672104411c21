"""The parity suite `postroom.pst`: the rows of an ingest, and the gates over them."""
