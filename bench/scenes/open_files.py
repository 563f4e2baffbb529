"""The number of sockets that a process may have, for us and for what we start."""

from __future__ import annotations

import resource

_OTHERS = 200
"""Files that a process has open besides its clients' sockets."""


class TooFewFiles(Exception):
    """The system does not allow as many sockets as the scenario has; the message says what to do."""


def allow_sockets(count: int) -> None:
    """Raise the limit of open files for this process and those it starts. Raises `TooFewFiles`."""
    needed = count + _OTHERS
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise TooFewFiles(
            f"{count:,} connections need {needed:,} open files, and this process may have {hard:,}: raise it "
            f"(`ulimit -Hn {needed}` as root, `nofile` in /etc/security/limits.conf, LimitNOFILE= of a "
            "systemd unit), or measure fewer with --connections"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, hard))
