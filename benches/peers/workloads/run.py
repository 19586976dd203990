"""Prints the result of a workload's function `run`, and the CPU seconds of the call.

usage: run.py FILE COUNT
"""

import runpy
import sys
import time

run = runpy.run_path(sys.argv[1])["run"]
count = int(sys.argv[2])
start = time.process_time()
result = run(count)
print(result, time.process_time() - start)
