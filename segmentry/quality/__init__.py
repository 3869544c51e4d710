"""Great Expectations suites over new files and marts, and the page that shows the results.

Great Expectations takes seconds to import, so that happens when a suite runs.
"""
