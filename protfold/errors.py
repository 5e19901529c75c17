"""The exceptions a user may catch. Every message names what is wrong, where, and the cure, in one or two lines."""


class ProtfoldError(Exception):
    """Any failure that protfold foresaw; the message is meant for a person."""


class InputError(ProtfoldError):
    """A file, record or value given by the user cannot be used.

    Args:
        problem: what is wrong and what to do about it.
        file: where it was read, if anywhere.
        line: 1-based line number.
        record: identifier of the record.
    """

    def __init__(
        self,
        problem: str,
        *,
        file: object = None,
        line: int | None = None,
        record: str | None = None,
    ) -> None:
        self.problem, self.file, self.line, self.record = problem, file, line, record
        place = "" if file is None else str(file)
        if line is not None:
            place += f":{line}" if place else f"line {line}"
        if record is not None:
            shown = record if len(record) <= 80 else record[:77] + "..."
            place += f" (record {shown!r})" if place else f"record {shown!r}"
        super().__init__(f"{place}: {problem}" if place else problem)


class WeightsError(ProtfoldError):
    """A parameter file is missing, damaged, refused, or does not fit the network."""


class SearchError(ProtfoldError):
    """An alignment search could not be run or gave nothing usable."""


class PredictionError(ProtfoldError):
    """The network could not give a finite result, or memory did not suffice."""


class RelaxError(ProtfoldError):
    """A structure could not be relaxed; the message holds OpenMM's own. The unrelaxed structure is as good as before."""


class TrainingError(ProtfoldError):
    """A training run cannot begin, continue or go on."""


def reason_of(error: BaseException) -> str:
    """Why something failed, in the words of a foreseen error, or as the fault it is."""
    return str(error) if isinstance(error, ProtfoldError) else f"unexpected {type(error).__name__}: {error}"
