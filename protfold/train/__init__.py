"""Training of the networks: chains in, checkpoints out."""
