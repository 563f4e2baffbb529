"""The merge path: what one update costs, from frame to frame, without network and disk."""
