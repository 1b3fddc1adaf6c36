"""A program to supervise: it reports to the test, has a child of its own, and lives until killed.

Usage: caller.py PORT NAME. Its connection to the test stays open for as long as it lives.
"""

import os
import signal
import socket
import subprocess
import sys

port, name = sys.argv[1:]
line = socket.create_connection(("127.0.0.1", int(port)))
line.sendall(f"{name} {os.getpid()}\n".encode())
if name == "child":
    subprocess.Popen([sys.executable, __file__, port, "grandchild"])
while True:
    signal.pause()
