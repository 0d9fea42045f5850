"""Each figure to reach, one command each, beside its peer or its limit; `bench.targets` finds them."""
