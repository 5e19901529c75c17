"""Free memory as Linux tells it, from files made for the purpose."""

from pathlib import Path

import pytest
import torch

from protfold.inference.available_memory import available_memory, control_group_memory, is_out_of_memory, machine_memory


def write_group(folder: Path, limit: str, use: int, cache: int, names: tuple[str, str, str]) -> None:
    """One control group's files."""
    folder.mkdir(parents=True, exist_ok=True)
    limit_name, use_name, cache_name = names
    (folder / limit_name).write_text(f"{limit}\n")
    (folder / use_name).write_text(f"{use}\n")
    (folder / "memory.stat").write_text(f"anon 1\n{cache_name} {cache}\n")


VERSION_2 = ("memory.max", "memory.current", "inactive_file")
VERSION_1 = ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file")


def test_machine(tmp_path: Path) -> None:
    """`MemAvailable`, in kB; a number of some kind where the file is missing."""
    (tmp_path / "meminfo").write_text("MemTotal: 99 kB\nMemFree: 5 kB\nMemAvailable:    12 kB\n")
    assert machine_memory(tmp_path / "meminfo") == 12 * 1024
    assert machine_memory(tmp_path / "absent") > 2**28


def test_control_groups_version_2(tmp_path: Path) -> None:
    """Every group around the process counts; what its file cache holds can be had."""
    (tmp_path / "cgroup").write_text("0::/slice/job\n")
    write_group(tmp_path / "fs" / "slice" / "job", "max", 50, 0, VERSION_2)
    write_group(tmp_path / "fs" / "slice", "1000", 700, 100, VERSION_2)
    assert min(control_group_memory(tmp_path / "cgroup", tmp_path / "fs")) == 400


def test_control_groups_version_1(tmp_path: Path) -> None:
    """The memory controller's own tree; the path of the host is not there inside a container."""
    (tmp_path / "cgroup").write_text("5:cpu:/x\n4:memory:/docker/abc\n")
    write_group(tmp_path / "fs" / "memory", "500", 200, 50, VERSION_1)
    assert min(control_group_memory(tmp_path / "cgroup", tmp_path / "fs")) == 350


def test_no_control_groups(tmp_path: Path) -> None:
    """Then there is no limit."""
    assert control_group_memory(tmp_path / "absent", tmp_path) == [float("inf")]


def test_this_machine_has_some_memory() -> None:
    """The real files of the machine the test runs on."""
    assert available_memory(torch.device("cpu")) > 2**26


def test_a_real_failed_allocation_is_recognised() -> None:
    """PyTorch's own error for an array no machine can hold, and nothing else."""
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**55)
    assert is_out_of_memory(caught.value)
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))
    assert not is_out_of_memory(ValueError("out of memory"))
