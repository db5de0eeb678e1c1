"""The doors on HTTP. Routes only: what they do stands in the rooms behind them."""
