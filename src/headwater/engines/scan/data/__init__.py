"""What scans are reckoned from: attenuation of the elements."""
