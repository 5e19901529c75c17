"""OpenMM's platforms: which to try, and why one is not there."""

import openmm

from protfold.relax.config import PLATFORMS


def platforms_to_try(wanted: str) -> tuple[str, ...]:
    """Names in order; only the one that is wanted, if one is."""
    return PLATFORMS if wanted == "auto" else (wanted,)


def platform_problems() -> dict[str, str]:
    """Why each platform is not there; empty for one that is."""
    problems = {}
    for name in PLATFORMS:
        try:
            find_platform(name)
            problems[name] = ""
        except openmm.OpenMMException as error:
            problems[name] = one_line(error)
    return problems


def find_platform(name: str) -> openmm.Platform:
    """A platform of this OpenMM; that it is there does not say that it works.

    Raises:
        openmm.OpenMMException: there is none of this name; the message gives the reason if its library could not be loaded.
    """
    try:
        return openmm.Platform.getPlatformByName(name)
    except openmm.OpenMMException:
        library = f"libOpenMM{name}.so: "
        for failure in openmm.Platform.getPluginLoadFailures():
            if f"/{library}" in failure:
                raise openmm.OpenMMException(failure.partition(library)[2]) from None
        raise openmm.OpenMMException(f"this installation of OpenMM has no {name} platform") from None


def platform_properties(name: str, *, threads: int) -> dict[str, str]:
    """Settings of a context: the number of threads on the CPU; on a graphics card forces in an order that repeats, summed in double."""
    return {
        "CPU": {"Threads": str(threads)},
        "CUDA": {"Precision": "mixed", "DeterministicForces": "true"},
        "OpenCL": {"Precision": "mixed"},
    }[name]


def one_line(error: BaseException) -> str:
    """The message of an exception of OpenMM or PDBFixer, its line breaks made blanks."""
    return " ".join(str(error).split()) or type(error).__name__
