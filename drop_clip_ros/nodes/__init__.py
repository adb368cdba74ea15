"""Thin ROS 2 nodes over the library; the only room that knows rclpy."""

import os

# OpenMP reads it when it is loaded, with torch, so it is set before any of our modules is. Threads that spin while they
# wait take the cores from the camera's callbacks, and where other programs run they stall each other for seconds.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
# The same of numpy's threads: its products here are small, and its idle threads take the cores from torch's.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
