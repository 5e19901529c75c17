"""Random numbers that depend on what they are for, and on nothing that was drawn before."""

import hashlib

import numpy as np


def random_generator(seed: int, target: str, purpose: str, index: int = 0) -> np.random.Generator:
    """The generator of one purpose of one target: equal arguments give equal numbers, in any order and on any machine.

    Args:
        seed: of the run.
        target: identifier of the target.
        purpose: what is drawn, e.g. `alignment rows`.
        index: counts repetitions of the purpose, e.g. recycling passes.
    """
    identity = repr((int(seed), target, purpose, int(index)))
    key = int.from_bytes(hashlib.sha256(identity.encode()).digest()[:16], "little")
    return np.random.Generator(np.random.Philox(key=key))
