"""The most memory a stage held. MiB."""

import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType


class PeakMemory:
    """Peak since the object was made: of the graphics card when the network ran there, else of the process.

    Linux can start the process's count anew; elsewhere the peak is that of the whole run so far.
    """

    def __init__(self) -> None:
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")
        if cuda := _cuda():
            cuda.reset_peak_memory_stats()

    def mib(self) -> float:
        """The peak so far."""
        cuda = _cuda()
        if cuda and (peak := cuda.max_memory_allocated()):
            return round(peak / 2**20, 1)
        return round(_resident_mib(), 1)


def _cuda() -> ModuleType | None:
    torch = sys.modules.get("torch")
    return torch.cuda if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized() else None


def _resident_mib() -> float:
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / 2**20 if sys.platform == "darwin" else peak / 1024
