"""How much memory a process may still take, and how running out of it looks. Bytes."""

import os
from pathlib import Path

import torch

_CGROUP_FILES = (
    # version 2, version 1: limit, use, reclaimable file cache as named in memory.stat
    ("memory.max", "memory.current", "inactive_file"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
)


def available_memory(device: torch.device) -> float:
    """Free memory of the graphics card, or of the machine within the process's control groups; infinite where unknown."""
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        return float(free + torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device))
    if device.type == "mps":
        return float(torch.mps.recommended_max_memory() - torch.mps.current_allocated_memory())
    return min(machine_memory(), *control_group_memory())


def machine_memory(meminfo: Path = Path("/proc/meminfo")) -> float:
    """Memory of the machine that is free or can be freed; all there is where the system does not tell."""
    try:
        return float(meminfo.read_text().split("MemAvailable:")[1].split()[0]) * 1024
    except (OSError, IndexError):
        pass
    try:
        return float(os.sysconf("SC_PHYS_PAGES")) * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return float("inf")


def control_group_memory(membership: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")) -> list[float]:
    """What each control group around the process leaves, from the innermost outwards; none on other systems."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return [float("inf")]
    left = [float("inf")]
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers not in ("", "memory"):
            continue
        top = root / controllers
        folder = top / path.lstrip("/")
        # Inside a container the path may be the host's; the group's files then lie at the top.
        for place in (folder, *folder.parents):
            if place.is_relative_to(top):
                left.append(_left_in_group(place))
    return left


def _left_in_group(folder: Path) -> float:
    for limit_name, use_name, cache_name in _CGROUP_FILES:
        try:
            limit, use = (folder / limit_name).read_text().strip(), int((folder / use_name).read_text())
            statistics = dict(line.split() for line in (folder / "memory.stat").read_text().splitlines())
        except (OSError, ValueError):
            continue
        return float("inf" if limit == "max" else limit) - use + int(statistics.get(cache_name, 0))
    return float("inf")


def is_out_of_memory(error: Exception) -> bool:
    """Whether an allocation failed: PyTorch says so in its own ways for each device, NumPy with `MemoryError`."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    message = str(error).lower()
    return isinstance(error, RuntimeError) and any(
        phrase in message for phrase in ("not enough memory", "can't allocate memory", "out of memory", "bad_alloc")
    )
