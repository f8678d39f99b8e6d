"""Real ZEO servers, a real ZEORaid server, and an application that uses them: the end-to-end tests' tools."""
