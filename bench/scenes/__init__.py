"""What the benchmarks of joins, idle connections and slow readers share: a client, an order, rounds in turns.

The client reads documents of many megabytes on many connections at once: it compares what comes with what
came before to others, in place, and keeps one copy. The load runs in a process of its own, as does the
bystander whose pauses are measured.
"""
