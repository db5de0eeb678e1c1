"""Outside formats: bytes to records, and records to bytes, one file per format behind one set of limits (`safe`)."""
