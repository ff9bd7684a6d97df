"""Backups: a folder that holds the database as of one moment, the stored files, and what proves both.

``folder`` is the form of that folder, ``programs`` finds PostgreSQL's own tools, ``making`` and ``restoring`` do the
work. Neither of them keeps a secret: of the master keys a backup knows the ids alone.
"""
