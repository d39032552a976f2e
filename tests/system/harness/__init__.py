"""What the system tests share: the real server as a process, a client that can misbehave, and pictures."""
