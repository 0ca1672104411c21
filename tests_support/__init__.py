"""What the tests of both distributions and the benches share; shipped with neither."""
