"""A run's metrics, settings, film and plot for trackers, beside it and at their own pace."""
