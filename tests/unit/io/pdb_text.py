"""Small PDB texts for tests, one line an atom."""

BACKBONE = ("N", "CA", "C", "O")


def atom_line(
    serial: int,
    name: str,
    residue: str = "ALA",
    chain: str = "A",
    number: str = "   1 ",
    altloc: str = " ",
    occupancy: float = 1.0,
    b_factor: float = 10.0,
    record: str = "ATOM",
    x: str = "",
) -> str:
    """One ATOM or HETATM line; `number` is residue number and insertion code, five columns; coordinates grow with the serial."""
    column = f" {name:<3}" if len(name) < 4 else name
    xyz = f"{x or format(serial + 0.125, '.3f'):>8}{serial * 2:8.3f}{-serial:8.3f}"
    element = "SE" if name == "SE" else name.lstrip("0123456789")[0]
    return (
        f"{record:<6}{serial:5d} {column}{altloc}{residue:>3} {chain}{number}   {xyz}{occupancy:6.2f}{b_factor:6.2f}"
        f"          {element:>2}\n"
    )


def residue_lines(start: int, residue: str = "ALA", chain: str = "A", number: str = "   1 ", record: str = "ATOM") -> str:
    """N, CA, C and O of a residue, serials from `start`."""
    return "".join(
        atom_line(start + i, name, residue=residue, chain=chain, number=number, record=record) for i, name in enumerate(BACKBONE)
    )


def chain_lines(residues: list[str], chain: str = "A", start: int = 1) -> str:
    """A chain of backbones numbered from 1, closed by TER."""
    lines = [
        residue_lines(start + 4 * i, residue=name, chain=chain, number=f"{i + 1:4d} ", record="ATOM")
        for i, name in enumerate(residues)
    ]
    return "".join(lines) + "TER\n"
