"""`make bench`: how fast the product is, each figure beside a reference."""
