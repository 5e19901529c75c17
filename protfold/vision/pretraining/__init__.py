"""Networks that learn from pair maps alone, by filling in what was removed from them, and what is then done with them."""
