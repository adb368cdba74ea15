"""Grasps of a segmented object: the type, the antipodal default, selection, and outside detectors behind one call."""
