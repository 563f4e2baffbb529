"""The load client: a process of its own with many connections to many rooms, and the ledger of what arrived.

All connections live in one Python process, and that bounds what can be measured: where it is busy itself,
what it sees late looks late. So each result says how busy it was (`load client cpu`) and how late it sent
(`send lateness`); believe latencies only while both are small. While it measures it keeps bytes and times
and nothing else; they are read afterwards. Latency counts from the moment an edit was due, not from when it
could be sent.
"""
