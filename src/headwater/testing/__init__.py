"""What tests share: fakes of time and chance, and harnesses that kill processes, cut the power and break the disk."""
