"""Rotations, rigid motions, torsions, atom frames and superposition in torch. Å, radians; vectors in the last axis."""
