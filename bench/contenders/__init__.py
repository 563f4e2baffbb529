"""The servers that are measured: ours and other people's, each started as its makers start it."""
