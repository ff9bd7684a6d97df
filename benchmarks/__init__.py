"""What the platform costs: beside a naive peer and the physical limit, in one run on one machine. See README.md."""
