"""Numeric kernels below the expressions, for what SQL does badly: cycles in time, windows of each payment, money followed."""
