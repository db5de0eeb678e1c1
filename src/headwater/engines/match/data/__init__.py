"""What matching reads by: readings of Chinese characters, made by tools/chinese.py."""
