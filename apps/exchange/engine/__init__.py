"""The import engine: set-based, one path for five rows and for five hundred thousand.

``read`` finds the columns in a file, ``values`` and ``validate`` judge by column, ``people`` encrypts, ``stage`` copies
into temporary tables, ``match`` finds subjects and duplicates, ``load`` inserts; ``run`` strings them together. A dry
run is the same path, rolled back. ``annotate`` gives the clerk's own file back, ``undo`` takes a load back.
"""
