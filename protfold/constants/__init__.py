"""Facts of chemistry and of AlphaFold's layouts, as read-only arrays. Lengths in Å, angles in radians."""
