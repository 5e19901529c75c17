"""Array shape aliases used in signatures: `Float[Tensor, "*batch N_res 3"]`.

Axis letters, the same in every module:

=========  ================================================================
`*batch`   any leading axes
`N_res`    residues of the target
`N_seq`    clustered alignment rows (with template rows, where those are appended)
`N_extra`  extra alignment rows
`N_templ`  templates
`P`        recycling passes (first axis of sampled features)
`C_*`      channels: `C_m` alignment, `C_z` pair, `C_s` single, `C_e` extra alignment, `C_t` template
=========  ================================================================

Under pytest the aliases are checked at every call (jaxtyping + beartype); elsewhere they cost nothing.
"""

from jaxtyping import Bool, Float, Int, Shaped

__all__ = ["Bool", "Float", "Int", "Shaped"]
