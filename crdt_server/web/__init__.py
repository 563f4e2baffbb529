"""HTTP and WebSocket: Starlette's endpoints. They translate; decisions are made in the rooms."""
