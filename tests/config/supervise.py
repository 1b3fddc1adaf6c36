"""Supervise one caller.py. Usage: supervise.py PORT"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from config.supervisor import Child, Supervisor

caller = str(Path(__file__).with_name("caller.py"))
command = [sys.executable, caller, sys.argv[1], "child"]
Supervisor([Child("child", command)], os.environ, print).run()
