"""A fictional year of money and goods with known truth: honest life, honest look-alikes, and planted smuggling networks."""
