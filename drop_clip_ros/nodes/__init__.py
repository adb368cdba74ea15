"""Thin ROS 2 nodes over the library; the only room that knows rclpy."""

from drop_clip_ros.thread_defaults import set_thread_defaults

set_thread_defaults()  # before any of our modules loads numpy or torch
