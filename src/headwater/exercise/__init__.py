"""The fictional world: generators behind the exercise, the tests and the benchmarks. Nobody and nothing in it exists."""
