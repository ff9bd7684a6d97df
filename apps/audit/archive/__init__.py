"""Old months of history and access log, moved out of the database to files, and back.

``files`` writes and reads them, ``comparing`` compares their rows with the seals, ``moving`` detaches and attaches the
partitions, ``models`` keeps what was done with which month. A month that is away is no gap: its seals stay, and the
record of it names the ids of its rows.
"""
