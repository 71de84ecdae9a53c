"""Fitting what is stored with a reader besides its weights: ranking, calibration and threshold."""
