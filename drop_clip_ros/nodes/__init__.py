"""Thin ROS 2 nodes over the library; the only room that knows rclpy."""
