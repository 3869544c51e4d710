"""Great Expectations suites over samples and aggregates of new files and of marts, and the page that shows the results.

Nothing here imports Great Expectations before a suite runs: it takes seconds.
"""
