"""Sealed history: Merkle trees over the history rows, their roots chained, published and checked.

``sealing`` seals, ``publication`` writes the list that goes elsewhere, ``verification`` compares what is there with
what was sealed, ``proofs`` exports the history of one row so that anybody can check it with ``tools/check_proof.py``.
The form of every hashed text is in ``texts``, the tree in ``merkle`` (docs/decisions/0010-sealed-history.md).
"""
