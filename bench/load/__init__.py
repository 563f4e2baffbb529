"""The load client: a process of its own with many connections to one room, and the ledger of what arrived.

All connections live in one Python process, and that bounds what can be measured: it handles some ten
thousand frames a second, and where it is busy itself what it sees late looks late. So each result says how
busy it was (`load client`) and how late it sent (`send lateness`); believe latencies only while both are
small. Latency counts from the moment an edit was due, not from when it could be sent.
"""
