"""figures: route and return statistics: vintages, claims, forecasts, breaks, safe publication."""
