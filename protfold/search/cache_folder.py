"""Where protfold keeps what it can compute again."""

import os
from pathlib import Path

import platformdirs


def cache_folder() -> Path:
    """`PROTFOLD_CACHE_DIR`, or the user's cache folder of this platform; it may not exist yet."""
    chosen = os.environ.get("PROTFOLD_CACHE_DIR")
    return Path(chosen) if chosen else Path(platformdirs.user_cache_dir("protfold", appauthor=False))
